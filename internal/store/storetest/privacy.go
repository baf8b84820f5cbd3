package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/privacy"
	"cinema/internal/store"
)

const alias ident.User = "er_alias"

// erase keeps the decision to erase a user.
func (b *bench) erase(t *testing.T, u ident.User) {
	t.Helper()
	_, err := b.BeginErasure(t.Context(), privacy.Erasure{User: u, Alias: alias, Actor: u, AskedAt: start})
	require.NoError(t, err)
}

var privacyCases = map[string]func(t *testing.T, b *bench){
	"an_erasure_is_decided_once": func(t *testing.T, b *bench) {
		_, found, err := b.Erasure(t.Context(), alice)
		require.NoError(t, err)
		require.False(t, found)
		first := privacy.Erasure{User: alice, Alias: alias, Actor: "us_boss", Reason: "asked by letter", AskedAt: start}
		for _, e := range []privacy.Erasure{first, {User: alice, Alias: "er_other", Actor: alice, AskedAt: start.Add(time.Hour)}} {
			got, err := b.BeginErasure(t.Context(), e)
			require.NoError(t, err)
			require.Equal(t, first, got)
		}
		got, found, err := b.Erasure(t.Context(), alice)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, first, got)
		_, err = b.BeginErasure(t.Context(), privacy.Erasure{User: bob})
		require.Equal(t, fault.Invalid, fault.KindOf(err))
	},
	"open_erasures_are_listed_oldest_first_until_they_are_closed": func(t *testing.T, b *bench) {
		for i, u := range []ident.User{"us_3", "us_1", "us_2"} {
			_, err := b.BeginErasure(t.Context(), privacy.Erasure{User: u, Alias: alias, Actor: u, Reason: "r", AskedAt: start.Add(time.Duration(i) * time.Minute)})
			require.NoError(t, err)
		}
		open, err := b.OpenErasures(t.Context(), 2)
		require.NoError(t, err)
		require.Len(t, open, 2)
		require.Equal(t, ident.User("us_3"), open[0].User)
		for range 2 {
			require.NoError(t, b.CloseErasure(t.Context(), "us_3", start.Add(time.Hour)))
			b.clock.Advance(time.Hour)
		}
		open, err = b.OpenErasures(t.Context(), 0)
		require.NoError(t, err)
		require.Equal(t, []ident.User{"us_1", "us_2"}, []ident.User{open[0].User, open[1].User})
		closed, _, err := b.Erasure(t.Context(), "us_3")
		require.NoError(t, err)
		require.Equal(t, privacy.Erasure{User: "us_3", AskedAt: start, Closed: start.Add(time.Hour)}, closed, "the way to the alias is gone")
	},
	"nothing_new_is_kept_of_an_erased_user": func(t *testing.T, b *bench) {
		require.NoError(t, b.SaveUser(t.Context(), person(alice, "Ada", "ada@example.com")))
		_, err := b.BindIdentity(t.Context(), "https://issuer", "sub-1", alice)
		require.NoError(t, err)
		_, _, err = b.BeginRequest(t.Context(), asked("k1", alice))
		require.NoError(t, err)
		b.erase(t, alice)

		gone := privacy.ErrErased()
		require.ErrorIs(t, b.SaveUser(t.Context(), person(alice, "Ada King", "ada@example.com")), gone)
		require.ErrorIs(t, b.PutSession(t.Context(), session("h1", alice)), gone)
		_, err = b.Session(t.Context(), "h1")
		isFault(t, err, fault.NotFound, "session_not_found")
		require.ErrorIs(t, b.AddToken(t.Context(), account.PersonalToken{
			ID: "pt_1", Hash: "h1", User: alice, Name: "cron", CreatedAt: start, ExpiresAt: start.Add(time.Hour),
		}, 5), gone)
		tokens, err := b.TokensOf(t.Context(), alice)
		require.NoError(t, err)
		require.Empty(t, tokens)
		_, err = b.BindIdentity(t.Context(), "https://issuer", "sub-2", alice)
		require.ErrorIs(t, err, gone)
		_, err = b.Merge(t.Context(), "us_g", alice)
		require.ErrorIs(t, err, gone)
		_, err = b.Merge(t.Context(), alice, bob)
		require.ErrorIs(t, err, gone)
		into, err := b.MergedInto(t.Context(), "us_g")
		require.NoError(t, err)
		require.Empty(t, into)
		_, err = b.Reserve(t.Context(), sale("bk_1", alice, show, "A1"), 0)
		require.ErrorIs(t, err, gone)
		require.Empty(t, b.claimed(t, show))

		done := asked("k1", alice)
		done.Status, done.Body = 200, []byte("ada@example.com")
		require.NoError(t, b.FinishRequest(t.Context(), done))
		stored, fresh, err := b.BeginRequest(t.Context(), asked("k1", bob))
		require.NoError(t, err)
		require.True(t, fresh, "no answer was kept: %v", stored)
	},
	"the_identity_of_an_erased_user_is_free": func(t *testing.T, b *bench) {
		require.NoError(t, b.SaveUser(t.Context(), person(alice, "Ada", "ada@example.com")))
		_, err := b.BindIdentity(t.Context(), "https://issuer", "sub-1", alice)
		require.NoError(t, err)
		b.erase(t, alice)
		_, err = b.UserByIdentity(t.Context(), "https://issuer", "sub-1")
		isFault(t, err, fault.NotFound, "user_not_found")
		require.NoError(t, b.SaveUser(t.Context(), person(bob, "Ada", "ada@example.com")))
		has, err := b.BindIdentity(t.Context(), "https://issuer", "sub-1", bob)
		require.NoError(t, err)
		require.Equal(t, bob, has)
		require.NoError(t, b.DropIdentitiesOf(t.Context(), alice))
		got, err := b.UserByIdentity(t.Context(), "https://issuer", "sub-1")
		require.NoError(t, err)
		require.Equal(t, bob, got.ID, "what is his now stays")
	},
	"identities_are_listed_and_dropped_by_their_user": func(t *testing.T, b *bench) {
		want := []privacy.Identity{{Issuer: "https://issuer|x", Subject: "a|b"}, {Issuer: "dev", Subject: "ada@example.com"}}
		for _, i := range want {
			_, err := b.BindIdentity(t.Context(), i.Issuer, i.Subject, alice)
			require.NoError(t, err)
		}
		_, err := b.BindIdentity(t.Context(), "dev", "bob@example.com", bob)
		require.NoError(t, err)
		got, err := b.IdentitiesOf(t.Context(), alice)
		require.NoError(t, err)
		require.ElementsMatch(t, want, got)
		for range 2 {
			require.NoError(t, b.DropIdentitiesOf(t.Context(), alice))
		}
		got, err = b.IdentitiesOf(t.Context(), alice)
		require.NoError(t, err)
		require.Empty(t, got)
		got, err = b.IdentitiesOf(t.Context(), bob)
		require.NoError(t, err)
		require.Len(t, got, 1)
	},
	"a_user_goes_with_his_words": func(t *testing.T, b *bench) {
		require.NoError(t, b.SaveUser(t.Context(), person(alice, "Ada Lovelace", "ada@example.com")))
		require.NoError(t, b.SaveUser(t.Context(), person(bob, "Bob Lovelace", "bob@example.com")))
		for range 2 {
			require.NoError(t, b.DropUser(t.Context(), alice))
		}
		_, err := b.User(t.Context(), alice)
		isFault(t, err, fault.NotFound, "user_not_found")
		items, total, err := b.Users(t.Context(), account.UserQuery{Text: "lovelace"})
		require.NoError(t, err)
		require.Equal(t, 1, total)
		require.Equal(t, bob, items[0].ID)
	},
	"a_merge_is_forgotten": func(t *testing.T, b *bench) {
		for _, g := range []ident.User{"us_g1", "us_g2"} {
			_, err := b.Merge(t.Context(), g, alice)
			require.NoError(t, err)
		}
		require.NoError(t, b.DropMerge(t.Context(), "us_g1", bob))
		for range 2 {
			require.NoError(t, b.DropMerge(t.Context(), "us_g2", alice))
		}
		guests, err := b.MergedGuests(t.Context(), alice)
		require.NoError(t, err)
		require.Equal(t, []ident.User{"us_g1"}, guests)
		into, err := b.MergedInto(t.Context(), "us_g2")
		require.NoError(t, err)
		require.Empty(t, into)
	},
	"finished_bookings_are_disowned": func(t *testing.T, b *bench) {
		sold := b.sell(t, sale("bk_sold", alice, show, "A1", "A2"))
		b.reserve(t, sale("bk_open", alice, show, "A3"))
		b.reserve(t, sale("bk_failed", alice, show, "A4"))
		b.raise(t, "bk_failed", booking.Failed, booking.ReasonDeclined)
		b.sell(t, sale("bk_going", alice, show, "A5"))
		b.raise(t, "bk_going", booking.Cancelling, "")
		mine := b.sell(t, sale("bk_bob", bob, show, "A6"))
		before := b.claimed(t, show)

		n, err := b.Disown(t.Context(), alice, alias, 1)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		n, err = b.Disown(t.Context(), alice, alias, 10)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		n, err = b.Disown(t.Context(), alice, alias, 10)
		require.NoError(t, err)
		require.Zero(t, n)

		got, err := b.Booking(t.Context(), "bk_sold")
		require.NoError(t, err)
		want := sold
		want.User, want.Owner, want.Customer = alias, alias, booking.Customer{}
		require.Equal(t, want, got, "seats, tickets, amounts and times stay")
		require.Equal(t, before, b.claimed(t, show))
		for _, id := range []ident.Booking{"bk_open", "bk_going"} {
			got, err := b.Booking(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, alice, got.User, "%s is not finished", id)
			require.NotEmpty(t, got.Customer.Email)
		}
		got, err = b.Booking(t.Context(), "bk_bob")
		require.NoError(t, err)
		require.Equal(t, mine, got)

		for text, want := range map[string]int{"lovelace": 3, "ada@": 3, "K7M2-9QXD": 5} {
			_, total, err := b.Bookings(t.Context(), booking.Query{Text: text})
			require.NoError(t, err)
			require.Equal(t, want, total, "%q", text)
		}
		items, _, err := b.Bookings(t.Context(), booking.Query{Users: []ident.User{alias}})
		require.NoError(t, err)
		require.Len(t, items, 2)

		b.raise(t, "bk_going", booking.Cancelled, "")
		n, err = b.Disown(t.Context(), alice, alias, 0)
		require.NoError(t, err)
		require.Equal(t, 1, n, "what ended meanwhile follows")
		for _, bad := range [][2]ident.User{{alice, alice}, {"", alias}, {alice, ""}} {
			_, err = b.Disown(t.Context(), bad[0], bad[1], 1)
			require.Equal(t, fault.Invalid, fault.KindOf(err))
		}
	},
	"a_disowned_sale_can_still_be_settled_again_and_refunded": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		b.sell(t, want)
		_, err := b.Disown(t.Context(), alice, alias, 10)
		require.NoError(t, err)
		got, result, err := b.Settle(t.Context(), capture(want))
		require.NoError(t, err)
		require.Equal(t, booking.Settled, result)
		require.Equal(t, booking.Booked, got.Status)
		b.put(t, booking.KindTicket, "tk_bk_1_A1|1", "VOID:r1")
		b.raise(t, "bk_1", booking.Cancelled, "")
		require.NoError(t, b.ReleaseClaims(t.Context(), "bk_1", nil))
		require.Empty(t, b.claimed(t, show))
	},
	"contacts_are_blanked": func(t *testing.T, b *bench) {
		one := b.sell(t, sale("bk_1", alice, show, "A1"))
		b.sell(t, sale("bk_2", alice, show, "A2"))
		n, err := b.BlankContacts(t.Context(), []ident.Booking{"bk_1", "bk_none"})
		require.NoError(t, err)
		require.Equal(t, 1, n)
		n, err = b.BlankContacts(t.Context(), []ident.Booking{"bk_1"})
		require.NoError(t, err)
		require.Zero(t, n)
		got, err := b.Booking(t.Context(), "bk_1")
		require.NoError(t, err)
		one.Customer = booking.Customer{}
		require.Equal(t, one, got, "it stays its user's")
		for text, want := range map[string]int{"lovelace": 1, "ada@example.com": 1, "k7m29qxd": 2} {
			_, total, err := b.Bookings(t.Context(), booking.Query{Text: text})
			require.NoError(t, err)
			require.Equal(t, want, total, "%q", text)
		}
	},
	"what_is_kept_of_requests_goes_by_user": func(t *testing.T, b *bench) {
		for i, u := range []ident.User{alice, bob, alice} {
			r := asked(fmt.Sprintf("k%d", i), u)
			_, _, err := b.BeginRequest(t.Context(), r)
			require.NoError(t, err)
			if i < 2 {
				r.Status, r.Body = 200, []byte("{}")
				require.NoError(t, b.FinishRequest(t.Context(), r))
			}
		}
		n, err := b.DropRequestsOf(t.Context(), alice)
		require.NoError(t, err)
		require.Equal(t, 2, n)
		n, err = b.DropRequestsOf(t.Context(), "")
		require.NoError(t, err)
		require.Zero(t, n)
		stored, fresh, err := b.BeginRequest(t.Context(), asked("k1", bob))
		require.NoError(t, err)
		require.False(t, fresh)
		require.Equal(t, bob, stored.User)
	},
	"the_disk_can_be_scrubbed_at_any_time": func(t *testing.T, b *bench) {
		require.NoError(t, b.SaveUser(t.Context(), account.User{ID: alice, Guest: true, CreatedAt: start, UpdatedAt: start}))
		for range 2 {
			require.NoError(t, b.Scrub(t.Context()))
		}
		_, err := b.User(t.Context(), alice)
		require.NoError(t, err)
	},
}

func asked(id string, u ident.User) store.RequestRecord {
	r := request(id)
	r.User = u
	return r
}
