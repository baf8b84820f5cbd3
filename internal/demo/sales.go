package demo

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/ident"
	"cinema/internal/ticket"
)

// provider is named in demonstration bookings: the payment provider that lives inside the product.
const provider = "mock"

// firstGeneration is a ticket's generation until it is undone at the door or moved.
const firstGeneration = 1

// seller makes up the sales of screenings.
type seller struct {
	planner *planner
	details map[ident.Showtime]*catalog.Detail
	people  []person
	signer  booking.Signer // nil: tickets without a signed text
	now     time.Time
}

// house is a screening while it fills.
type house struct {
	detail *catalog.Detail
	taken  map[ident.Seat]bool
	hidden map[string]bool // rows that the next party does not look at, so that groups stand apart as they do in life
	rng    *rand.Rand
	groups [][]ident.Seat
}

// sales are the bookings of one screening, filled according to its role. light keeps a long history small.
func (s *seller) sales(ctx context.Context, sh show, light bool) ([]booking.Booking, error) {
	d := s.details[sh.ID]
	h := &house{detail: d, taken: make(map[ident.Seat]bool), rng: s.planner.random("sales", string(sh.ID))}
	capacity := d.Capacity()
	how := sh.role
	if light && how == nearly {
		how = ordinary
	}
	switch how {
	case empty, preview:
		return nil, nil
	case open:
		h.fill(capacity / 12)
	case soldOut:
		h.fill(capacity * 8 / 10)
		h.fillUp()
	case nearly:
		h.fill(capacity * 8 / 10)
		h.fillUp()
		h.giveBack(capacity / 25)
	case community, ordinary:
		h.fill(capacity * s.share(sh, h.rng, light) / 100)
	}
	out := make([]booking.Booking, 0, len(h.groups)+4)
	for n, seats := range h.groups {
		b, err := s.book(sh, h.rng, n, seats)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return s.mishaps(ctx, sh, h, out)
}

// share is how much of a house is sold, in per cent: fuller in the evening and at the weekend.
func (s *seller) share(sh show, rng *rand.Rand, light bool) int {
	base := 30 + rng.IntN(22)
	if sh.wall >= matinee && sh.wall < 22*time.Hour {
		base += 10
	}
	if w := sh.StartsAt.In(s.planner.zone).Weekday(); w == time.Friday || w == time.Saturday || w == time.Sunday {
		base += 12
	}
	if light {
		base /= 6
	}
	return min(base, 85)
}

// fill lets parties choose until so many seats are gone.
func (h *house) fill(target int) {
	for tries := 0; len(h.taken) < target && tries < 4*target+10; tries++ {
		h.hidden = make(map[string]bool)
		for _, row := range h.detail.Layout.Rows {
			if h.rng.IntN(100) < 55 {
				h.hidden[row.Label] = true
			}
		}
		q := catalog.BestQuery{Count: min(party(h.rng), target-len(h.taken)+1), Accessible: h.rng.IntN(40) == 0}
		if !q.Accessible && h.rng.IntN(3) > 0 {
			q.Category = "standard"
		}
		h.seat(q)
	}
	h.hidden = nil
}

// fillUp sells what is left, down to the last seat.
func (h *house) fillUp() {
	for _, q := range []catalog.BestQuery{
		{Count: 3, Accessible: true}, {Count: 2, Accessible: true}, {Count: 1, Accessible: true}, {Count: 4}, {Count: 2}, {Count: 1},
	} {
		for range h.detail.Layout.Len() {
			if !h.seat(q) {
				break
			}
		}
	}
	h.companions()
}

// companions joins companion seats that were left over to the party that took their space.
func (h *house) companions() {
	for _, row := range h.detail.Layout.Rows {
		for _, seat := range row.Seats {
			if _, blocked := h.detail.Blocked[seat.ID]; seat.Kind != catalog.Companion || h.taken[seat.ID] || blocked {
				continue
			}
			for i, g := range h.groups {
				if slices.Contains(g, seat.Pair) {
					h.groups[i], h.taken[seat.ID] = append(g, seat.ID), true
				}
			}
		}
	}
}

// giveBack frees whole parties until about so many seats are free again.
func (h *house) giveBack(want int) {
	for freed := 0; freed < want && len(h.groups) > 0; {
		i := h.rng.IntN(len(h.groups))
		if len(h.groups[i]) > want-freed+1 {
			i = smallest(h.groups)
		}
		for _, id := range h.groups[i] {
			delete(h.taken, id)
			freed++
		}
		h.groups = slices.Delete(h.groups, i, i+1)
	}
}

func (h *house) seat(q catalog.BestQuery) bool {
	q.Free = func(id ident.Seat) bool {
		_, blocked := h.detail.Blocked[id]
		return !blocked && !h.taken[id] && !h.hidden[strings.TrimRight(string(id), "0123456789")]
	}
	seats := catalog.Best(h.detail.Layout, q)
	for _, id := range seats {
		h.taken[id] = true
	}
	if len(seats) > 0 {
		h.groups = append(h.groups, seats)
	}
	return len(seats) > 0
}

// party is how many come together: pairs mostly.
func party(rng *rand.Rand) int {
	switch n := rng.IntN(100); {
	case n < 14:
		return 1
	case n < 62:
		return 2
	case n < 75:
		return 3
	case n < 93:
		return 4
	case n < 97:
		return 5
	default:
		return 6
	}
}

func smallest(groups [][]ident.Seat) int {
	best := 0
	for i, g := range groups {
		if len(g) < len(groups[best]) {
			best = i
		}
	}
	return best
}

// book makes a finished sale.
func (s *seller) book(sh show, rng *rand.Rand, n int, seats []ident.Seat) (booking.Booking, error) {
	d := s.details[sh.ID]
	seats = slices.Clone(seats)
	slices.Sort(seats)
	choices := make([]catalog.TicketChoice, len(seats))
	for i, id := range seats {
		choices[i] = catalog.TicketChoice{Seat: id, TicketType: visitor(rng, d, id)}
	}
	quote, err := catalog.Quoted(d, choices)
	if err != nil {
		return booking.Booking{}, err
	}
	who := s.people[rng.IntN(len(s.people))]
	name := fmt.Sprintf("%s_%03d", strings.TrimPrefix(string(sh.ID), "st_demo_"), n)
	at := s.boughtAt(sh, rng)
	b := booking.Booking{
		ID: ident.Booking("bk_demo_" + name), Reference: reference(name), User: who.id, Owner: who.id, Request: ident.Request("rq_demo_" + name),
		Showtime: sh.ID, Cinema: d.Cinema.ID, Seats: seats, Amount: quote.Total, Fingerprint: fingerprint(choices), Customer: who.customer(), Status: booking.Booked,
		Provider: provider, PaymentRef: "pay_demo_" + name, Demo: true,
		CreatedAt: at, PayDeadline: at.Add(10 * time.Minute), UpdatedAt: at.Add(40 * time.Second),
	}
	for _, l := range quote.Lines {
		b.Lines = append(b.Lines, booking.Line{Seat: l.Seat, TicketType: l.TicketType, TypeName: l.Name, Price: l.Price, Includes: l.Includes})
		t := booking.Ticket{
			ID: ticket.NewID(b.ID, l.Seat, firstGeneration), Booking: b.ID, Showtime: sh.ID, Seat: l.Seat,
			TicketType: l.TicketType, TypeName: l.Name, Price: l.Price, Generation: firstGeneration,
		}
		if s.signer != nil {
			kind, _ := d.PriceCard.Type(l.TicketType)
			pass := ticket.Pass{
				ID: t.ID, Showtime: sh.ID, Seat: l.Seat, NotBefore: d.Showtime.Doors(), NotAfter: d.Showtime.EndsAt, Proof: kind.Proof, Demo: true,
			}
			if t.Code, err = s.signer.Sign(pass); err != nil {
				return booking.Booking{}, fmt.Errorf("sign demo ticket: %w", err)
			}
		}
		b.Tickets = append(b.Tickets, t)
	}
	return b, nil
}

// mishaps adds some bookings that came to nothing: not paid in time, declined, given back. They own no seat.
func (s *seller) mishaps(ctx context.Context, sh show, h *house, booked []booking.Booking) ([]booking.Booking, error) {
	count := len(booked)
	for n := range count {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if h.rng.IntN(30) > 0 {
			continue
		}
		b, err := s.book(sh, h.rng, count+n, h.groups[n])
		if err != nil {
			return nil, err
		}
		switch h.rng.IntN(3) {
		case 0:
			b.Status, b.Reason, b.PaymentRef, b.Tickets = booking.Failed, booking.ReasonPaymentExpired, "", nil
		case 1:
			b.Status, b.Reason, b.PaymentRef, b.Tickets = booking.Failed, booking.ReasonDeclined, "", nil
		default:
			b.Status = booking.Cancelled
			b.Refund = &booking.Refund{State: "succeeded", Amount: b.Amount}
			for i := range b.Tickets {
				b.Tickets[i].Void = "rf_demo_" + strings.TrimPrefix(string(b.ID), "bk_demo_")
			}
		}
		// The seats were sold to others afterwards.
		b.CreatedAt = booked[n].CreatedAt.Add(-2 * time.Hour)
		b.PayDeadline, b.UpdatedAt = b.CreatedAt.Add(10*time.Minute), b.CreatedAt.Add(11*time.Minute)
		booked = append(booked, b)
	}
	return booked, nil
}

// boughtAt is some time in the week before the screening, never in the future.
func (s *seller) boughtAt(sh show, rng *rand.Rand) time.Time {
	lead := time.Duration(rng.ExpFloat64()*40*float64(time.Hour)) + 20*time.Minute
	at := sh.StartsAt.Add(-min(lead, 6*24*time.Hour))
	if latest := s.now.Add(-5 * time.Minute); at.After(latest) {
		at = latest.Add(-time.Duration(rng.ExpFloat64() * 20 * float64(time.Hour)))
		at = maxTime(at, sh.OnSaleAt.Add(time.Minute))
	}
	return at.Truncate(time.Millisecond)
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// visitor chooses a ticket type that may sit there and is old enough for the film.
func visitor(rng *rand.Rand, d *catalog.Detail, id ident.Seat) string {
	seat, _ := d.Layout.Seat(id)
	if seat.Kind == catalog.Companion {
		return ""
	}
	switch n := rng.IntN(100); {
	case n < 12 && d.Movie.Rating.MinAge < 14:
		return "child"
	case n < 24:
		return "student"
	case n < 32:
		return "senior"
	default:
		return "adult"
	}
}

// reference is eight characters for people, of an alphabet without look-alikes.
func reference(name string) string {
	const letters = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
	sum := sha256.Sum256([]byte("reference|" + name))
	n := binary.BigEndian.Uint64(sum[:])
	var out [9]byte
	for i := range out {
		if i == 4 {
			out[i] = '-'
			continue
		}
		out[i] = letters[n%uint64(len(letters))]
		n /= uint64(len(letters))
	}
	return string(out[:])
}

func fingerprint(choices []catalog.TicketChoice) string {
	h := sha256.New()
	for _, c := range choices {
		_, _ = fmt.Fprintf(h, "%s|%s;", c.Seat, c.TicketType) // a hash never fails
	}
	return hex.EncodeToString(h.Sum(nil))
}
