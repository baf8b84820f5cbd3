package booking_test

import (
	"context"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"cinema/internal/booking"
	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// memStore is booking.Store in memory: each method one act under one mutex, as the port says.
type memStore struct {
	clock clock.Clock

	mu        sync.Mutex // guards everything below
	registers map[string]string
	claims    map[string]ident.Booking // showtime|seat
	bookings  map[ident.Booking]booking.Booking
	tickets   map[ident.Booking][]booking.Ticket
	outbox    []booking.OutboxEvent
	emitted   map[string]bool
	wrong     []string // rules of the protocol that an act broke
}

var _ booking.Store = (*memStore)(nil)

func newMemStore(c clock.Clock) *memStore {
	return &memStore{
		clock: c, registers: map[string]string{}, claims: map[string]ident.Booking{}, bookings: map[ident.Booking]booking.Booking{},
		tickets: map[ident.Booking][]booking.Ticket{}, emitted: map[string]bool{},
	}
}

func (m *memStore) PutOnce(_ context.Context, kind, id, value string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.putLocked(kind, id, value), nil
}

func (m *memStore) putLocked(kind, id, value string) string {
	key := kind + "/" + id
	if v, ok := m.registers[key]; ok {
		return v
	}
	m.registers[key] = value
	return value
}

func (m *memStore) Register(_ context.Context, kind, id string) (string, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.registers[kind+"/"+id]
	return v, ok, nil
}

func (m *memStore) RegistersByPrefix(_ context.Context, kind, prefix string) ([]booking.RegisterEntry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.prefixLocked(kind, prefix), nil
}

func (m *memStore) prefixLocked(kind, prefix string) []booking.RegisterEntry {
	var out []booking.RegisterEntry
	for k, v := range m.registers {
		if id, ok := strings.CutPrefix(k, kind+"/"); ok && strings.HasPrefix(id, prefix) {
			out = append(out, booking.RegisterEntry{ID: id, Value: v})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out[:min(len(out), 1000)]
}

func (m *memStore) Reserve(_ context.Context, b booking.Booking, maxOpen int) (booking.Reservation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	seal, sealed := m.registers["seal/"+string(b.ID)]
	if stored, ok := m.bookings[b.ID]; ok {
		if stored.Fingerprint != b.Fingerprint {
			return booking.Reservation{}, fault.New(fault.Invalid, "idempotency_mismatch", "")
		}
		if stored.Status == booking.Failed || stored.Status == booking.Cancelled || seal != string(booking.SealReserved) {
			return booking.Reservation{Outcome: booking.Ended, Booking: m.loadLocked(b.ID)}, nil
		}
		return booking.Reservation{Outcome: booking.Reserved, Booking: m.loadLocked(b.ID)}, nil
	}
	b.Tickets, b.Refund = nil, nil
	if sealed && seal != string(booking.SealReserved) {
		b.Status, b.Reason = booking.Failed, booking.ReasonAbandoned
		m.bookings[b.ID] = b
		return booking.Reservation{Outcome: booking.Ended, Booking: b}, nil
	}
	open := 0
	for _, o := range m.bookings {
		if o.User == b.User && o.Showtime == b.Showtime && o.Status.Open() {
			open++
		}
	}
	if maxOpen > 0 && open >= maxOpen {
		return booking.Reservation{}, fault.New(fault.Conflict, "booking_open", "")
	}
	return m.claimLocked(b), nil
}

func (m *memStore) claimLocked(b booking.Booking) booking.Reservation {
	var taken []ident.Seat
	for _, seat := range b.Seats {
		if holder, ok := m.claims[string(b.Showtime)+"|"+string(seat)]; ok && holder != b.ID && !m.bookings[holder].Status.Terminal() {
			taken = append(taken, seat)
		}
	}
	if len(taken) > 0 {
		b.Status, b.Reason = booking.Failed, booking.ReasonConflict
		m.bookings[b.ID] = b
		m.putLocked("seal", string(b.ID), string(booking.SealRejected))
		return booking.Reservation{Outcome: booking.Conflicts, Booking: b, Conflict: taken}
	}
	for _, seat := range b.Seats {
		m.claims[string(b.Showtime)+"|"+string(seat)] = b.ID
	}
	b.Status = booking.Pending
	m.bookings[b.ID] = b
	m.putLocked("seal", string(b.ID), string(booking.SealReserved))
	return booking.Reservation{Outcome: booking.Reserved, Booking: b}
}

// insertUnsealed leaves a booking half way through Reserve, as a store without acts would after a crash.
func (m *memStore) insertUnsealed(b booking.Booking) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b.Status = booking.Reserving
	m.bookings[b.ID] = b
	for _, seat := range b.Seats {
		m.claims[string(b.Showtime)+"|"+string(seat)] = b.ID
	}
}

func (m *memStore) Reject(_ context.Context, id ident.Booking, reason string, events []booking.OutboxEvent) (booking.Booking, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	seal := m.putLocked("seal", string(id), string(booking.SealRejected))
	if seal != string(booking.SealReserved) {
		m.releaseLocked(id, nil)
		m.raiseLocked(id, booking.Failed, reason, events)
	}
	return m.found(id)
}

func (m *memStore) Seal(_ context.Context, id ident.Booking, v booking.SealValue) (booking.SealValue, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return booking.SealValue(m.putLocked("seal", string(id), string(v))), nil
}

func (m *memStore) Settle(_ context.Context, r booking.SettleRequest) (booking.Booking, booking.SettleResult, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.bookings[r.Booking]
	if !ok {
		return booking.Booking{}, 0, fault.New(fault.NotFound, "booking_not_found", "")
	}
	result := m.maySettleLocked(b, r)
	if result == booking.Settled && b.Status != booking.Booked {
		b.Status, b.PaymentRef, b.UpdatedAt = booking.Booked, r.PaymentRef, m.clock.Now()
		m.bookings[b.ID] = b
		m.tickets[b.ID] = slices.Clone(r.Tickets)
		m.emitLocked(r.Events)
	}
	return m.loadLocked(b.ID), result, nil
}

func (m *memStore) maySettleLocked(b booking.Booking, r booking.SettleRequest) booking.SettleResult {
	switch {
	case len(m.prefixLocked("cancel", string(b.ID)+"|")) > 0:
		return booking.IntentFound
	case b.Status.Terminal():
		m.releaseLocked(b.ID, nil)
		return booking.AlreadyEnded
	case m.registers["seal/"+string(b.ID)] != string(booking.SealReserved):
		return booking.NotSealed
	case b.Status == booking.Booked:
		return booking.Settled
	}
	for _, seat := range b.Seats {
		if m.claims[string(b.Showtime)+"|"+string(seat)] != b.ID {
			return booking.ClaimsMissing
		}
	}
	if r.RegisterKind != "" && m.putLocked(r.RegisterKind, r.RegisterID, r.RegisterValue) != r.RegisterValue {
		return booking.OutcomeLost
	}
	return booking.Settled
}

func (m *memStore) SetStatus(_ context.Context, id ident.Booking, s booking.Status, reason string, events []booking.OutboxEvent) (booking.Booking, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.raiseLocked(id, s, reason, events)
	return m.found(id)
}

func (m *memStore) raiseLocked(id ident.Booking, s booking.Status, reason string, events []booking.OutboxEvent) {
	b, ok := m.bookings[id]
	if !ok || s.Rank() <= b.Status.Rank() {
		return
	}
	b.Status, b.Reason, b.UpdatedAt = s, reason, m.clock.Now()
	m.bookings[id] = b
	m.emitLocked(events)
}

func (m *memStore) Emit(_ context.Context, events []booking.OutboxEvent) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.emitLocked(events)
	return nil
}

func (m *memStore) emitLocked(events []booking.OutboxEvent) {
	for _, e := range events {
		if !m.emitted[e.ID] {
			m.emitted[e.ID] = true
			m.outbox = append(m.outbox, e)
		}
	}
}

func (m *memStore) ReleaseClaims(_ context.Context, id ident.Booking, seats []ident.Seat) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if why := m.mustKeepLocked(id, seats); why != "" {
		m.wrong = append(m.wrong, why)
	}
	m.releaseLocked(id, seats)
	return nil
}

func (m *memStore) releaseLocked(id ident.Booking, seats []ident.Seat) {
	b := m.bookings[id]
	for key, holder := range m.claims {
		seat := ident.Seat(strings.TrimPrefix(key, string(b.Showtime)+"|"))
		if holder == id && (len(seats) == 0 || slices.Contains(seats, seat)) {
			delete(m.claims, key)
		}
	}
}

// mustKeepLocked is invariant I4: claims go only after the seal said no, after VOID, or after the refund of their ticket.
func (m *memStore) mustKeepLocked(id ident.Booking, seats []ident.Seat) string {
	if m.registers["seal/"+string(id)] != string(booking.SealReserved) {
		return ""
	}
	if len(seats) == 0 {
		for _, e := range m.prefixLocked("payref", string(id)+"|") {
			if e.Value == booking.VOID {
				return ""
			}
		}
		return "I4: claims of " + string(id) + " were released before VOID"
	}
	for _, e := range m.prefixLocked("refunded", string(id)+"|") {
		if strings.Contains(m.registers["cancel/"+e.ID], `"`+string(seats[0])+`"`) {
			return ""
		}
	}
	return "I4: claims of " + string(id) + " were released before the refund"
}

func (m *memStore) found(id ident.Booking) (booking.Booking, error) {
	if _, ok := m.bookings[id]; !ok {
		return booking.Booking{}, fault.New(fault.NotFound, "booking_not_found", "There is no such booking.")
	}
	return m.loadLocked(id), nil
}

// loadLocked reads a booking with its tickets and what their registers say.
func (m *memStore) loadLocked(id ident.Booking) booking.Booking {
	b := m.bookings[id]
	b.Seats = slices.Clone(b.Seats)
	b.Tickets = slices.Clone(m.tickets[id])
	for i, t := range b.Tickets {
		for _, e := range m.prefixLocked("ticket", string(t.ID)+"|") {
			if rid, ok := strings.CutPrefix(e.Value, "VOID:"); ok {
				b.Tickets[i].Void = rid
			}
		}
	}
	return b
}

func (m *memStore) Booking(_ context.Context, id ident.Booking) (booking.Booking, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.found(id)
}

func (m *memStore) all() []booking.Booking {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]booking.Booking, 0, len(m.bookings))
	for id := range m.bookings {
		out = append(out, m.loadLocked(id))
	}
	slices.SortFunc(out, func(a, b booking.Booking) int {
		if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return out
}

func (m *memStore) Bookings(_ context.Context, q booking.Query) ([]booking.Booking, int, error) {
	var out []booking.Booking
	for _, b := range m.all() {
		if len(q.Users) > 0 && !slices.Contains(q.Users, b.User) || q.Text != "" && b.Reference != q.Text {
			continue
		}
		out = append(out, b)
	}
	slices.Reverse(out)
	return out, len(out), nil
}

func (m *memStore) OpenBookings(_ context.Context, before time.Time, limit int) ([]booking.Booking, error) {
	var out []booking.Booking
	for _, b := range m.all() {
		if (b.Status.Open() || b.Status == booking.Cancelling) && b.CreatedAt.Before(before) && len(out) < limit {
			out = append(out, b)
		}
	}
	return out, nil
}

func (m *memStore) Claims(_ context.Context, showtime ident.Showtime) ([]booking.Claim, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []booking.Claim
	for key, id := range m.claims {
		seat, ok := strings.CutPrefix(key, string(showtime)+"|")
		if !ok {
			continue
		}
		b := m.bookings[id]
		out = append(out, booking.Claim{
			Seat: ident.Seat(seat), Booking: id, Owner: b.Owner, Request: b.Request, Status: b.Status, PayDeadline: b.PayDeadline,
			Sealed: m.registers["seal/"+string(id)] == string(booking.SealReserved),
		})
	}
	slices.SortFunc(out, func(a, b booking.Claim) int { return strings.Compare(string(a.Seat), string(b.Seat)) })
	return out, nil
}

func (m *memStore) Ticket(_ context.Context, id ident.Ticket) (booking.Ticket, error) {
	for _, b := range m.all() {
		for _, t := range b.Tickets {
			if t.ID == id {
				return t, nil
			}
		}
	}
	return booking.Ticket{}, fault.New(fault.NotFound, "ticket_not_found", "")
}

func (m *memStore) Outbox(_ context.Context, limit int) ([]booking.OutboxEvent, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.outbox[:min(limit, len(m.outbox))]), nil
}

func (m *memStore) DropOutbox(_ context.Context, ids []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.outbox = slices.DeleteFunc(m.outbox, func(e booking.OutboxEvent) bool { return slices.Contains(ids, e.ID) })
	return nil
}

func (m *memStore) ImportSales(context.Context, []booking.Booking) (int, error) { return 0, nil }

func (m *memStore) RealSales(context.Context) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.bookings), nil
}
