package hold

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/ident"
)

// ClaimState is what the store says of the booking behind a claim.
type ClaimState int

// Claim states.
const (
	ClaimOpen   ClaimState = iota // sealed and waiting for money
	ClaimBooked                   // sold
	ClaimEnded                    // the booking is over, or this seat's ticket was refunded: the claim landed late
	ClaimYoung                    // not sealed yet: neither kept off the map nor ended
)

// Claim is a seat's durable owner.
type Claim struct {
	Seat        ident.Seat
	Booking     ident.Booking
	Owner       ident.User
	Request     ident.Request
	State       ClaimState
	PayDeadline time.Time
}

// Claims is the store's side of the comparison.
type Claims interface {
	// Claims lists the claims of a showtime with the state of their bookings.
	Claims(ctx context.Context, showtime ident.Showtime) ([]Claim, error)
	// ReleaseClaims deletes the claims of a booking among the seats.
	ReleaseClaims(ctx context.Context, booking ident.Booking, seats []ident.Seat) error
}

// Kinds of repair, as counted.
const (
	RepairConfirm = "confirm"      // sold in the store, not in the engine
	RepairRenew   = "renew"        // waits for money, its seat was not reserved
	RepairLock    = "unbook_lock"  // reserved for a booking that has ended
	RepairMarker  = "unbook"       // sold in the engine, not in the store
	RepairClaim   = "drop_claim"   // claimed by a booking that has ended
	RepairStopped = "pass_stopped" // passes that would have freed too many seats
)

// RepairKinds lists the kinds of repair.
func RepairKinds() []string {
	return []string{RepairConfirm, RepairRenew, RepairLock, RepairMarker, RepairClaim, RepairStopped}
}

const (
	// stopAbove and stopShare: a pass that would free more seats than both frees none, because the store may be an old backup and the
	// markers the last evidence of sales.
	stopAbove = 5
	stopShare = 10 // a tenth of the sold seats

	repairOwner   ident.User    = "system"
	repairRequest ident.Request = "anti-entropy"

	busyEvery = time.Minute
	allEvery  = 10 * time.Minute
)

// RepairReport tells what a pass changed, in seats by kind.
type RepairReport struct {
	Showtime ident.Showtime
	Seats    map[string]int
	Stopped  int // seats that were not freed because they were too many
}

// AntiEntropy makes the engine agree with the store, which alone decides who owns a seat.
type AntiEntropy struct {
	keeper    *Keeper
	programme Programme
	claims    Claims
	clock     clock.Clock
	log       *slog.Logger

	mu     sync.Mutex // guards counts
	counts map[string]int
}

// NewAntiEntropy makes the worker.
func NewAntiEntropy(k *Keeper, p Programme, c Claims, clk clock.Clock, log *slog.Logger) *AntiEntropy {
	return &AntiEntropy{keeper: k, programme: p, claims: c, clock: clk, log: log, counts: make(map[string]int)}
}

// Counts gives the seats repaired since the start, by kind.
func (w *AntiEntropy) Counts() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.counts)
}

// Run repairs every minute what has holds and every ten minutes what onSale lists, and what has holds as soon as an engine is back
// after it was away, until the context ends.
func (w *AntiEntropy) Run(ctx context.Context, onSale func(context.Context) ([]ident.Showtime, error)) error {
	var all time.Time
	for {
		now := w.clock.Now()
		whole := now.Sub(all) >= allEvery
		if whole {
			all = now
		}
		for _, id := range w.list(ctx, whole, onSale) {
			_, err := w.Repair(ctx, id)
			if err != nil && ctx.Err() == nil && !errors.Is(err, ErrUnavailable) { // a pass begins when the engine is back
				w.log.WarnContext(ctx, "seats were not compared with the store", slog.String("showtime_id", string(id)), slog.Any("error", err))
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.clock.After(busyEvery):
		case <-w.keeper.recovered():
		}
	}
}

// list is what a pass compares, each showtime once: what has holds, and all that is on sale when it is to look at the whole.
func (w *AntiEntropy) list(ctx context.Context, whole bool, onSale func(context.Context) ([]ident.Showtime, error)) []ident.Showtime {
	list, err := w.keeper.everywhere(ctx)
	if whole {
		more, failed := onSale(ctx)
		list, err = append(list, more...), errors.Join(err, failed)
	}
	if err != nil && ctx.Err() == nil {
		w.log.WarnContext(ctx, "showtimes were not listed", slog.Any("error", err))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Repair compares one showtime and mends the engine. The markers are read before the claims: a marker without a claim in the later
// reading is then surely wrong, while a claim that is younger than the markers is only confirmed once more. A showtime that the engine
// does not know stays unknown: whoever touches it first hydrates it from the same claims.
func (w *AntiEntropy) Repair(ctx context.Context, showtime ident.Showtime) (RepairReport, error) {
	d, err := w.programme.Detail(ctx, showtime)
	if err != nil {
		return RepairReport{}, err
	}
	snap, err := w.keeper.engine.Snapshot(ctx, RoomOf(d))
	if err != nil && !errors.Is(err, ErrUninit) {
		return RepairReport{}, fmt.Errorf("snapshot %s: %w", showtime, err)
	}
	known := err == nil
	claims, err := w.claims.Claims(ctx, showtime)
	if err != nil {
		return RepairReport{}, fmt.Errorf("claims of %s: %w", showtime, err)
	}
	p := pass{AntiEntropy: w, detail: d, report: RepairReport{Showtime: showtime, Seats: make(map[string]int)}}
	found := compare(snap, claims)
	if !known {
		found = difference{drop: found.drop}
	}
	err = p.run(ctx, found, d.Showtime.Status == catalog.Cancelled, len(snap.Booked))
	w.count(p.report)
	return p.report, err
}

func (w *AntiEntropy) count(r RepairReport) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for kind, n := range r.Seats {
		w.counts[kind] += n
	}
	if r.Stopped > 0 {
		w.counts[RepairStopped]++
	}
}

// party is the seats of one booking that need the same repair.
type party struct {
	booking ident.Booking
	owner   ident.User
	request ident.Request
	until   time.Time // open bookings: pay deadline
	seats   []ident.Seat
}

// parties collects seats by booking, in the order met.
type parties []*party

func (p *parties) add(c Claim) {
	for _, known := range *p {
		if known.booking == c.Booking && known.owner == c.Owner && known.request == c.Request {
			known.seats = append(known.seats, c.Seat)
			return
		}
	}
	*p = append(*p, &party{booking: c.Booking, owner: c.Owner, request: c.Request, until: c.PayDeadline, seats: []ident.Seat{c.Seat}})
}

func (p parties) count() int {
	n := 0
	for _, one := range p {
		n += len(one.seats)
	}
	return n
}

// difference is what a comparison found.
type difference struct {
	confirm, renew, drop, locks, markers parties
}

// compare looks at (seat, booking) pairs, not at seats.
func compare(snap Snapshot, claims []Claim) difference {
	markers := make(map[ident.Seat]ident.Booking, len(snap.Booked))
	for _, m := range snap.Booked {
		markers[m.Seat] = m.Booking
	}
	locks := make(map[ident.Seat]Lock, len(snap.Locks))
	for _, l := range snap.Locks {
		locks[l.Seat] = l
	}
	var d difference
	live := make(map[Marker]bool, len(claims))
	for _, c := range claims {
		switch {
		case c.State == ClaimEnded:
			d.drop.add(c)
			continue
		case c.State == ClaimBooked && markers[c.Seat] != c.Booking:
			d.confirm.add(c)
		case c.State == ClaimOpen && locks[c.Seat].Booking != c.Booking && markers[c.Seat] == "":
			d.renew.add(c)
		}
		live[Marker{Seat: c.Seat, Booking: c.Booking}] = true
	}
	for _, l := range snap.Locks {
		if l.Booking != "" && !live[Marker{Seat: l.Seat, Booking: l.Booking}] {
			d.locks.add(Claim{Seat: l.Seat, Booking: l.Booking, Owner: l.Owner, Request: l.Request})
		}
	}
	for _, m := range snap.Booked {
		if !live[Marker{Seat: m.Seat, Booking: m.Booking}] {
			d.markers.add(Claim{Seat: m.Seat, Booking: m.Booking, Owner: repairOwner, Request: repairRequest})
		}
	}
	return d
}

// pass is one repair under way.
type pass struct {
	*AntiEntropy
	detail *catalog.Detail
	report RepairReport
}

// run mends what was found, markers without a claim last. It goes on after an error.
func (p *pass) run(ctx context.Context, d difference, cancelled bool, sold int) error {
	var errs []error
	for _, one := range d.confirm {
		errs = append(errs, p.confirm(ctx, one))
	}
	for _, one := range d.renew {
		errs = append(errs, p.renew(ctx, one))
	}
	for _, one := range d.drop {
		errs = append(errs, p.drop(ctx, one))
	}
	freed := d.locks.count() + d.markers.count()
	if freed > stopAbove && freed > sold/stopShare && !cancelled {
		p.report.Stopped = freed
		p.log.ErrorContext(ctx, "too many seats would be freed: the store may be older than the engine",
			slog.String("showtime_id", string(p.report.Showtime)), slog.Int("seats", freed), slog.Int("sold", sold))
		return errors.Join(errs...)
	}
	for _, one := range d.locks {
		errs = append(errs, p.unbook(ctx, one, RepairLock))
	}
	for _, one := range d.markers {
		errs = append(errs, p.unbook(ctx, one, RepairMarker))
	}
	return errors.Join(errs...)
}

func (p *pass) confirm(ctx context.Context, one *party) error {
	a, err := p.keeper.Confirm(ctx, ConfirmRequest{
		Showtime: p.report.Showtime, Owner: one.owner, Request: one.request, Booking: one.booking, Seats: one.seats,
		Expires: markerExpiry(p.detail.Showtime.EndsAt, p.clock.Now()),
	})
	return p.note(RepairConfirm, len(a.Changed), one, err)
}

func (p *pass) renew(ctx context.Context, one *party) error {
	a, err := p.keeper.Extend(ctx, ExtendRequest{
		Showtime: p.report.Showtime, Owner: one.owner, Request: one.request, Booking: one.booking, Seats: one.seats,
		Mode: ExtendDurable, By: max(one.until.Add(time.Minute).Sub(p.clock.Now()), time.Minute),
	})
	return p.note(RepairRenew, len(a.Changed), one, err)
}

func (p *pass) drop(ctx context.Context, one *party) error {
	err := p.claims.ReleaseClaims(ctx, one.booking, one.seats)
	return p.note(RepairClaim, len(one.seats), one, err)
}

func (p *pass) unbook(ctx context.Context, one *party, kind string) error {
	a, err := p.keeper.Unbook(ctx, UnbookRequest{
		Showtime: p.report.Showtime, Booking: one.booking, Owner: one.owner, Request: one.request, Seats: one.seats,
	})
	return p.note(kind, len(a.Changed), one, err)
}

// note counts a repair that changed something and tells of it.
func (p *pass) note(kind string, seats int, one *party, err error) error {
	if err != nil {
		return fmt.Errorf("%s booking %s: %w", kind, one.booking, err)
	}
	if seats > 0 {
		p.report.Seats[kind] += seats
		p.log.Info("seats repaired", slog.String("kind", kind), slog.Int("seats", seats),
			slog.String("showtime_id", string(p.report.Showtime)), slog.String("booking_id", string(one.booking)))
	}
	return nil
}
