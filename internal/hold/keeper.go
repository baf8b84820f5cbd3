package hold

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"

	"cinema/internal/ident"
)

var (
	_ Engine     = (*Keeper)(nil)
	_ Positioner = (*Keeper)(nil)
)

const (
	// maxAgain bounds the repeats of one call while due holds are swept: 64 of them each time.
	maxAgain = 256
	// maxHydrates bounds how often one call initialises its showtime; more than one means that the engine keeps losing its memory.
	maxHydrates = 3
	// hydrateTime bounds one initialisation, which others may be waiting for.
	hydrateTime = 10 * time.Second
)

// Source is where the durable facts come from. Both methods answer a fault of kind NotFound for an unknown showtime.
type Source interface {
	Room(ctx context.Context, showtime ident.Showtime) (Room, error)
	Facts(ctx context.Context, showtime ident.Showtime) (Facts, error)
}

// Keeper is an Engine that looks after another one: it hydrates a showtime that the engine does not know, repeats a call that had to
// sweep first, and knows which showtimes have holds that will fall due. No other part of the product meets ErrUninit or ErrAgain,
// but for Sweep, which never hydrates.
type Keeper struct {
	engine Engine
	source Source
	flight singleflight.Group
	active registry
}

// NewKeeper wraps an engine.
func NewKeeper(engine Engine, source Source) *Keeper {
	return &Keeper{engine: engine, source: source, active: newRegistry()}
}

// Lock takes seats.
func (k *Keeper) Lock(ctx context.Context, r LockRequest) (Answer, error) {
	a, err := k.engine.Lock(ctx, r)
	if repeats(err) {
		a, err = again(ctx, k, r.Showtime, err, func() (Answer, error) { return k.engine.Lock(ctx, r) })
	}
	if err == nil {
		k.active.touch(r.Showtime, a.Deadline)
	}
	return a, err
}

// Extend prolongs a hold.
func (k *Keeper) Extend(ctx context.Context, r ExtendRequest) (Answer, error) {
	a, err := k.engine.Extend(ctx, r)
	if repeats(err) {
		a, err = again(ctx, k, r.Showtime, err, func() (Answer, error) { return k.engine.Extend(ctx, r) })
	}
	if err == nil && !a.Deadline.IsZero() {
		k.active.touch(r.Showtime, a.Deadline)
	}
	return a, err
}

// Release gives seats back.
func (k *Keeper) Release(ctx context.Context, r ReleaseRequest) (Answer, error) {
	a, err := k.engine.Release(ctx, r)
	if repeats(err) {
		return again(ctx, k, r.Showtime, err, func() (Answer, error) { return k.engine.Release(ctx, r) })
	}
	return a, err
}

// Transfer moves holds to another owner.
func (k *Keeper) Transfer(ctx context.Context, r TransferRequest) (Answer, error) {
	a, err := k.engine.Transfer(ctx, r)
	if repeats(err) {
		return again(ctx, k, r.Showtime, err, func() (Answer, error) { return k.engine.Transfer(ctx, r) })
	}
	return a, err
}

// Confirm marks seats sold.
func (k *Keeper) Confirm(ctx context.Context, r ConfirmRequest) (Answer, error) {
	a, err := k.engine.Confirm(ctx, r)
	if repeats(err) {
		return again(ctx, k, r.Showtime, err, func() (Answer, error) { return k.engine.Confirm(ctx, r) })
	}
	return a, err
}

// Unbook forgets an ended booking.
func (k *Keeper) Unbook(ctx context.Context, r UnbookRequest) (Answer, error) {
	a, err := k.engine.Unbook(ctx, r)
	if repeats(err) {
		return again(ctx, k, r.Showtime, err, func() (Answer, error) { return k.engine.Unbook(ctx, r) })
	}
	return a, err
}

// Sweep ends due holds. A showtime that the engine does not know stays unknown: nothing of it is due.
func (k *Keeper) Sweep(ctx context.Context, r SweepRequest) (SweepAnswer, error) {
	return k.engine.Sweep(ctx, r)
}

// Snapshot reads the state of a showtime.
func (k *Keeper) Snapshot(ctx context.Context, room Room) (Snapshot, error) {
	s, err := k.engine.Snapshot(ctx, room)
	if repeats(err) {
		return again(ctx, k, room.Showtime, err, func() (Snapshot, error) { return k.engine.Snapshot(ctx, room) })
	}
	return s, err
}

// Hydrate initialises a showtime with the caller's facts.
func (k *Keeper) Hydrate(ctx context.Context, r HydrateRequest) (Answer, error) {
	a, err := k.engine.Hydrate(ctx, r)
	if err == nil {
		k.active.touch(r.Room.Showtime, a.Now)
	}
	return a, err
}

// Subscribe follows events. A showtime that had to be hydrated answers ErrGap, because its epoch is another.
func (k *Keeper) Subscribe(ctx context.Context, showtime ident.Showtime, after Position) (Subscription, error) {
	s, err := k.engine.Subscribe(ctx, showtime, after)
	if repeats(err) {
		return again(ctx, k, showtime, err, func() (Subscription, error) { return k.engine.Subscribe(ctx, showtime, after) })
	}
	return s, err
}

// Position tells the present position of a showtime, where the engine can.
func (k *Keeper) Position(showtime ident.Showtime) (Position, bool) {
	if p, ok := k.engine.(Positioner); ok {
		return p.Position(showtime)
	}
	return Position{}, false
}

// Active lists the showtimes that may have holds.
func (k *Keeper) Active() []ident.Showtime { return k.active.all() }

func repeats(err error) bool {
	return err != nil && (errors.Is(err, ErrUninit) || errors.Is(err, ErrAgain))
}

// again removes what stood against a call and repeats it.
func again[T any](ctx context.Context, k *Keeper, showtime ident.Showtime, err error, call func() (T, error)) (T, error) {
	var none T
	hydrates := 0
	for range maxAgain {
		if errors.Is(err, ErrUninit) {
			if hydrates++; hydrates > maxHydrates {
				break
			}
			if err := k.hydrate(ctx, showtime); err != nil {
				return none, err
			}
		}
		var a T
		if a, err = call(); !repeats(err) {
			return a, err
		}
	}
	return none, fmt.Errorf("%w: %s does not come to rest", ErrUnavailable, showtime)
}

// hydrate initialises a showtime from the store, once for all who wait. The work outlives the caller who happens to be first.
func (k *Keeper) hydrate(ctx context.Context, showtime ident.Showtime) error {
	_, err, _ := k.flight.Do(string(showtime), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), hydrateTime)
		defer cancel()
		return nil, k.load(ctx, showtime)
	})
	return err
}

// load reads the facts, hands them to the engine, and reads them again: what was claimed between the first reading and the
// engine's start is repaired.
func (k *Keeper) load(ctx context.Context, showtime ident.Showtime) error {
	room, err := k.source.Room(ctx, showtime)
	if err != nil {
		return err
	}
	facts, err := k.source.Facts(ctx, showtime)
	if err != nil {
		return err
	}
	epoch := newEpoch()
	a, err := k.Hydrate(ctx, HydrateRequest{Room: room, Epoch: epoch, Facts: facts})
	if err != nil {
		return fmt.Errorf("hydrate %s: %w", showtime, err)
	}
	if a.Epoch != epoch {
		return nil // another process was first, and repairs
	}
	later, err := k.source.Facts(ctx, showtime)
	if err != nil {
		return err
	}
	return k.catchUp(ctx, room, facts, later, a.Now)
}

// catchUp tells the engine the facts that are in later and not in facts.
func (k *Keeper) catchUp(ctx context.Context, room Room, facts, later Facts, now time.Time) error {
	sold := make(map[Marker]bool, len(facts.Markers))
	for _, m := range facts.Markers {
		sold[m] = true
	}
	open := make(map[ident.Seat]ident.Booking, len(facts.Reserved))
	for _, s := range facts.Reserved {
		open[s.Seat] = s.Booking
	}
	for _, m := range later.Markers {
		if sold[m] || m.Owner == "" {
			continue
		}
		_, err := k.engine.Confirm(ctx, ConfirmRequest{
			Showtime: room.Showtime, Owner: m.Owner, Request: m.Request, Booking: m.Booking, Seats: []ident.Seat{m.Seat},
			Expires: markerExpiry(room.End, now),
		})
		if err != nil && !repeats(err) {
			return fmt.Errorf("sold seat after hydrate of %s: %w", room.Showtime, err)
		}
	}
	for _, s := range later.Reserved {
		if open[s.Seat] == s.Booking {
			continue
		}
		_, err := k.engine.Extend(ctx, ExtendRequest{
			Showtime: room.Showtime, Owner: s.Owner, Request: s.Request, Seats: []ident.Seat{s.Seat}, By: s.For, Mode: ExtendDurable, Booking: s.Booking,
		})
		if err != nil && !repeats(err) {
			return fmt.Errorf("reserved seat after hydrate of %s: %w", room.Showtime, err)
		}
	}
	return nil
}

// markerExpiry is the end of a marker's life: a day after the showtime, and at least an hour from now.
func markerExpiry(end, now time.Time) time.Time {
	day := end.Add(24 * time.Hour)
	if hour := now.Add(time.Hour); hour.After(day) {
		return hour
	}
	return day
}

// newEpoch makes 128 random bits.
func newEpoch() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the process instead
	return hex.EncodeToString(b[:])
}
