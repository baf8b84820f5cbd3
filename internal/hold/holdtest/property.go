package holdtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

const (
	rounds     = 4
	modelSeats = 4
	modelCap   = 3
)

func propertyTests() []test {
	return []test{{"agrees_with_the_reference_model", agrees}}
}

// agrees makes random calls to the engine and to the model; answers and states must be the same after each.
func agrees(s *stage) {
	if s.Advance == nil {
		s.t.Skip("left out: the engine's clock cannot be moved")
	}
	round := 0
	duel := func(rt *rapid.T) {
		round++
		d := newDuel(s, rt, ident.Showtime(fmt.Sprintf("st_duel_%d", round)))
		rt.Repeat(map[string]func(*rapid.T){
			"":         d.compare,
			"wait":     d.wait,
			"lock":     d.lock,
			"extend":   d.extend,
			"durable":  d.durable,
			"release":  d.release,
			"transfer": d.transfer,
			"confirm":  d.confirm,
			"unbook":   d.unbook,
			"sweep":    d.sweep,
		})
		d.replay(rt)
	}
	for range rounds {
		rapid.Check(s.t, duel)
	}
	s.room = Room("st_after", s.Now().Add(time.Hour))
	s.hydrate(hold.Facts{})
}

// duel is one showtime in the engine and in the model.
type duel struct {
	*stage
	ctx   context.Context //nolint:containedctx // a test fixture; the actions of rapid take no context.
	room  hold.Room
	model *model
	start hold.Snapshot
}

func newDuel(s *stage, rt *rapid.T, showtime ident.Showtime) *duel {
	d := &duel{stage: s, ctx: s.t.Context(), room: Room(showtime, s.Now().Add(3*time.Hour))}
	d.room.Seats = d.room.Seats[:modelSeats]
	d.model = newModel(d.room.Seats)
	_, err := d.Engine.Hydrate(d.ctx, hold.HydrateRequest{Room: d.room, Epoch: "duel"})
	require.NoError(rt, err)
	d.start, err = d.Engine.Snapshot(d.ctx, d.room)
	require.NoError(rt, err)
	d.model.at(milli(d.Now()).UTC())
	return d
}

func (d *duel) seats(rt *rapid.T, least int) []ident.Seat {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(d.room.Seats), least, modelSeats, rapid.ID[ident.Seat]).Draw(rt, "seats")
}

func owner(rt *rapid.T) ident.User {
	return rapid.SampledFrom([]ident.User{ada, ada, bob, cyd}).Draw(rt, "owner")
}

func request(rt *rapid.T) ident.Request {
	return rapid.SampledFrom([]ident.Request{tab1, tab2}).Draw(rt, "request")
}

func booking(rt *rapid.T) ident.Booking {
	return rapid.SampledFrom([]ident.Booking{bk1, bk2}).Draw(rt, "booking")
}

// meet compares an answer with the model's.
func meet(rt *rapid.T, want outcome, a hold.Answer, err error) {
	got := outcome{
		Changed: a.Changed, Left: a.Left, Evicted: a.Evicted, Repaired: a.Repaired, Deadline: a.Deadline, Limit: a.Limit,
	}
	if conflict, ok := errors.AsType[*hold.ConflictError](err); ok {
		got = outcome{Refusal: "conflict", Refused: conflict.Seats}
	} else if refused, ok := errors.AsType[*hold.RefusedError](err); ok {
		got = outcome{Refusal: "refused", Refused: refused.Seats}
	} else if limit, ok := errors.AsType[*hold.HoldLimitError](err); ok {
		got = outcome{Refusal: "hold limit", Seats: limit.Seats}
	} else if _, ok := errors.AsType[*hold.SeatLimitError](err); ok {
		got = outcome{Refusal: "seat limit"}
	} else {
		require.NoError(rt, err)
	}
	if len(got.Changed) == 0 {
		got.Changed = nil
	}
	require.Equal(rt, want, got)
}

func (d *duel) wait(rt *rapid.T) {
	d.Advance(time.Duration(rapid.IntRange(0, 200).Draw(rt, "seconds")) * time.Second)
	d.model.at(milli(d.Now()).UTC())
	d.sweep(rt)
}

func (d *duel) lock(rt *rapid.T) {
	q := hold.LockRequest{
		Showtime: d.room.Showtime, Owner: owner(rt), Request: request(rt), Seats: d.seats(rt, 1),
		TTL: 5 * time.Minute, MaxSeats: modelCap, MaxHold: 9 * time.Minute,
	}
	want := d.model.lock(q)
	a, err := d.Engine.Lock(d.ctx, q)
	if err == nil {
		require.Equal(rt, d.model.count(q.Owner), a.Owned)
	}
	meet(rt, want, a, err)
}

func (d *duel) extend(rt *rapid.T) {
	q := hold.ExtendRequest{
		Showtime: d.room.Showtime, Owner: owner(rt), Request: request(rt), Seats: d.seats(rt, 0), By: 2 * time.Minute,
		MaxHold: 9 * time.Minute, Mode: rapid.SampledFrom([]hold.ExtendMode{hold.ExtendMore, hold.ExtendStrict}).Draw(rt, "mode"),
	}
	want := d.model.extend(q)
	a, err := d.Engine.Extend(d.ctx, q)
	meet(rt, want, a, err)
}

func (d *duel) durable(rt *rapid.T) {
	q := hold.ExtendRequest{
		Showtime: d.room.Showtime, Owner: owner(rt), Request: request(rt), Seats: d.seats(rt, 1), Booking: booking(rt),
		By: time.Duration(rapid.IntRange(0, 600).Draw(rt, "seconds")) * time.Second, Mode: hold.ExtendDurable,
	}
	want := d.model.durable(q)
	a, err := d.Engine.Extend(d.ctx, q)
	meet(rt, want, a, err)
}

func (d *duel) release(rt *rapid.T) {
	q := hold.ReleaseRequest{Showtime: d.room.Showtime, Owner: owner(rt), Seats: d.seats(rt, 0)}
	q.Request = rapid.SampledFrom([]ident.Request{"", tab1, tab2}).Draw(rt, "request")
	want := d.model.release(q)
	a, err := d.Engine.Release(d.ctx, q)
	meet(rt, want, a, err)
}

func (d *duel) transfer(rt *rapid.T) {
	q := hold.TransferRequest{
		Showtime: d.room.Showtime, From: owner(rt), To: owner(rt), Request: request(rt), Seats: d.seats(rt, 1), MaxSeats: modelCap,
	}
	want := d.model.transfer(q)
	a, err := d.Engine.Transfer(d.ctx, q)
	meet(rt, want, a, err)
}

func (d *duel) confirm(rt *rapid.T) {
	q := hold.ConfirmRequest{
		Showtime: d.room.Showtime, Owner: owner(rt), Request: request(rt), Booking: booking(rt), Seats: d.seats(rt, 1), Expires: d.room.End,
	}
	want := d.model.confirm(q)
	a, err := d.Engine.Confirm(d.ctx, q)
	meet(rt, want, a, err)
}

func (d *duel) unbook(rt *rapid.T) {
	q := hold.UnbookRequest{
		Showtime: d.room.Showtime, Owner: owner(rt), Request: request(rt), Booking: booking(rt), Seats: d.seats(rt, 1),
	}
	want := d.model.unbook(q)
	a, err := d.Engine.Unbook(d.ctx, q)
	meet(rt, want, a, err)
}

func (d *duel) sweep(rt *rapid.T) {
	a, err := d.Engine.Sweep(d.ctx, hold.SweepRequest{Room: d.room, Recount: rapid.Bool().Draw(rt, "recount")})
	require.NoError(rt, err)
	var next time.Time
	for _, s := range d.model.seats {
		if s.lock != nil {
			next = soonest(next, s.lock.Deadline)
		}
	}
	require.Equal(rt, next, a.Next)
}

func (d *duel) compare(rt *rapid.T) {
	snap, err := d.Engine.Snapshot(d.ctx, d.room)
	require.NoError(rt, err)
	locks, sold := d.model.state()
	require.Equal(rt, locks, snap.Locks)
	require.Equal(rt, sold, snap.Booked)
}

// replay proves that the events alone lead to the same state.
func (d *duel) replay(rt *rapid.T) {
	end, err := d.Engine.Snapshot(d.ctx, d.room)
	require.NoError(rt, err)
	sub, err := d.Engine.Subscribe(d.ctx, d.room.Showtime, d.start.Position)
	require.NoError(rt, err)
	defer sub.Close()
	ledger := NewLedger(d.start)
	ledger.AllowTransfer()
	for ledger.pos.Seq < end.Seq {
		events, err := sub.Next(d.ctx)
		require.NoError(rt, err)
		for _, e := range events {
			require.NoError(rt, ledger.Apply(e))
		}
	}
	require.NoError(rt, ledger.Equal(end))
}
