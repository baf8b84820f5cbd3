package privacy_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/clock"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/privacy"
)

// played writes a finished sale of a show.
func (w *world) played(id string, u ident.User, on ident.Showtime, c booking.Customer) {
	w.t.Helper()
	b := booking.Booking{
		ID: ident.Booking(id), Reference: "K7M2-9QXD", User: u, Owner: u, Request: ident.Request("request-" + id), Showtime: on, Seats: []ident.Seat{"A1"},
		Lines: []booking.Line{{Seat: "A1", TicketType: "adult", Price: money.Of(1250, "GBP")}}, Amount: money.Of(1250, "GBP"), Fingerprint: id,
		Customer: c, Status: booking.Booked, Provider: "mock", CreatedAt: evening, PayDeadline: evening,
	}
	n, err := w.store.ImportSales(context.Background(), []booking.Booking{b})
	require.NoError(w.t, err)
	require.Equal(w.t, 1, n)
}

// named lists the bookings that still have a contact.
func (w *world) named() []ident.Booking {
	w.t.Helper()
	items, _, err := w.store.Bookings(context.Background(), booking.Query{Limit: 200})
	require.NoError(w.t, err)
	var out []ident.Booking
	for _, b := range items {
		if b.Customer != (booking.Customer{}) {
			out = append(out, b.ID)
		}
	}
	return out
}

func TestBlank(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := booking.Customer{Email: other, Name: name}
	guest, merged := w.guest().User.ID, w.guest()
	person := w.signIn(identity(), nil).User.ID
	w.signIn(identity(), merged)
	for i := range 3 {
		w.programme.add(ident.Showtime(fmt.Sprintf("st_%d", i)), evening.Add(time.Duration(i)*36*time.Hour)) // ends at 14:00 or 02:00
	}
	w.played("bk_0", guest, "st_0", c)
	w.played("bk_1", guest, "st_1", c)
	w.played("bk_2", guest, "st_2", c)
	w.programme.add("st_same", evening.Add(time.Minute))
	w.played("bk_account", person, "st_same", c)
	w.programme.add("st_merged", evening.Add(2*time.Minute))
	w.played("bk_merged", merged.User.ID, "st_merged", c)
	w.programme.add("st_empty", evening.Add(3*time.Minute))
	w.played("bk_unknown", "us_gone", "st_empty", booking.Customer{Name: name})

	s := w.service()
	step := func(at time.Time, want ...ident.Booking) {
		t.Helper()
		w.clock.Advance(at.Sub(w.clock.Now()))
		_, err := s.BlankOnce(t.Context())
		require.NoError(t, err)
		require.ElementsMatch(t, want, w.named(), "%s", at)
	}
	all := []ident.Booking{"bk_0", "bk_1", "bk_2", "bk_account", "bk_merged", "bk_unknown"}
	end := evening.Add(2 * time.Hour) // of the first show
	step(end.Add(privacy.DefaultKeep-time.Minute), all...)
	step(end.Add(privacy.DefaultKeep), "bk_1", "bk_2", "bk_account", "bk_merged", "bk_unknown")
	step(end.Add(privacy.DefaultKeep+time.Hour), "bk_1", "bk_2", "bk_account", "bk_merged")
	step(end.Add(privacy.DefaultKeep+36*time.Hour), "bk_2", "bk_account", "bk_merged")
	s = w.service() // another process goes on where this one was
	step(end.Add(privacy.DefaultKeep+10*24*time.Hour), "bk_account", "bk_merged")
	marks, err := w.store.RegistersByPrefix(t.Context(), "retention", "2026-03-")
	require.NoError(t, err)
	require.NotEmpty(t, marks, "days that were gone through are remembered")
	require.EqualValues(t, 1, s.Stats().Blanked)

	_, total, err := w.store.Bookings(t.Context(), booking.Query{Text: "zzunmistakable"})
	require.NoError(t, err)
	require.Equal(t, 2, total, "the words go as well")
	b, err := w.store.Booking(t.Context(), "bk_0")
	require.NoError(t, err)
	require.Equal(t, guest, b.User, "it stays his")
}

func TestBlank_addressesOfNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	require.NoError(t, w.actions.Record(ctx, audit.Action{ID: "au_failed", Type: "session.failed", From: address}))
	reveal := func() audit.Personal {
		entries, _, err := w.store.Entries(ctx, audit.Query{Type: "session.failed"})
		require.NoError(t, err)
		p, err := w.vault.Reveal(ctx, entries[0])
		require.NoError(t, err)
		return p
	}
	s := w.service()
	w.clock.Advance(privacy.DefaultKeep)
	_, err := s.BlankOnce(ctx)
	require.NoError(t, err)
	require.Equal(t, address, reveal().From, "its month is not over for 90 days")
	w.clock.Advance(31 * 24 * time.Hour)
	_, err = s.BlankOnce(ctx)
	require.NoError(t, err)
	w.clock.Advance(time.Minute) // what this process remembers of the key is out of date
	require.Empty(t, reveal().From)
	require.True(t, reveal().Erased)
}

func TestRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.live()
	w.drain()
	// A process decides and dies.
	_, _ = w.mortalService(&process{at: 4}).Erase(t.Context(), self(w.person))
	_, found, err := w.store.Erasure(t.Context(), w.person)
	require.NoError(t, err)
	require.True(t, found)
	require.NotEmpty(t, w.found())

	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	c := ticking{w.clock, make(chan struct{}, 1)}
	d := w.deps()
	d.Clock = c
	s := privacy.New(d)
	go func() { ended <- s.Run(ctx) }()
	<-c.waits // the first pass is over
	require.Empty(t, w.found())
	w.clock.Advance(11 * time.Minute)
	<-c.waits
	cancel()
	require.NoError(t, <-ended)
	w.erased(t, "by the worker")
	require.Zero(t, s.Stats().Failures)
}

// ticking tells when somebody waits for it.
type ticking struct {
	*clock.Fake
	waits chan struct{}
}

func (c ticking) After(d time.Duration) <-chan time.Time {
	at := c.Fake.After(d)
	c.waits <- struct{}{}
	return at
}

func TestCopy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.live()
	w.drain()
	stranger := w.signIn(account.Identity{Issuer: account.DevIssuer, Subject: "eve", Email: "eve@example.com", Verified: true, Name: "Eve"}, nil)
	w.buy(stranger, "request-eve", booking.Customer{Email: "eve@example.com", Name: "Eve"}, "A15")
	w.lock(stranger.User.ID, "request-eve-2", "A16")
	require.NoError(t, w.actions.Record(t.Context(), audit.Action{
		Type: "user.role_changed", Actor: stranger.User.ID, Subject: w.person, From: "198.51.100.1", Before: map[string]any{"role": "USER"},
		After: map[string]any{"role": "STAFF", "seen_by": stranger.User.ID},
	}))
	require.NoError(t, w.store.Append(t.Context(), []audit.Entry{{
		ID: "e1", Type: "seat.booked", Showtime: show, User: w.person, Seats: []ident.Seat{"A4"}, At: w.clock.Now(),
		Payload: []byte(`{"seq":4,"evicted":[{"seat_id":"A4","owner":"` + string(stranger.User.ID) + `"}]}`),
	}}))
	c, err := w.service().Copy(t.Context(), p)
	require.NoError(t, err)
	require.True(t, c.Complete)
	require.Equal(t, email, c.User.Email)
	require.Equal(t, []ident.User{w.merged}, c.Merged)
	require.Equal(t, []privacy.Identity{{Issuer: account.DevIssuer, Subject: subject}}, c.Identities)
	require.Len(t, c.Tokens, 1)
	require.NotEmpty(t, c.Sessions)
	require.Len(t, c.Holds, 2)
	require.Len(t, c.Bookings, 4)
	refunds := 0
	for _, b := range c.Bookings {
		if b.Refund != nil {
			refunds++
			require.Empty(t, b.Tickets[0].Code, "a ticket that was given back admits nobody")
		}
	}
	require.Equal(t, 1, refunds)

	own, staff := 0, 0
	for i, a := range c.Activity {
		if i > 0 {
			require.False(t, a.Entry.At.After(c.Activity[i-1].Entry.At), "newest first")
		}
		require.NotContains(t, fmt.Sprint(a.Details, a.Personal, a.From), string(stranger.User.ID))
		switch a.Entry.Type {
		case "session.started":
			own++
			require.Equal(t, "you", a.By)
			require.Equal(t, map[string]string{"email": email}, a.Personal)
			require.Equal(t, address, a.From)
			require.EqualValues(t, 1, a.Details["after"].(map[string]any)["n"])
		case "user.role_changed":
			staff++
			require.Equal(t, "staff", a.By)
			require.Empty(t, a.From, "the address is somebody else's")
			require.Equal(t, map[string]any{"role": "STAFF", "seen_by": "staff"}, a.Details["after"])
		case "seat.booked":
			require.NotContains(t, a.Details, "evicted")
		case "booking.success":
			require.EqualValues(t, "GBP", a.Details["currency"])
		}
	}
	require.Equal(t, 2, own)
	require.Equal(t, 1, staff)
}
