package hold

import (
	"context"
	"errors"
	"slices"
	"time"

	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// maxAlternatives is how many other choices a refusal offers.
const maxAlternatives = 3

func invalidSeats(detail string, seats []ident.Seat) *fault.Fault {
	f := fault.New(fault.Invalid, "invalid_seat_ids", detail)
	if len(seats) > 0 {
		f = f.With("seat_ids", seats)
	}
	return f
}

// checkSeats refuses a list that is empty, too long, or names a seat twice or one that the hall does not have.
func checkSeats(d *catalog.Detail, seats []ident.Seat, most int) error {
	if len(seats) == 0 {
		return invalidSeats("Name at least one seat.", nil)
	}
	if len(seats) > most {
		return invalidSeats("Too many seats in one request.", nil).With("max", most)
	}
	var unknown []ident.Seat
	for i, id := range seats {
		if slices.Contains(seats[:i], id) {
			return invalidSeats("A seat is named twice.", []ident.Seat{id})
		}
		if _, ok := d.Layout.Seat(id); !ok {
			unknown = append(unknown, id)
		}
	}
	if unknown != nil {
		return invalidSeats("This hall has no such seat.", unknown)
	}
	return nil
}

// seatRule refuses a choice and names every rule it breaks.
func seatRule(broken []catalog.Violation) error {
	rules := make([]map[string]any, len(broken))
	for i, b := range broken {
		rules[i] = map[string]any{"rule": b.Rule, "seat_ids": b.Seats}
	}
	return fault.New(fault.Conflict, "seat_rule", sentence(broken[0].Rule)).With("rules", rules)
}

func sentence(rule string) string {
	switch rule {
	case catalog.RuleCouple:
		return "A love seat is sold as a pair: choose both halves or neither."
	case catalog.RuleCompanion:
		return "A companion seat goes with its wheelchair space."
	default:
		return "This choice leaves a single seat on its own."
	}
}

func bookingOpen(seats []SeatReason) error {
	return with(fault.New(fault.Conflict, "booking_open", "These seats belong to a booking of yours that is not paid yet."), seats)
}

// with adds the members that say which seats and why.
func with(f *fault.Fault, seats []SeatReason) *fault.Fault {
	reasons := make(map[string]string, len(seats))
	conflicted := make([]ident.Seat, len(seats))
	for i, r := range seats {
		reasons[string(r.Seat)] = string(r.Reason)
		conflicted[i] = r.Seat
	}
	return f.With("conflicted", conflicted).With("reasons", reasons)
}

// engineFault says that the engine failed; anything else goes on as it is.
func engineFault(err error) error {
	if errors.Is(err, ErrUnavailable) {
		return fault.Wrap(err, fault.Unavailable, "hold_store_unavailable", "Seats cannot be held at the moment. Try again with the same request.").
			After(time.Second)
	}
	return err
}

func limitReached(e *HoldLimitError) error {
	return fault.New(fault.Conflict, "hold_limit_reached", "These seats were held for as long as is allowed.").With("seat_ids", e.Seats)
}

// lockFault explains why the engine refused a lock.
func (s *Service) lockFault(ctx context.Context, c Caller, d *catalog.Detail, seats []ident.Seat, err error) error {
	if conflict, ok := errors.AsType[*ConflictError](err); ok {
		return s.unavailable(ctx, c, d, seats, conflict.Seats)
	}
	if e, ok := errors.AsType[*SeatLimitError](err); ok {
		return fault.New(fault.Conflict, "seat_limit_exceeded", "That would be more seats than one person may hold here.").
			With("held", e.Held).With("limit", e.Max)
	}
	if e, ok := errors.AsType[*HoldLimitError](err); ok {
		return limitReached(e)
	}
	return engineFault(err)
}

// unavailable refuses a choice with every conflict and what could be had instead.
func (s *Service) unavailable(ctx context.Context, c Caller, d *catalog.Detail, seats []ident.Seat, conflicts []SeatReason) error {
	conflicts, err := s.asMine(ctx, c, d, conflicts)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(conflicts, func(r SeatReason) bool { return r.Reason != Reserved }) {
		return bookingOpen(conflicts)
	}
	f := with(fault.New(fault.Conflict, "seats_unavailable", "Some of these seats are not free any more."), conflicts)
	if offers := s.alternatives(ctx, d, seats, conflicts); len(offers) > 0 {
		f = f.With("alternatives", offers)
	}
	return f
}

// blockedAmong lists the seats that the house took out of sale; nil when there are none.
func blockedAmong(d *catalog.Detail, seats []ident.Seat) []SeatReason {
	if len(d.Blocked) == 0 {
		return nil
	}
	var blocked []SeatReason
	for _, id := range seats {
		if _, ok := d.Blocked[id]; ok {
			blocked = append(blocked, SeatReason{Seat: id, Reason: Blocked})
		}
	}
	return blocked
}

// refuseBlocked refuses a choice with blocked seats, and names the other conflicts too: they would be the next refusal.
func (s *Service) refuseBlocked(ctx context.Context, c Caller, d *catalog.Detail, seats []ident.Seat, blocked []SeatReason) error {
	snap, err := s.snapshot(ctx, d)
	if err != nil {
		return err
	}
	reasons := make(map[ident.Seat]Reason, len(blocked))
	for _, b := range blocked {
		reasons[b.Seat] = b.Reason
	}
	note := func(id ident.Seat, r Reason) {
		if _, ok := reasons[id]; !ok {
			reasons[id] = r
		}
	}
	for _, m := range snap.Booked {
		note(m.Seat, Booked)
	}
	for _, l := range snap.Locks {
		switch {
		case l.Owner != c.User:
			note(l.Seat, Held)
		case l.Booking != "":
			note(l.Seat, Reserved)
		}
	}
	var all []SeatReason
	for _, id := range seats {
		if r, ok := reasons[id]; ok {
			all = append(all, SeatReason{Seat: id, Reason: r})
		}
	}
	return s.unavailable(ctx, c, d, seats, all)
}

// extendFault explains why the engine refused more time. lost says that it forgot everything since the hold was made.
func (s *Service) extendFault(ctx context.Context, c Caller, d *catalog.Detail, lost bool, err error) error {
	if e, ok := errors.AsType[*HoldLimitError](err); ok {
		return limitReached(e)
	}
	refused, ok := errors.AsType[*RefusedError](err)
	if !ok {
		return engineFault(err)
	}
	if lost {
		return fault.New(fault.Conflict, "hold_lost", "Your hold was lost on our side. Choose the seats again; most are still free.")
	}
	snap, err := s.snapshot(ctx, d)
	if err != nil {
		return err
	}
	elsewhere := func(l Lock) bool { return c.is(l.Owner) }
	if slices.ContainsFunc(snap.Locks, elsewhere) {
		return with(fault.New(fault.Conflict, "not_owner", "These seats are held under another request, perhaps in another tab of yours."), refused.Seats)
	}
	return with(fault.New(fault.Conflict, "hold_expired", "Your hold has run out."), refused.Seats).With("reason", string(MissingLock))
}
