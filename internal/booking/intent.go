package booking

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/payment"
	"cinema/internal/ticket"
)

// refundP0 is the refund id of money that has no seats.
const refundP0 = "p0"

const voidPrefix = "VOID:"

// intent is the sticky decision to give tickets back. Everything after it is resumable: void each ticket, refund those that this
// intent voided, record the refund, release their seats.
type intent struct {
	RefundID string         `json:"refund_id"`
	Tickets  []intentTicket `json:"tickets"`
	Currency string         `json:"currency"`
	Captured int64          `json:"captured,omitempty"` // p0: the whole captured amount goes back
	Ref      string         `json:"ref"`                // the payment to refund
	Reason   string         `json:"reason"`
	By       ident.User     `json:"by,omitempty"`
	At       int64          `json:"at"` // unix ms
}

type intentTicket struct {
	ID         ident.Ticket `json:"id"`
	Seat       ident.Seat   `json:"seat"`
	Generation int          `json:"generation"`
	Amount     int64        `json:"amount"` // minor units
}

// refunded is the record that an intent's money went back.
type refunded struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
	Provider string `json:"provider_refund,omitempty"`
	At       int64  `json:"at"` // unix ms
}

func intentID(b ident.Booking, refundID string) string { return string(b) + "|" + refundID }

// intents lists a booking's cancel intents.
func (s *Service) intents(ctx context.Context, id ident.Booking) ([]intent, error) {
	entries, err := s.store.RegistersByPrefix(ctx, KindCancel, string(id)+"|")
	if err != nil {
		return nil, err
	}
	out := make([]intent, 0, len(entries))
	for _, e := range entries {
		in, err := decodeIntent(e.Value)
		if err != nil {
			return nil, fmt.Errorf("cancel intent %s: %w", e.ID, err)
		}
		out = append(out, in)
	}
	return out, nil
}

func decodeIntent(raw string) (in intent, err error) {
	err = json.Unmarshal([]byte(raw), &in)
	return in, err
}

// decide writes an intent; one with the same refund id that came first is the one that counts.
func (s *Service) decide(ctx context.Context, b Booking, in intent) (intent, error) {
	raw, err := json.Marshal(in)
	if err != nil {
		return intent{}, fmt.Errorf("encode cancel intent of %s: %w", b.ID, err)
	}
	s.watch.intent(b.ID)
	stored, err := s.store.PutOnce(ctx, KindCancel, intentID(b.ID, in.RefundID), string(raw))
	if err != nil {
		return intent{}, err
	}
	return decodeIntent(stored)
}

// giveBack returns captured money that has no seats: the intent p0 over every ticket, and its steps.
func (s *Service) giveBack(ctx context.Context, b Booking, p payment.Payment) (Booking, error) {
	in := intent{
		RefundID: refundP0, Currency: p.Amount.Currency, Captured: p.Amount.Minor, Ref: p.Ref, Reason: refundP0, At: s.clock.Now().UnixMilli(),
	}
	for _, l := range b.Lines {
		in.Tickets = append(in.Tickets, intentTicket{
			ID: ticket.NewID(b.ID, l.Seat, firstGeneration), Seat: l.Seat, Generation: firstGeneration, Amount: l.Price.Minor,
		})
	}
	in, err := s.decide(ctx, b, in)
	if err != nil {
		return b, err
	}
	b, _, err = s.carryOut(ctx, b, in)
	return b, err
}

// outcome tells what an intent has done so far.
type outcome struct {
	voided []intentTicket
	left   []TicketLeft
	amount money.Amount
	done   bool // its refund is recorded
}

// carryOut takes an intent through its steps from wherever it stands. Steps that were done before change nothing.
func (s *Service) carryOut(ctx context.Context, b Booking, in intent) (Booking, outcome, error) {
	out, err := s.void(ctx, in)
	if err != nil {
		return b, out, err
	}
	all, err := s.allVoid(ctx, b)
	if err != nil {
		return b, out, err
	}
	if all {
		if b, err = s.store.SetStatus(ctx, b.ID, Cancelling, b.Reason, nil); err != nil {
			return b, out, err
		}
	}
	rec, err := s.recordRefund(ctx, b, in, out)
	if err != nil {
		return b, out, err
	}
	out.done, out.amount = true, money.Of(rec.Amount, rec.Currency)
	if err := s.freeSeats(ctx, b, out.voided); err != nil {
		return b, out, err
	}
	b, err = s.finish(ctx, b, in, out)
	return b, out, err
}

// void writes the use register of each ticket. Only tickets that this intent voided are its to refund.
func (s *Service) void(ctx context.Context, in intent) (outcome, error) {
	out := outcome{amount: money.Of(0, in.Currency)}
	for _, t := range in.Tickets {
		v, err := s.store.PutOnce(ctx, KindTicket, useID(t.ID, t.Generation), voidPrefix+in.RefundID)
		if err != nil {
			return out, err
		}
		switch {
		case v == voidPrefix+in.RefundID:
			out.voided = append(out.voided, t)
			out.amount.Minor += t.Amount
		case strings.HasPrefix(v, voidPrefix):
			out.left = append(out.left, TicketLeft{t.ID, "void"})
		default:
			out.left = append(out.left, TicketLeft{t.ID, "checked_in"})
		}
	}
	if in.Captured > 0 && len(out.voided) == len(in.Tickets) {
		out.amount.Minor = in.Captured
	}
	return out, nil
}

func useID(t ident.Ticket, generation int) string { return fmt.Sprintf("%s|%d", t, generation) }

// voidedBy tells which refund voided a ticket, in whatever generation; empty when none did.
func (s *Service) voidedBy(ctx context.Context, t ident.Ticket) (string, error) {
	entries, err := s.store.RegistersByPrefix(ctx, KindTicket, string(t)+"|")
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if rid, ok := strings.CutPrefix(e.Value, voidPrefix); ok {
			return rid, nil
		}
	}
	return "", nil
}

// ticketIDs are the tickets a booking has, or would have had.
func (b Booking) ticketIDs() []ident.Ticket {
	ids := make([]ident.Ticket, 0, len(b.Seats))
	for _, t := range b.Tickets {
		ids = append(ids, t.ID)
	}
	if len(ids) > 0 {
		return ids
	}
	for _, seat := range b.Seats {
		ids = append(ids, ticket.NewID(b.ID, seat, firstGeneration))
	}
	return ids
}

func (s *Service) allVoid(ctx context.Context, b Booking) (bool, error) {
	for _, id := range b.ticketIDs() {
		rid, err := s.voidedBy(ctx, id)
		if err != nil || rid == "" {
			return false, err
		}
	}
	return true, nil
}

// recordRefund sends the money back and writes the register that says so; a record that exists is the answer.
func (s *Service) recordRefund(ctx context.Context, b Booking, in intent, out outcome) (refunded, error) {
	id := intentID(b.ID, in.RefundID)
	raw, found, err := s.store.Register(ctx, KindRefunded, id)
	if err == nil && !found {
		raw, err = s.giveMoney(ctx, b, in, out)
	}
	if err != nil {
		return refunded{}, err
	}
	var rec refunded
	if err := json.Unmarshal([]byte(raw), &rec); err != nil {
		return refunded{}, fmt.Errorf("refund of %s: %w", b.ID, err)
	}
	return rec, nil
}

// giveMoney refunds what an intent voided and keeps the record, which it returns.
func (s *Service) giveMoney(ctx context.Context, b Booking, in intent, out outcome) (string, error) {
	rec := refunded{Amount: out.amount.Minor, Currency: in.Currency, At: s.clock.Now().UnixMilli()}
	if out.amount.Minor > 0 && !b.Demo { // a demonstration sale never saw a provider
		var err error
		if rec.Provider, err = s.refund(ctx, b, in, out.amount); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(rec)
	if err != nil {
		return "", fmt.Errorf("encode refund of %s: %w", b.ID, err)
	}
	s.stats.refunds.Add(1)
	return s.store.PutOnce(ctx, KindRefunded, intentID(b.ID, in.RefundID), string(text))
}

// freeSeats gives exactly these seats back: claims first, then the map.
func (s *Service) freeSeats(ctx context.Context, b Booking, tickets []intentTicket) error {
	if len(tickets) == 0 {
		return nil // no seats named would mean all of them
	}
	seats := make([]ident.Seat, len(tickets))
	for i, t := range tickets {
		seats[i] = t.Seat
	}
	if err := s.store.ReleaseClaims(ctx, b.ID, seats); err != nil {
		return err
	}
	_, err := s.holds.Unbook(ctx, hold.UnbookRequest{Showtime: b.Showtime, Booking: b.ID, Owner: b.Owner, Request: b.Request, Seats: seats})
	if err != nil {
		s.stats.holdErrors.Add(1)
		s.log.Warn("refunded seats were not freed on the map", "booking_id", b.ID, "error", err)
	}
	return nil
}

// finish tells the record of the refund and ends the booking once every ticket is void and each one's refund is recorded.
func (s *Service) finish(ctx context.Context, b Booking, in intent, out outcome) (Booking, error) {
	seats := make([]ident.Seat, len(out.voided))
	for i, t := range out.voided {
		seats[i] = t.Seat
	}
	if len(seats) > 0 {
		e, err := s.event(b, "booking.refunded", 1, seats, map[string]any{
			"booking_id": b.ID, "showtime_id": b.Showtime, "refund_id": in.RefundID, "seat_ids": seats, "amount": out.amount.Minor,
			"currency": out.amount.Currency, "reason": in.Reason, "by": in.By,
		})
		if err != nil {
			return b, err
		}
		e.ID = string(b.ID) + ":booking.refunded:" + in.RefundID
		if err := s.store.Emit(ctx, []OutboxEvent{e}); err != nil {
			return b, err
		}
	}
	over, err := s.allRefunded(ctx, b)
	if err != nil || !over {
		return b, err
	}
	e, err := s.event(b, "booking.cancelled", 1, b.Seats, map[string]any{"booking_id": b.ID, "showtime_id": b.Showtime, "reason": in.Reason})
	if err != nil {
		return b, err
	}
	return s.store.SetStatus(ctx, b.ID, Cancelled, b.Reason, []OutboxEvent{e})
}

func (s *Service) allRefunded(ctx context.Context, b Booking) (bool, error) {
	for _, id := range b.ticketIDs() {
		rid, err := s.voidedBy(ctx, id)
		if err != nil || rid == "" {
			return false, err
		}
		if _, found, err := s.store.Register(ctx, KindRefunded, intentID(b.ID, rid)); err != nil || !found {
			return false, err
		}
	}
	return true, nil
}

// summary adds up a booking's refunds; nil when nothing was given back.
func (s *Service) summary(ctx context.Context, b Booking) (*Refund, error) {
	intents, err := s.intents(ctx, b.ID)
	if err != nil || len(intents) == 0 {
		return b.Refund, err
	}
	sum := &Refund{State: "succeeded", Amount: money.Of(0, b.Amount.Currency)}
	for _, in := range intents {
		raw, found, err := s.store.Register(ctx, KindRefunded, intentID(b.ID, in.RefundID))
		if err != nil {
			return nil, err
		}
		if found {
			var rec refunded
			if err := json.Unmarshal([]byte(raw), &rec); err != nil {
				return nil, fmt.Errorf("refund of %s: %w", b.ID, err)
			}
			sum.Amount.Minor += rec.Amount
			continue
		}
		sum.State = "submitted"
		for _, t := range b.Tickets {
			if t.Void == in.RefundID {
				sum.Amount.Minor += t.Price.Minor
			}
		}
	}
	return sum, nil
}

// refundWindow is what list and refund share: the list must still be true when the refund is sent.
const refundWindow = 20 * time.Second
