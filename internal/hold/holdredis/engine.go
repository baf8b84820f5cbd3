// Package holdredis is the hold engine of many processes: the seats of a showtime in Redis, every change one Lua script that also
// numbers, records and publishes its event. Redis may lose everything at any moment; the store hydrates it again.
package holdredis

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/redisconn"
)

var _ hold.Engine = (*Engine)(nil)

const (
	// keepAfterEnd is how long a finished showtime's keys live, markersAfterEnd how long its markers do.
	keepAfterEnd    = 25 * time.Hour
	markersAfterEnd = 24 * time.Hour
)

// Options are what an engine needs.
type Options struct {
	Conn  *redisconn.Conn // the caller's to close
	Clock clock.Clock     // paces subscriptions; deadlines come from Redis alone
}

// Engine keeps holds in Redis. It is safe for concurrent use by any number of processes.
type Engine struct {
	conn    *redisconn.Conn
	client  rueidis.Client
	keys    layout
	clock   clock.Clock
	scripts scripts
	active  *active
}

// New makes an engine on a connection.
func New(o Options) *Engine {
	return &Engine{
		conn: o.Conn, client: o.Conn.Client, keys: layout{cluster: o.Conn.Cluster()}, clock: o.Clock, scripts: newScripts(),
		active: newActive(o.Conn),
	}
}

// run executes a script. Redis may have carried it out although the answer is ErrUnavailable.
func (e *Engine) run(ctx context.Context, s *rueidis.Lua, keys, args []string) (reply, error) {
	var result rueidis.RedisResult
	err := e.do(ctx, keys[0], func(ctx context.Context) error {
		result = s.Exec(ctx, e.client, keys, args)
		return redisconn.Moving(result.Error())
	})
	if err != nil {
		return reply{}, err
	}
	return decode(result)
}

// do makes a call about a key under the connection's deadline and breaker, and gives its errors the port's names.
func (e *Engine) do(ctx context.Context, key string, call func(context.Context) error) error {
	var slot uint16
	if e.keys.cluster {
		var c rueidis.Completed
		c = c.SetSlot(key)
		slot = c.Slot()
	}
	return named(e.conn.Do(ctx, slot, call))
}

// Lock takes seats in one round trip.
func (e *Engine) Lock(ctx context.Context, q hold.LockRequest) (hold.Answer, error) {
	if err := errors.Join(checkHold(ctx, q.Showtime, q.Owner, q.Request), checkSeats(q.Seats, true)); err != nil {
		return hold.Answer{}, err
	}
	args := e.keys.args(q.Showtime, string(q.Owner), string(q.Request), ms(q.TTL), strconv.Itoa(q.MaxSeats), ms(q.MaxHold))
	r, err := e.run(ctx, e.scripts.lock, e.keys.seats(q.Showtime, q.Seats, true), names(args, q.Seats))
	if err != nil {
		return hold.Answer{}, err
	}
	a, err := lockAnswer(&r, q.MaxSeats)
	if err != nil {
		return a, err
	}
	e.touch(ctx, q.Showtime, a.Now.Add(q.TTL+after))
	return a, nil
}

func lockAnswer(r *reply, limit int) (hold.Answer, error) {
	a := r.answer()
	switch r.status {
	case "OK":
		var err1, err2, err3, err4 error
		a.Deadline, err1 = r.moment(0)
		a.Limit, err2 = r.moment(1)
		a.Owned, err3 = r.number(2)
		a.Changed, err4 = r.seats(3)
		return a, errors.Join(err1, err2, err3, err4)
	case "CONFLICT":
		seats, err := r.reasons(0, 2)
		if err != nil {
			return hold.Answer{}, err
		}
		return a, &hold.ConflictError{Seats: seats}
	case "LIMIT":
		held, err := r.number(0)
		if err != nil {
			return hold.Answer{}, err
		}
		return a, &hold.SeatLimitError{Held: held, Max: limit}
	case "HOLD_LIMIT":
		seats, err := r.seats(0)
		if err != nil {
			return hold.Answer{}, err
		}
		return a, &hold.HoldLimitError{Seats: seats}
	}
	return hold.Answer{}, errReply
}

// Extend prolongs a hold.
func (e *Engine) Extend(ctx context.Context, q hold.ExtendRequest) (hold.Answer, error) {
	durable := q.Mode == hold.ExtendDurable
	if err := errors.Join(checkHold(ctx, q.Showtime, q.Owner, q.Request), checkSeats(q.Seats, durable)); err != nil {
		return hold.Answer{}, err
	}
	if durable {
		if err := checkBooking(q.Booking); err != nil {
			return hold.Answer{}, err
		}
	}
	args := e.keys.args(q.Showtime, string(q.Owner), string(q.Request), ms(q.By), ms(q.MaxHold), modes[q.Mode], string(q.Booking))
	r, err := e.run(ctx, e.scripts.extend, e.keys.seats(q.Showtime, q.Seats, true), names(args, q.Seats))
	if err != nil {
		return hold.Answer{}, err
	}
	a, err := extendAnswer(&r)
	if err == nil {
		e.touch(ctx, q.Showtime, a.Deadline.Add(after))
	}
	return a, err
}

func extendAnswer(r *reply) (hold.Answer, error) {
	a := r.answer()
	switch r.status {
	case "OK":
		var err1, err2, err3, err4, err5 error
		a.Deadline, err1 = r.moment(0)
		a.Limit, err2 = r.moment(1)
		a.Changed, err3 = r.seats(2)
		a.Left, err4 = r.reasons(3, 3)
		a.Evicted, err5 = r.evictions(4)
		return a, errors.Join(err1, err2, err3, err4, err5)
	case "REFUSED":
		seats, err := r.reasons(0, 2)
		if err != nil {
			return hold.Answer{}, err
		}
		return a, &hold.RefusedError{Seats: seats}
	case "HOLD_LIMIT":
		seats, err := r.seats(0)
		if err != nil {
			return hold.Answer{}, err
		}
		return a, &hold.HoldLimitError{Seats: seats}
	}
	return hold.Answer{}, errReply
}

// Release frees the owner's seats among those named.
func (e *Engine) Release(ctx context.Context, q hold.ReleaseRequest) (hold.Answer, error) {
	if err := errors.Join(checkOwned(ctx, q.Showtime, q.Owner, q.Request), checkSeats(q.Seats, false)); err != nil {
		return hold.Answer{}, err
	}
	args := e.keys.args(q.Showtime, string(q.Owner), string(q.Request))
	return e.changedLeft(ctx, q.Showtime, e.scripts.release, e.keys.seats(q.Showtime, q.Seats, false), names(args, q.Seats))
}

// Transfer moves unreserved holds to another owner.
func (e *Engine) Transfer(ctx context.Context, q hold.TransferRequest) (hold.Answer, error) {
	err := errors.Join(checkHold(ctx, q.Showtime, q.To, q.Request), checkOwned(ctx, q.Showtime, q.From, ""), checkSeats(q.Seats, false))
	if err != nil {
		return hold.Answer{}, err
	}
	args := e.keys.args(q.Showtime, string(q.From), string(q.To), string(q.Request), strconv.Itoa(q.MaxSeats))
	return e.changedLeft(ctx, q.Showtime, e.scripts.transfer, e.keys.base(q.Showtime, 0), names(args, q.Seats))
}

func (e *Engine) changedLeft(ctx context.Context, showtime ident.Showtime, s *rueidis.Lua, keys, args []string) (hold.Answer, error) {
	r, err := e.run(ctx, s, keys, args)
	if err != nil {
		return hold.Answer{}, err
	}
	a := r.answer()
	var err1, err2 error
	a.Changed, err1 = r.seats(0)
	a.Left, err2 = r.reasons(1, 2)
	e.changed(ctx, showtime, &a)
	return a, errors.Join(err1, err2)
}

// changed sees to it that the showtime is visited after a change: its events wait to be recorded.
func (e *Engine) changed(ctx context.Context, showtime ident.Showtime, a *hold.Answer) {
	if len(a.Changed) > 0 {
		e.touch(ctx, showtime, a.Now.Add(after))
	}
}

// Confirm marks seats sold.
func (e *Engine) Confirm(ctx context.Context, q hold.ConfirmRequest) (hold.Answer, error) {
	if err := errors.Join(checkHold(ctx, q.Showtime, q.Owner, q.Request), checkBooking(q.Booking), checkSeats(q.Seats, true)); err != nil {
		return hold.Answer{}, err
	}
	expires := "0"
	if !q.Expires.IsZero() {
		expires = strconv.FormatInt(q.Expires.UnixMilli(), 10)
	}
	args := e.keys.args(q.Showtime, string(q.Owner), string(q.Request), string(q.Booking), expires)
	r, err := e.run(ctx, e.scripts.confirm, e.keys.seats(q.Showtime, q.Seats, true), names(args, q.Seats))
	if err != nil {
		return hold.Answer{}, err
	}
	a := r.answer()
	var err1, err2, err3 error
	a.Repaired, err1 = r.number(0)
	a.Changed, err2 = r.seats(1)
	a.Evicted, err3 = r.evictions(2)
	e.changed(ctx, q.Showtime, &a)
	return a, errors.Join(err1, err2, err3)
}

// Unbook removes what belongs to an ended booking.
func (e *Engine) Unbook(ctx context.Context, q hold.UnbookRequest) (hold.Answer, error) {
	if err := errors.Join(checkHold(ctx, q.Showtime, q.Owner, q.Request), checkBooking(q.Booking), checkSeats(q.Seats, true)); err != nil {
		return hold.Answer{}, err
	}
	args := e.keys.args(q.Showtime, string(q.Booking), string(q.Owner), string(q.Request))
	r, err := e.run(ctx, e.scripts.unbook, e.keys.seats(q.Showtime, q.Seats, true), names(args, q.Seats))
	if err != nil {
		return hold.Answer{}, err
	}
	a := r.answer()
	a.Changed, err = r.seats(0)
	e.changed(ctx, q.Showtime, &a)
	return a, err
}

// Sweep ends at most 64 due holds and keeps the showtime's keys alive.
func (e *Engine) Sweep(ctx context.Context, q hold.SweepRequest) (hold.SweepAnswer, error) {
	if err := check(ctx, q.Room.Showtime); err != nil {
		return hold.SweepAnswer{}, err
	}
	recount := "0"
	if q.Recount {
		recount = "1"
	}
	args := e.keys.args(q.Room.Showtime, unixMilli(q.Room.End.Add(keepAfterEnd)), recount)
	r, err := e.run(ctx, e.scripts.sweep, e.keys.base(q.Room.Showtime, 0), args)
	if err != nil {
		return hold.SweepAnswer{}, err
	}
	n, err1 := r.number(0)
	next, err2 := r.moment(1)
	if n > 0 {
		e.touch(ctx, q.Room.Showtime, r.now.Add(after))
	}
	return hold.SweepAnswer{Position: r.at, Swept: n, Next: next, Again: n >= 64}, errors.Join(err1, err2)
}

// Hydrate initialises the showtime; the first caller wins.
func (e *Engine) Hydrate(ctx context.Context, q hold.HydrateRequest) (hold.Answer, error) {
	if err := errors.Join(check(ctx, q.Room.Showtime), checkHydrate(q)); err != nil {
		return hold.Answer{}, err
	}
	known := make(map[ident.Seat]bool, len(q.Room.Seats))
	for _, s := range q.Room.Seats {
		known[s] = true
	}
	end := q.Room.End
	args := e.keys.args(q.Room.Showtime, q.Epoch, unixMilli(end.Add(keepAfterEnd)), unixMilli(end.Add(markersAfterEnd)), strconv.Itoa(len(q.Room.Seats)))
	args = names(args, q.Room.Seats)
	at := len(args)
	args = append(args, "")
	reserved := 0
	for _, f := range q.Facts.Reserved {
		if known[f.Seat] {
			args = append(args, string(f.Seat), string(f.Owner), string(f.Request), ms(f.For), string(f.Booking))
			reserved++
		}
	}
	args[at] = strconv.Itoa(reserved)
	for _, m := range q.Facts.Markers {
		if known[m.Seat] {
			args = append(args, string(m.Seat), string(m.Booking))
		}
	}
	r, err := e.run(ctx, e.scripts.hydrate, e.keys.base(q.Room.Showtime, 0), args)
	if err != nil {
		return hold.Answer{}, err
	}
	if r.status == "OK" {
		e.active.forget(q.Room.Showtime) // the index may have been lost with the rest
	}
	e.touch(ctx, q.Room.Showtime, r.now.Add(opened))
	return r.answer(), nil
}

func unixMilli(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }
