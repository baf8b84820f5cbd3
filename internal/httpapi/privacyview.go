package httpapi

import (
	"context"

	"cinema/internal/account"
	"cinema/internal/booking"
	"cinema/internal/hold"
	"cinema/internal/privacy"
)

// exportView is everything that is kept of a person, part by part with what it is for.
type exportView struct {
	ExportedAt string                      `json:"exported_at" format:"date-time"`
	Complete   bool                        `json:"complete" doc:"false: older rows were left out for their number. Ask the cinema for them."`
	Profile    exportProfile               `json:"profile"`
	Identities exportPart[exportIdentity]  `json:"identities"`
	Sessions   exportPart[exportSession]   `json:"sessions"`
	Tokens     exportPart[personalView]    `json:"personal_tokens"`
	Bookings   exportPart[BookingView]     `json:"bookings"`
	Holds      exportPart[exportHold]      `json:"holds"`
	Activity   exportPart[exportActivity]  `json:"activity"`
	Elsewhere  exportPart[exportElsewhere] `json:"elsewhere" doc:"What is kept of you without being listed here."`
}

type exportPart[T any] struct {
	For   string `json:"for" doc:"What it is for."`
	Kept  string `json:"kept" doc:"For how long."`
	Items []T    `json:"items"`
}

type exportProfile struct {
	For       string   `json:"for"`
	Kept      string   `json:"kept"`
	ID        string   `json:"id"`
	Email     string   `json:"email"`
	Verified  bool     `json:"email_verified"`
	Name      string   `json:"name"`
	Picture   string   `json:"picture"`
	Guest     bool     `json:"guest"`
	Role      string   `json:"role" enum:"USER,STAFF,MANAGER,ADMIN"`
	Cinemas   []string `json:"cinema_ids" doc:"Where the role counts; empty: everywhere."`
	Merged    []string `json:"merged_guests" doc:"Guests who became you."`
	CreatedAt string   `json:"created_at" format:"date-time"`
	UpdatedAt string   `json:"updated_at" format:"date-time"`
}

type exportIdentity struct {
	Issuer  string `json:"issuer"`
	Subject string `json:"subject"`
}

type exportSession struct {
	ID         string   `json:"id"`
	Issuer     string   `json:"issuer"`
	CreatedAt  string   `json:"created_at" format:"date-time"`
	LastSeen   string   `json:"last_seen_at" format:"date-time"`
	AuthTime   string   `json:"auth_time" format:"date-time"`
	Agent      string   `json:"agent"`
	BookingIDs []string `json:"booking_ids" doc:"Bookings that it may see after a look-up."`
}

type exportHold struct {
	ShowtimeID string `json:"showtime_id"`
	SeatID     string `json:"seat_id"`
	RequestID  string `json:"request_id"`
	BookingID  string `json:"booking_id,omitempty"`
	ExpiresAt  string `json:"expires_at" format:"date-time"`
}

type exportActivity struct {
	ID         string            `json:"id"`
	Type       string            `json:"type"`
	At         string            `json:"at" format:"date-time"`
	By         string            `json:"by,omitempty" enum:"you,staff" doc:"Without it: what the product did or saw."`
	ShowtimeID string            `json:"showtime_id,omitempty"`
	BookingID  string            `json:"booking_id,omitempty"`
	SeatIDs    []string          `json:"seat_ids"`
	RequestID  string            `json:"request_id,omitempty"`
	Details    map[string]any    `json:"details"`
	Personal   map[string]string `json:"personal" doc:"Your own values in this entry."`
	From       string            `json:"from,omitempty" doc:"Your address when you did it."`
}

type exportElsewhere struct {
	What string `json:"what"`
	Kept string `json:"kept"`
}

func (s *Server) exportOf(ctx context.Context, c privacy.Copy) exportView {
	v := exportView{
		ExportedAt: stamp(c.At), Complete: c.Complete, Profile: profileOf(c),
		Identities: exportPart[exportIdentity]{For: "To know you again when you sign in.", Kept: whileAccount, Items: make([]exportIdentity, len(c.Identities))},
		Sessions:   exportPart[exportSession]{For: "To keep you signed in, and to show you where.", Kept: "At most 31 days after the last use.", Items: make([]exportSession, len(c.Sessions))},
		Tokens:     exportPart[personalView]{For: "For programs that you let act for you.", Kept: "Until you delete them, at most 90 days.", Items: make([]personalView, len(c.Tokens))},
		Bookings: exportPart[BookingView]{
			For: "Your tickets, and the books that the law wants.", Items: make([]BookingView, len(c.Bookings)),
			Kept: "Seats, amounts and times seven years; name and address while you have an account, of guests 3 months after the show.",
		},
		Holds:     exportPart[exportHold]{For: "To keep the seats that you are choosing.", Kept: "For minutes.", Items: make([]exportHold, len(c.Holds))},
		Activity:  exportPart[exportActivity]{For: "To prove what happened to seats, money and rights.", Kept: "As long as the books; your values in it until you are erased.", Items: make([]exportActivity, len(c.Activity))},
		Elsewhere: exportPart[exportElsewhere]{For: "To run the service.", Kept: "See each.", Items: elsewhere()},
	}
	for i, id := range c.Identities {
		v.Identities.Items[i] = exportIdentity(id)
	}
	for i := range c.Sessions {
		v.Sessions.Items[i] = exportSessionOf(&c.Sessions[i])
	}
	for i := range c.Tokens {
		v.Tokens.Items[i] = personalOf(&c.Tokens[i])
	}
	for i, b := range c.Bookings {
		v.Bookings.Items[i] = s.bookingOf(ctx, booking.Result{Booking: b})
	}
	for i, h := range c.Holds {
		v.Holds.Items[i] = exportHoldOf(h)
	}
	for i, a := range c.Activity {
		v.Activity.Items[i] = activityOf(a)
	}
	return v
}

const whileAccount = "While you have an account."

// elsewhere is what no list can show.
func elsewhere() []exportElsewhere {
	return []exportElsewhere{
		{"Answers to requests with an Idempotency-Key, so that a repeat is answered alike.", "72 hours."},
		{"Your user id, and the route and outcome of your requests, in the log of the server.", "As long as the operator keeps logs."},
		{"Your user id with the seats that you hold or held, in the memory of the seat map.", "Until 25 hours after the show."},
		{"The state of your payments at the payment provider, by booking id, without your name.", "As the provider says."},
	}
}

func profileOf(c privacy.Copy) exportProfile {
	u := c.User
	return exportProfile{
		For: "To know who you are and what you may do.", Kept: whileAccount, ID: string(u.ID), Email: u.Email, Verified: u.Verified, Name: u.Name,
		Picture: u.Picture, Guest: u.Guest, Role: string(c.Role), Cinemas: texts(u.Cinemas), Merged: texts(c.Merged),
		CreatedAt: stamp(u.CreatedAt), UpdatedAt: stamp(u.UpdatedAt),
	}
}

func exportSessionOf(v *account.Session) exportSession {
	return exportSession{
		ID: v.ID, Issuer: v.Issuer, CreatedAt: stamp(v.CreatedAt), LastSeen: stamp(v.LastSeen), AuthTime: stamp(v.AuthTime), Agent: v.Label,
		BookingIDs: texts(v.Bookings),
	}
}

func exportHoldOf(h hold.OwnedHold) exportHold {
	return exportHold{
		ShowtimeID: string(h.Showtime), SeatID: string(h.Seat), RequestID: string(h.Request), BookingID: string(h.Booking), ExpiresAt: stamp(h.Deadline),
	}
}

func activityOf(a privacy.Activity) exportActivity {
	e := a.Entry
	v := exportActivity{
		ID: e.ID, Type: e.Type, At: stamp(e.At), By: a.By, ShowtimeID: string(e.Showtime), BookingID: string(e.Booking), SeatIDs: texts(e.Seats),
		RequestID: string(e.Request), Details: a.Details, Personal: a.Personal, From: a.From,
	}
	if v.Details == nil {
		v.Details = map[string]any{}
	}
	if v.Personal == nil {
		v.Personal = map[string]string{}
	}
	return v
}
