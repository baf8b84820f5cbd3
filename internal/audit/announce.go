package audit

import (
	"context"
	"encoding/json"
	"fmt"

	"cinema/internal/booking"
)

// Message is a booking fact for other systems: a JSON object with the fact's id and type, whose it is, and the payload's members.
type Message struct {
	ID   string
	Type string
	Body []byte
}

// Announcer tells booking facts to other systems, each at least once; its id tells a repeat.
type Announcer interface {
	Announce(ctx context.Context, messages []Message) error
}

func messageOf(e booking.OutboxEvent) (Message, error) {
	body := map[string]any{
		"booking_id": e.Booking, "showtime_id": e.Showtime, "user_id": e.User, "seat_ids": e.Seats, "request_id": e.Request, "at": e.At.Unix(),
	}
	if len(e.Payload) > 0 {
		var more map[string]json.RawMessage
		if err := json.Unmarshal(e.Payload, &more); err != nil {
			return Message{}, fmt.Errorf("payload of %s: %w", e.ID, err)
		}
		for name, value := range more {
			body[name] = value
		}
	}
	body["id"], body["type"] = e.ID, e.Type
	raw, err := json.Marshal(body)
	if err != nil {
		return Message{}, fmt.Errorf("message of %s: %w", e.ID, err)
	}
	return Message{ID: e.ID, Type: e.Type, Body: raw}, nil
}

// announce tells a batch of facts, where somebody listens.
func (w *Worker) announce(ctx context.Context, rows []booking.OutboxEvent) error {
	if w.announcer == nil {
		return nil
	}
	messages := make([]Message, len(rows))
	for i, r := range rows {
		var err error
		if messages[i], err = messageOf(r); err != nil {
			return err
		}
	}
	if err := w.announcer.Announce(ctx, messages); err != nil {
		return fmt.Errorf("announce booking events: %w", err)
	}
	return nil
}
