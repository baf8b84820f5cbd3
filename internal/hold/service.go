package hold

import (
	"context"
	"slices"
	"time"

	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/ident"
)

// Programme tells what is sold.
type Programme interface {
	// Detail answers a fault of kind NotFound "showtime_not_found" for an unknown showtime.
	Detail(ctx context.Context, showtime ident.Showtime) (*catalog.Detail, error)
	// CheckSale refuses a showtime that cannot be bought now: not_on_sale, sales_closed.
	CheckSale(ctx context.Context, d *catalog.Detail) error
}

// Limits are the values of holds. A zero field takes its default.
type Limits struct {
	TTL       time.Duration // life of a hold; 5 min
	Extension time.Duration // one "I need more time"; 2 min
	MaxHold   time.Duration // from the first moment the owner held the seat; 25 min
	MaxSeats  int           // per owner and showtime; 8
}

// Caller is who asks for seats.
type Caller struct {
	User   ident.User
	Merged []ident.User // guests merged into User
}

// is tells whether an owner is the caller.
func (c Caller) is(owner ident.User) bool {
	return owner == c.User && owner != "" || slices.Contains(c.Merged, owner)
}

// Warning is a rule that the choice goes against and that is not refused.
type Warning struct {
	Rule  string
	Seats []ident.Seat // the seats it concerns: for an orphan, the free one left alone
	Shift []ident.Seat // a choice nearby without the fault; nil when there is none
}

// LockResult is a hold after a lock or an extension.
type LockResult struct {
	Answer

	Request        ident.Request
	Seats          []ident.Seat // every seat that the request holds, in the order asked for
	TTL            time.Duration
	Warnings       []Warning
	Quote          catalog.Quote // of Seats, at default ticket types
	ExtensionsLeft int
}

// Service is what the edge asks: holds with the rules of the house, explained.
type Service struct {
	engine    Engine
	programme Programme
	clock     clock.Clock
	limits    Limits
	views     views
	merges    merges
	turns     turns
}

// NewService makes the service. The engine must hydrate and sweep by itself, as a Keeper does.
func NewService(engine Engine, programme Programme, c clock.Clock, l Limits) *Service {
	return &Service{
		engine: engine, programme: programme, clock: c, limits: l.withDefaults(),
		views: newViews(), merges: newMerges(), turns: newTurns(),
	}
}

func (l Limits) withDefaults() Limits {
	if l.TTL <= 0 {
		l.TTL = 5 * time.Minute
	}
	if l.Extension <= 0 {
		l.Extension = 2 * time.Minute
	}
	if l.MaxHold <= 0 {
		l.MaxHold = 25 * time.Minute
	}
	if l.MaxSeats <= 0 {
		l.MaxSeats = 8
	}
	return l
}

// maxSeats is the cap of a showtime.
func (s *Service) maxSeats(d *catalog.Detail) int {
	if own := d.Showtime.MaxSeats; own > 0 && own < s.limits.MaxSeats {
		return own
	}
	return s.limits.MaxSeats
}

// Lock holds the caller's whole selection, all or nothing. Faults: showtime_not_found, invalid_seat_ids, not_on_sale, sales_closed,
// seat_rule (rules), seats_unavailable (conflicted, reasons, alternatives), booking_open, seat_limit_exceeded, hold_limit_reached,
// hold_store_unavailable.
func (s *Service) Lock(ctx context.Context, c Caller, showtime ident.Showtime, request ident.Request, seats []ident.Seat) (LockResult, error) {
	d, err := s.programme.Detail(ctx, showtime)
	if err != nil {
		return LockResult{}, err
	}
	if err := checkSeats(d, seats, s.maxSeats(d)); err != nil {
		return LockResult{}, err
	}
	if err := s.programme.CheckSale(ctx, d); err != nil {
		return LockResult{}, err
	}
	if broken := catalog.CheckSeats(d.Layout, seats); len(broken) > 0 {
		return LockResult{}, seatRule(broken)
	}
	if err := s.bring(ctx, c, d); err != nil {
		return LockResult{}, err
	}
	if err := s.checkOrphans(ctx, c, d, request, seats); err != nil {
		return LockResult{}, err
	}
	return s.lock(ctx, c, d, request, seats)
}

// lock asks the engine and explains its answer.
func (s *Service) lock(ctx context.Context, c Caller, d *catalog.Detail, request ident.Request, seats []ident.Seat) (LockResult, error) {
	if blocked := blockedAmong(d, seats); blocked != nil {
		return LockResult{}, s.refuseBlocked(ctx, c, d, seats, blocked)
	}
	a, err := s.engine.Lock(ctx, s.lockRequest(c, d, request, seats))
	if err != nil {
		return LockResult{}, s.lockFault(ctx, c, d, seats, err)
	}
	held := seats
	if a.Owned > len(seats) {
		if held, err = s.heldBy(ctx, c, d, request, seats); err != nil {
			return LockResult{}, err
		}
	}
	r, err := s.result(d, a, request, held)
	if err != nil {
		return LockResult{}, err
	}
	r.Warnings, err = s.warnings(ctx, d, held)
	return r, err
}

func (s *Service) lockRequest(c Caller, d *catalog.Detail, request ident.Request, seats []ident.Seat) LockRequest {
	return LockRequest{
		Showtime: d.Showtime.ID, Owner: c.User, Request: request, Seats: seats,
		TTL: s.limits.TTL, MaxSeats: s.maxSeats(d), MaxHold: s.limits.MaxHold,
	}
}

// result prices a hold and counts the extensions it has left.
func (s *Service) result(d *catalog.Detail, a Answer, request ident.Request, held []ident.Seat) (LockResult, error) {
	quote, err := catalog.Quoted(d, catalog.DefaultChoices(held))
	if err != nil {
		return LockResult{}, err
	}
	left := 0
	if room := a.Limit.Sub(a.Deadline); room > 0 {
		left = int(room / s.limits.Extension)
	}
	return LockResult{Answer: a, Request: request, Seats: held, TTL: s.limits.TTL, Quote: quote, ExtensionsLeft: left}, nil
}

// heldBy lists every seat that a request of the caller holds: those asked for first, in their order.
func (s *Service) heldBy(ctx context.Context, c Caller, d *catalog.Detail, request ident.Request, first []ident.Seat) ([]ident.Seat, error) {
	snap, err := s.snapshot(ctx, d)
	if err != nil {
		return nil, err
	}
	held := slices.Clone(first)
	for _, l := range snap.Locks {
		if l.Owner == c.User && l.Request == request && !slices.Contains(first, l.Seat) {
			held = append(held, l.Seat)
		}
	}
	return held, nil
}

// Extend gives the caller's hold more time. epoch is what the hold's answer said; empty: not known. Faults: showtime_not_found,
// hold_expired, hold_lost, not_owner, hold_limit_reached, hold_store_unavailable.
func (s *Service) Extend(ctx context.Context, c Caller, showtime ident.Showtime, request ident.Request, epoch string) (LockResult, error) {
	d, err := s.programme.Detail(ctx, showtime)
	if err != nil {
		return LockResult{}, err
	}
	if err := s.bring(ctx, c, d); err != nil {
		return LockResult{}, err
	}
	a, err := s.engine.Extend(ctx, ExtendRequest{
		Showtime: showtime, Owner: c.User, Request: request, By: s.limits.Extension, MaxHold: s.limits.MaxHold, Mode: ExtendMore,
	})
	if err != nil {
		return LockResult{}, s.extendFault(ctx, c, d, epoch != "" && epoch != a.Epoch, err)
	}
	held, err := s.heldBy(ctx, c, d, request, nil)
	if err != nil {
		return LockResult{}, err
	}
	return s.result(d, a, request, held)
}

// ReleaseResult tells what was given back.
type ReleaseResult struct {
	Answer

	Released    []ident.Seat
	NotReleased map[ident.Seat]Reason
}

// Release gives back the caller's seats among those named, of one request or, when it is empty, of any. Faults: showtime_not_found,
// invalid_seat_ids, booking_open (nothing could be released because the seats are in an open booking), hold_store_unavailable.
func (s *Service) Release(ctx context.Context, c Caller, showtime ident.Showtime, request ident.Request, seats []ident.Seat) (ReleaseResult, error) {
	d, err := s.programme.Detail(ctx, showtime)
	if err != nil {
		return ReleaseResult{}, err
	}
	if err := checkSeats(d, seats, d.Layout.Len()); err != nil {
		return ReleaseResult{}, err
	}
	if err := s.bring(ctx, c, d); err != nil {
		return ReleaseResult{}, err
	}
	a, err := s.engine.Release(ctx, ReleaseRequest{Showtime: showtime, Owner: c.User, Request: request, Seats: seats})
	if err != nil {
		return ReleaseResult{}, engineFault(err)
	}
	left, err := s.asMine(ctx, c, d, a.Left)
	if err != nil {
		return ReleaseResult{}, err
	}
	if len(a.Changed) == 0 && slices.ContainsFunc(left, func(r SeatReason) bool { return r.Reason == Reserved }) {
		return ReleaseResult{}, bookingOpen(left)
	}
	r := ReleaseResult{Answer: a, Released: a.Changed}
	if len(left) > 0 {
		r.NotReleased = make(map[ident.Seat]Reason, len(left))
		for _, l := range left {
			r.NotReleased[l.Seat] = l.Reason
		}
	}
	return r, nil
}

// asMine corrects reasons for a caller with merged guests: a seat of such a guest that stayed with it is reserved, not another's.
func (s *Service) asMine(ctx context.Context, c Caller, d *catalog.Detail, reasons []SeatReason) ([]SeatReason, error) {
	foreign := func(r SeatReason) bool { return r.Reason == Held || r.Reason == NotOwner }
	if len(c.Merged) == 0 || !slices.ContainsFunc(reasons, foreign) {
		return reasons, nil
	}
	snap, err := s.snapshot(ctx, d)
	if err != nil {
		return nil, err
	}
	mine := make(map[ident.Seat]bool)
	for _, l := range snap.Locks {
		mine[l.Seat] = l.Booking != "" && slices.Contains(c.Merged, l.Owner)
	}
	out := slices.Clone(reasons)
	for i, r := range out {
		if foreign(r) && mine[r.Seat] {
			out[i].Reason = Reserved
		}
	}
	return out, nil
}

// snapshot reads the present state.
func (s *Service) snapshot(ctx context.Context, d *catalog.Detail) (Snapshot, error) {
	snap, err := s.engine.Snapshot(ctx, RoomOf(d))
	if err != nil {
		return Snapshot{}, engineFault(err)
	}
	return snap, nil
}

// RoomOf is a showtime as engines know it.
func RoomOf(d *catalog.Detail) Room {
	return Room{Showtime: d.Showtime.ID, Seats: d.Layout.Seats(), End: d.Showtime.EndsAt}
}
