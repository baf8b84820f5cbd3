package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/audit"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/store"
)

func entry(id, kind string, minutes int) audit.Entry {
	return audit.Entry{
		ID: id, Type: kind, Showtime: show, Booking: "bk_1", User: alice, Seats: []ident.Seat{"A1", "A2"}, Request: "request-1",
		Payload: []byte(`{"a":1}`), At: start.Add(time.Duration(minutes) * time.Minute),
	}
}

func request(id string) store.RequestRecord {
	return store.RequestRecord{ID: id, Fingerprint: "f1", LeaseUntil: start.Add(30 * time.Second), Expires: start.Add(72 * time.Hour)}
}

var recordCases = map[string]func(t *testing.T, b *bench){
	"entries_come_back_newest_first": func(t *testing.T, b *bench) {
		one, two := entry("e1", "seat.locked", 0), entry("e2", "seat.released", 1)
		bare := audit.Entry{ID: "e3", Type: "admin.ping", At: start.Add(2 * time.Minute)}
		require.NoError(t, b.Append(t.Context(), []audit.Entry{one, two, bare}))
		items, total, err := b.Entries(t.Context(), audit.Query{})
		require.NoError(t, err)
		require.Equal(t, 3, total)
		require.Equal(t, []audit.Entry{bare, two, one}, items)
	},
	"a_repeated_delivery_writes_nothing": func(t *testing.T, b *bench) {
		require.NoError(t, b.Append(t.Context(), []audit.Entry{entry("e1", "seat.locked", 0)}))
		changed := entry("e1", "seat.released", 5)
		require.NoError(t, b.Append(t.Context(), []audit.Entry{changed, entry("e2", "seat.locked", 1), entry("e2", "seat.locked", 1)}))
		require.NoError(t, b.Append(t.Context(), nil))
		items, total, err := b.Entries(t.Context(), audit.Query{})
		require.NoError(t, err)
		require.Equal(t, 2, total)
		require.Equal(t, entry("e1", "seat.locked", 0), items[1])
	},
	"entries_are_found_by_their_ids": func(t *testing.T, b *bench) {
		finder, ok := b.Backend.(audit.Finder)
		require.True(t, ok, "the record compares events whose ids were used before")
		require.NoError(t, b.Append(t.Context(), []audit.Entry{entry("e1", "seat.locked", 0), entry("e2", "seat.locked", 1), entry("e3", "seat.locked", 2)}))
		items, err := finder.EntriesByID(t.Context(), []string{"e3", "none", "e1"})
		require.NoError(t, err)
		require.ElementsMatch(t, []audit.Entry{entry("e1", "seat.locked", 0), entry("e3", "seat.locked", 2)}, items)
		items, err = finder.EntriesByID(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, items)
	},
	"an_entry_without_id_is_refused_with_its_act": func(t *testing.T, b *bench) {
		err := b.Append(t.Context(), []audit.Entry{entry("e1", "seat.locked", 0), {Type: "x"}})
		require.Equal(t, fault.Invalid, fault.KindOf(err))
		_, total, err := b.Entries(t.Context(), audit.Query{})
		require.NoError(t, err)
		require.Zero(t, total)
	},
	"entries_are_filtered_and_paged": func(t *testing.T, b *bench) {
		var all []audit.Entry
		for i := range 230 {
			e := entry(fmt.Sprintf("e%03d", i), "seat.locked", i)
			switch i % 10 {
			case 1:
				e.Type = "booking.success"
			case 2:
				e.Showtime = other
			case 3:
				e.User = bob
			case 4:
				e.Booking = ""
			}
			all = append(all, e)
		}
		require.NoError(t, b.Append(t.Context(), all))
		for _, c := range []struct {
			q     audit.Query
			total int
			items int
			first string
		}{
			{audit.Query{}, 230, 50, "e229"},
			{audit.Query{Limit: 1000}, 230, 200, "e229"},
			{audit.Query{Limit: 5, Skip: 228}, 230, 2, "e001"},
			{audit.Query{Type: "booking.success"}, 23, 23, "e221"},
			{audit.Query{Showtime: other}, 23, 23, "e222"},
			{audit.Query{User: bob}, 23, 23, "e223"},
			{audit.Query{Booking: "bk_1"}, 207, 50, "e229"},
			{audit.Query{From: start.Add(10 * time.Minute), To: start.Add(20 * time.Minute)}, 10, 10, "e019"},
			{audit.Query{User: bob, Type: "booking.success"}, 0, 0, ""},
		} {
			items, total, err := b.Entries(t.Context(), c.q)
			require.NoError(t, err)
			require.Equal(t, c.total, total, "%+v", c.q)
			require.Len(t, items, c.items, "%+v", c.q)
			if c.items > 0 {
				require.Equal(t, c.first, items[0].ID, "%+v", c.q)
			}
		}
	},
	"a_request_is_executed_once_and_replayed": func(t *testing.T, b *bench) {
		_, fresh, err := b.BeginRequest(t.Context(), request("k1"))
		require.NoError(t, err)
		require.True(t, fresh)
		stored, fresh, err := b.BeginRequest(t.Context(), request("k1"))
		require.NoError(t, err)
		require.False(t, fresh, "it is running")
		require.False(t, stored.Done)
		done := request("k1")
		done.Done, done.Status, done.Body, done.Header = true, 201, []byte(`{"ok":true}`), map[string]string{"Location": "/x"}
		require.NoError(t, b.FinishRequest(t.Context(), done))
		b.clock.Advance(time.Hour)
		stored, fresh, err = b.BeginRequest(t.Context(), request("k1"))
		require.NoError(t, err)
		require.False(t, fresh)
		require.Equal(t, done, stored, "byte for byte")
	},
	"another_fingerprint_is_told_by_the_record": func(t *testing.T, b *bench) {
		_, _, err := b.BeginRequest(t.Context(), request("k1"))
		require.NoError(t, err)
		b.clock.Advance(time.Hour)
		changed := request("k1")
		changed.Fingerprint, changed.LeaseUntil = "f2", start.Add(2*time.Hour)
		stored, fresh, err := b.BeginRequest(t.Context(), changed)
		require.NoError(t, err)
		require.False(t, fresh, "a lease that ran out is taken over by the same request only")
		require.Equal(t, "f1", stored.Fingerprint)
	},
	"a_lease_that_ran_out_is_taken_over": func(t *testing.T, b *bench) {
		_, _, err := b.BeginRequest(t.Context(), request("k1"))
		require.NoError(t, err)
		b.clock.Advance(30 * time.Second)
		again := request("k1")
		again.LeaseUntil = start.Add(time.Minute)
		_, fresh, err := b.BeginRequest(t.Context(), again)
		require.NoError(t, err)
		require.True(t, fresh)
		_, fresh, err = b.BeginRequest(t.Context(), again)
		require.NoError(t, err)
		require.False(t, fresh, "the new lease holds")
	},
	"the_first_answer_stays": func(t *testing.T, b *bench) {
		for i := range 2 {
			r := request("k1")
			r.Done, r.Status = true, 200+i
			require.NoError(t, b.FinishRequest(t.Context(), r))
		}
		require.NoError(t, b.DropRequest(t.Context(), "k1"), "a stored answer is not dropped by a request that began nothing")
		stored, fresh, err := b.BeginRequest(t.Context(), request("k1"))
		require.NoError(t, err)
		require.False(t, fresh)
		require.Equal(t, 200, stored.Status)
	},
	"a_request_that_began_nothing_is_forgotten": func(t *testing.T, b *bench) {
		_, _, err := b.BeginRequest(t.Context(), request("k1"))
		require.NoError(t, err)
		require.NoError(t, b.DropRequest(t.Context(), "k1"))
		_, fresh, err := b.BeginRequest(t.Context(), request("k1"))
		require.NoError(t, err)
		require.True(t, fresh)
	},
	"records_expire": func(t *testing.T, b *bench) {
		for _, id := range []string{"k1", "k2"} {
			r := request(id)
			r.Done, r.Status = true, 200
			require.NoError(t, b.FinishRequest(t.Context(), r))
		}
		later := request("k3")
		later.Expires = start.Add(100 * time.Hour)
		_, _, err := b.BeginRequest(t.Context(), later)
		require.NoError(t, err)
		b.clock.Advance(73 * time.Hour)
		again := request("k1")
		again.LeaseUntil, again.Expires = b.clock.Now().Add(time.Minute), b.clock.Now().Add(72*time.Hour)
		stored, fresh, err := b.BeginRequest(t.Context(), again)
		require.NoError(t, err)
		require.True(t, fresh, "a record that expired is no record")
		require.Zero(t, stored.Status)
		n, err := b.DropRequests(t.Context(), b.clock.Now())
		require.NoError(t, err)
		require.Equal(t, 1, n)
	},
}
