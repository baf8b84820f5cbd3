package privacy_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/payment/paymock"
	"cinema/internal/privacy"
)

// self asks for one's own erasure.
func self(u ident.User) privacy.Order { return privacy.Order{User: u, Actor: u} }

// erased holds the world against what an erasure promises.
func (w *world) erased(t *testing.T, where string) {
	t.Helper()
	ctx := t.Context()
	require.Empty(t, w.found(), where)
	for _, u := range []ident.User{w.person, w.merged} {
		_, err := w.store.User(ctx, u)
		require.Equal(t, fault.NotFound, fault.KindOf(err), where)
		sessions, err := w.store.SessionsOf(ctx, u)
		require.NoError(t, err)
		require.Empty(t, sessions, where)
		_, total, err := w.store.Bookings(ctx, booking.Query{Users: []ident.User{u}})
		require.NoError(t, err)
		require.Zero(t, total, where)
		e, found, err := w.store.Erasure(ctx, u)
		require.NoError(t, err)
		require.True(t, found && !e.Open(), "%s: %+v", where, e)
		require.Empty(t, e.Alias, "%s: the way from the user to his bookings is gone", where)
	}
	_, acts, err := w.store.Entries(ctx, audit.Query{Type: "user.erased"})
	require.NoError(t, err)
	require.Equal(t, 1, acts, where)
	held, err := w.keeper.Owned(ctx, []ident.User{w.person, w.merged})
	require.NoError(t, err)
	require.Empty(t, held, where)
	entries, _, err := w.store.Entries(ctx, audit.Query{Type: "session.started"})
	require.NoError(t, err)
	require.Len(t, entries, 2, where)
	for _, e := range entries {
		p, err := w.vault.Reveal(ctx, e)
		require.NoError(t, err)
		require.True(t, p.Erased, where)
	}
	w.ledger(t, where)
}

// ledger holds what is kept against what must be true of it: four bookings of one nobody, everything in order.
func (w *world) ledger(t *testing.T, where string) {
	t.Helper()
	b, err := w.store.Booking(t.Context(), w.sold.ID)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(b.User), booking.AliasPrefix), where)
	require.Equal(t, b.User, b.Owner, where)
	require.Equal(t, w.sold.Tickets, b.Tickets, "%s: the tickets are as they were", where)
	require.Equal(t, w.sold.Lines, b.Lines, where)
	items, total, err := w.store.Bookings(t.Context(), booking.Query{Users: []ident.User{b.User}})
	require.NoError(t, err)
	require.Equal(t, 4, total, "%s: all of them are one nobody's", where)
	for _, b := range items {
		require.Equal(t, booking.Customer{}, b.Customer, where)
	}
	findings, err := w.bookings.Verify(t.Context(), show)
	require.NoError(t, err)
	require.Empty(t, findings, where)
}

// later lets the last pass happen.
func (w *world) later(t *testing.T, s *privacy.Service) {
	t.Helper()
	require.NoError(t, s.ResumeOnce(t.Context()))
	w.clock.Advance(11 * time.Minute)
	w.drain()
	require.NoError(t, s.ResumeOnce(t.Context()))
}

func TestErase(t *testing.T) {
	t.Parallel()

	t.Run("leaves a ledger and nothing else", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.live()
		w.drain()
		require.NotEmpty(t, w.found(), "the test finds the person while he is there")
		s := w.service()
		kept, err := s.Erase(t.Context(), self(w.person))
		require.NoError(t, err)
		require.Equal(t, privacy.Kept{Bookings: 4, Tickets: 5, Until: time.Date(2034, 1, 1, 0, 0, 0, 0, time.UTC), Done: true}, kept)
		require.Empty(t, w.found(), "at once")
		require.Equal(t, []string{picture}, w.pictures.forgotten)
		_, err = s.Erase(t.Context(), self(w.person))
		require.Equal(t, "user_not_found", fault.CodeOf(err))
		w.later(t, s)
		w.erased(t, "after the last pass")
		require.EqualValues(t, 1, s.Stats().Erased)
		require.NoError(t, s.ResumeOnce(t.Context()))
		require.Zero(t, s.Stats().Open)
	})
	t.Run("the files hold nothing either", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.live()
		_, err := w.service().Erase(t.Context(), self(w.person))
		require.NoError(t, err)
		for range 3 {
			w.clock.Advance(time.Minute)
			require.NoError(t, w.store.Scrub(t.Context()))
		}
		for file, raw := range w.files() {
			for _, text := range traces {
				require.Zero(t, bytes.Count(raw, []byte(text)), "%s in %s", text, file)
			}
		}
	})
	t.Run("waits until no money is under way", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.live()
		w.lock(w.person, "request-open", "A12")
		open, err := w.bookings.Checkout(t.Context(), booking.Request{
			Caller: booking.Caller{User: w.person, Merged: p.Merged}, Showtime: show, Request: "request-open", Seats: []ident.Seat{"A12"}, Token: paymock.Action,
		})
		require.NoError(t, err)
		before := w.rows()
		_, err = w.service().Erase(t.Context(), self(w.person))
		require.Equal(t, "payment_open", fault.CodeOf(err))
		require.Equal(t, fault.Conflict, fault.KindOf(err))
		require.Equal(t, before, w.rows(), "nothing was done")
		held, err := w.keeper.Owned(t.Context(), []ident.User{w.person})
		require.NoError(t, err)
		require.Len(t, held, 3)
		_, err = w.bookings.Cancel(t.Context(), booking.CancelRequest{Caller: booking.Caller{User: w.person}, Booking: open.Booking.ID})
		require.NoError(t, err)
		_, err = w.service().Erase(t.Context(), self(w.person))
		require.NoError(t, err)
	})
	t.Run("a payment that began in the same moment is finished first", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.live()
		w.lock(w.person, "request-open", "A12")
		d := w.deps()
		d.Records = &meddling{Records: w.store, before: func() {
			_, err := w.bookings.Checkout(t.Context(), booking.Request{
				Caller: booking.Caller{User: w.person, Merged: p.Merged}, Showtime: show, Request: "request-open", Seats: []ident.Seat{"A12"},
				Token: paymock.Action, Customer: booking.Customer{Email: email, Name: name},
			})
			require.NoError(t, err)
		}}
		s := privacy.New(d)
		kept, err := s.Erase(t.Context(), self(w.person))
		require.NoError(t, err)
		require.False(t, kept.Done)
		require.NoError(t, s.ResumeOnce(t.Context()))
		w.clock.Advance(12 * time.Minute) // past the deadline
		for range 3 {
			_, err := w.bookings.RunOnce(t.Context())
			require.NoError(t, err)
			w.clock.Advance(time.Minute)
		}
		w.drain()
		require.NoError(t, s.ResumeOnce(t.Context()))
		require.Empty(t, w.found())
		_, total, err := w.store.Bookings(t.Context(), booking.Query{Users: []ident.User{w.person}})
		require.NoError(t, err)
		require.Zero(t, total)
	})
	t.Run("does not wait for a hold engine that is away", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.live()
		d := w.deps()
		d.Holds = away{}
		kept, err := privacy.New(d).Erase(t.Context(), self(w.person))
		require.NoError(t, err)
		require.True(t, kept.Done)
		require.Empty(t, w.found())
	})
	t.Run("a staff refund still works, and the seat is for sale", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.live()
		_, err := w.service().Erase(t.Context(), self(w.person))
		require.NoError(t, err)
		out, err := w.bookings.Cancel(t.Context(), booking.CancelRequest{Caller: booking.Caller{User: "us_manager"}, Booking: w.sold.ID, Force: true, Reason: "projector"})
		require.NoError(t, err)
		require.Equal(t, booking.Cancelled, out.Booking.Status)
		require.Equal(t, w.sold.Amount, out.Refund.Amount)
		w.lock("us_rival", "request-rival", "A4", "A5")
		findings, err := w.bookings.Verify(t.Context(), show)
		require.NoError(t, err)
		require.Empty(t, findings)
	})
	t.Run("whoever looked a booking up sees it no longer", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.live()
		friend := w.guest()
		caller := booking.Caller{User: friend.User.ID, Guest: true, Sees: []ident.Booking{w.sold.ID}}
		_, err := w.bookings.Get(t.Context(), caller, w.sold.ID)
		require.NoError(t, err)
		_, err = w.service().Erase(t.Context(), self(w.person))
		require.NoError(t, err)
		_, err = w.bookings.Get(t.Context(), caller, w.sold.ID)
		require.Equal(t, "booking_not_found", fault.CodeOf(err))
		_, err = w.bookings.Lookup(t.Context(), w.sold.Reference, email)
		require.Equal(t, "booking_not_found", fault.CodeOf(err))
		_, err = w.bookings.Lookup(t.Context(), w.sold.Reference, "")
		require.Equal(t, "booking_not_found", fault.CodeOf(err))
	})
	t.Run("the same identity is somebody new", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.live()
		_, err := w.service().Erase(t.Context(), self(w.person))
		require.NoError(t, err)
		again := w.signIn(identity(), nil)
		require.NotEqual(t, w.person, again.User.ID)
		require.Empty(t, again.Merged)
		items, _, err := w.bookings.List(t.Context(), booking.Caller{User: again.User.ID}, booking.Query{})
		require.NoError(t, err)
		require.Empty(t, items)
	})
}

// away is a hold engine that does not answer.
type away struct{}

func (away) Owned(context.Context, []ident.User) ([]hold.OwnedHold, error) {
	return nil, hold.ErrUnavailable
}

func (away) ReleaseOwned(context.Context, []ident.User) (int, error) { return 0, hold.ErrUnavailable }

// meddling lets something happen between the look and the decision.
type meddling struct {
	privacy.Records
	before func()
}

func (m *meddling) BeginErasure(ctx context.Context, e privacy.Erasure) (privacy.Erasure, error) {
	if m.before != nil {
		m.before()
		m.before = nil
	}
	return m.Records.BeginErasure(ctx, e)
}

func TestErase_byAnAdministrator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.live()
	s := w.service()
	for _, reason := range []string{"", " ", strings.Repeat("x", 201), "a\nb", "Personsdottir asked", "mail from " + strings.ToUpper(email), "frau zzunmistakable!"} {
		_, err := s.Erase(t.Context(), privacy.Order{User: w.person, Actor: "us_boss", Reason: reason})
		require.Equal(t, "invalid_body", fault.CodeOf(err), "%q", reason)
	}
	_, found, err := w.store.Erasure(t.Context(), w.person)
	require.NoError(t, err)
	require.False(t, found)
	_, err = s.Erase(t.Context(), privacy.Order{User: w.person, Actor: "us_boss", Reason: "asked by letter on 1 March"})
	require.NoError(t, err)
	w.later(t, s)
	w.erased(t, "by an administrator")
	entries, _, err := w.store.Entries(t.Context(), audit.Query{Type: "user.erased"})
	require.NoError(t, err)
	require.Equal(t, w.person, entries[0].User)
	require.JSONEq(t, `{"actor":"us_boss","before":null,"after":{"by":"admin","reason":"asked by letter on 1 March"}}`, string(entries[0].Payload))
}

func TestErase_theLastAdministratorStays(t *testing.T) {
	t.Parallel()
	boss := account.Identity{Issuer: account.DevIssuer, Subject: listed, Email: listed, Verified: true, Name: "Boss"}
	grant := func(w *world, u account.User) {
		_, err := w.store.GrantRole(t.Context(), account.RoleChange{User: u.ID, Was: u.Grant(), Now: account.Grant{Role: account.RoleAdmin}, At: w.clock.Now()})
		require.NoError(t, err)
	}
	t.Run("by his address", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.signIn(boss, nil)
		_, err := w.service().Erase(t.Context(), self(p.User.ID))
		require.Equal(t, "last_admin", fault.CodeOf(err))
		other := w.signIn(identity(), nil)
		grant(w, other.User)
		_, err = w.service().Erase(t.Context(), self(p.User.ID))
		require.NoError(t, err)
		_, err = w.service().Erase(t.Context(), self(other.User.ID))
		require.Equal(t, "last_admin", fault.CodeOf(err))
	})
	t.Run("by a grant", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.signIn(identity(), nil)
		grant(w, p.User)
		_, err := w.service().Erase(t.Context(), self(p.User.ID))
		require.Equal(t, "last_admin", fault.CodeOf(err))
		w.signIn(boss, nil)
		_, err = w.service().Erase(t.Context(), self(p.User.ID))
		require.NoError(t, err)
	})
	t.Run("who cannot sign in keeps nothing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p, gone := w.signIn(identity(), nil), w.signIn(account.Identity{Issuer: account.DevIssuer, Subject: "gone@example.com", Email: "gone@example.com", Verified: true}, nil)
		grant(w, p.User)
		grant(w, gone.User)
		require.NoError(t, w.store.DropIdentitiesOf(t.Context(), gone.User.ID))
		_, err := w.service().Erase(t.Context(), self(p.User.ID))
		require.Equal(t, "last_admin", fault.CodeOf(err))
	})
}

var errDead = errors.New("the process is dead")

// process dies at one of its calls, before the call takes effect or right after.
type process struct {
	at    int
	after bool

	mu    sync.Mutex // guards calls and dead
	calls int
	dead  bool
}

func call[T any](p *process, f func() (T, error)) (T, error) {
	var none T
	p.mu.Lock()
	p.calls++
	now := p.calls == p.at
	p.dead = p.dead || now
	dead := p.dead
	p.mu.Unlock()
	switch {
	case now && p.after:
		_, _ = f()
		return none, errDead
	case dead:
		return none, errDead
	}
	return f()
}

func act(p *process, f func() error) error {
	_, err := call(p, func() (struct{}, error) { return struct{}{}, f() })
	return err
}

// mortal is the world as a process sees it that may die at any call that changes something or decides what comes next.
type mortal struct {
	privacy.Records
	accounts privacy.Accounts
	holds    privacy.Holds
	vault    privacy.Vault
	record   privacy.Record
	p        *process
}

func (m mortal) BeginErasure(ctx context.Context, e privacy.Erasure) (privacy.Erasure, error) {
	return call(m.p, func() (privacy.Erasure, error) { return m.Records.BeginErasure(ctx, e) })
}

func (m mortal) MergedGuests(ctx context.Context, u ident.User) ([]ident.User, error) {
	return call(m.p, func() ([]ident.User, error) { return m.Records.MergedGuests(ctx, u) })
}

func (m mortal) DropIdentitiesOf(ctx context.Context, u ident.User) error {
	return act(m.p, func() error { return m.Records.DropIdentitiesOf(ctx, u) })
}

func (m mortal) DropMerge(ctx context.Context, g, a ident.User) error {
	return act(m.p, func() error { return m.Records.DropMerge(ctx, g, a) })
}

func (m mortal) DropUser(ctx context.Context, u ident.User) error {
	return act(m.p, func() error { return m.Records.DropUser(ctx, u) })
}

func (m mortal) Disown(ctx context.Context, u, a ident.User, n int) (int, error) {
	return call(m.p, func() (int, error) { return m.Records.Disown(ctx, u, a, min(n, 1)) })
}

func (m mortal) DropRequestsOf(ctx context.Context, u ident.User) (int, error) {
	return call(m.p, func() (int, error) { return m.Records.DropRequestsOf(ctx, u) })
}

func (m mortal) Scrub(ctx context.Context) error {
	return act(m.p, func() error { return m.Records.Scrub(ctx) })
}

func (m mortal) CloseErasure(ctx context.Context, u ident.User, at time.Time) error {
	return act(m.p, func() error { return m.Records.CloseErasure(ctx, u, at) })
}

func (m mortal) EndSessionsOf(ctx context.Context, u ident.User, keep *account.Principal) (int, error) {
	return call(m.p, func() (int, error) { return m.accounts.EndSessionsOf(ctx, u, keep) })
}

func (m mortal) DeleteTokensOf(ctx context.Context, u ident.User) (int, error) {
	return call(m.p, func() (int, error) { return m.accounts.DeleteTokensOf(ctx, u) })
}

func (m mortal) Owned(ctx context.Context, owners []ident.User) ([]hold.OwnedHold, error) {
	return m.holds.Owned(ctx, owners)
}

func (m mortal) ReleaseOwned(ctx context.Context, owners []ident.User) (int, error) {
	return call(m.p, func() (int, error) { return m.holds.ReleaseOwned(ctx, owners) })
}

func (m mortal) OtherAdmins(ctx context.Context, but ident.User) (n int, unable []ident.User, err error) {
	return m.accounts.OtherAdmins(ctx, but)
}

func (m mortal) DestroyKey(ctx context.Context, u ident.User) error {
	return act(m.p, func() error { return m.vault.DestroyKey(ctx, u) })
}

func (m mortal) Reveal(ctx context.Context, e audit.Entry) (audit.Personal, error) {
	return m.vault.Reveal(ctx, e)
}

func (m mortal) Record(ctx context.Context, a audit.Action) error {
	return act(m.p, func() error { return m.record.Record(ctx, a) })
}

// mortalService is a service whose process may die.
func (w *world) mortalService(p *process) *privacy.Service {
	d := w.deps()
	m := mortal{Records: w.store, accounts: w.accounts, holds: w.keeper, vault: w.vault, record: w.actions, p: p}
	d.Records, d.Accounts, d.Holds, d.Vault, d.Record = m, m, m, m, m
	return privacy.New(d)
}

// TestCrash kills the process before and right after each of its calls, from the first look to the closing of the decision, and lets a
// fresh process go on: either nothing was decided and the person is whole, or he is erased in the end.
func TestCrash(t *testing.T) {
	t.Parallel()
	story := func(w *world, p *process) {
		s := w.mortalService(p)
		_, _ = s.Erase(context.Background(), self(w.person))
		w.clock.Advance(11 * time.Minute)
		_ = s.ResumeOnce(context.Background())
	}
	whole := &process{}
	w := newWorld(t)
	w.live()
	story(w, whole)
	require.Greater(t, whole.calls, 30)
	for at := 1; at <= whole.calls; at++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("call %d of %d, after=%t", at, whole.calls, after), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.live()
				story(w, &process{at: at, after: after})
				_, found, err := w.store.Erasure(t.Context(), w.person)
				require.NoError(t, err)
				if !found {
					require.Less(t, at, 3, "from the decision on there is no way back")
					_, err := w.store.User(t.Context(), w.person)
					require.NoError(t, err)
					return
				}
				w.later(t, w.service())
				w.erased(t, t.Name())
			})
		}
	}
}
