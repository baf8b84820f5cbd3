package storesqlite_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"cinema/internal/account"
	"cinema/internal/booking"
	"cinema/internal/clock"
	"cinema/internal/ident"
	"cinema/internal/store/storesqlite"
)

// found counts how often a text stands in the store's files, in whatever case.
func found(t *testing.T, dir, text string) int {
	t.Helper()
	n := 0
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, f := range files {
		raw, err := os.ReadFile(filepath.Join(dir, f.Name()))
		require.NoError(t, err)
		n += bytes.Count(bytes.ToLower(raw), []byte(text))
	}
	return n
}

// fill writes many people, every fifth of whom has an unmistakable name, in an order that splits pages.
func fill(t *testing.T, s *storesqlite.Store) (people []ident.User) {
	t.Helper()
	const all = 1500
	var sales []booking.Booking
	var saving errgroup.Group // the acts share their flushes
	saving.SetLimit(64)
	for i := range all {
		n := i * 787 % all
		name := fmt.Sprintf("person%d", n)
		if n%5 == 0 {
			name = fmt.Sprintf("zzunmistakable%d", n)
		}
		u := account.User{ID: ident.User(fmt.Sprintf("us_%x", n*2654435761%4294967291)), Name: name, Email: name + "@example.com"}
		saving.Go(func() error { return s.SaveUser(t.Context(), u) })
		if n%5 == 0 {
			people = append(people, u.ID)
			_, err := s.BindIdentity(t.Context(), "https://issuer", name, u.ID)
			require.NoError(t, err)
		}
		b, r := pair(fmt.Sprintf("bk_%x", n*2654435761%4294967291), ident.Showtime(fmt.Sprintf("st_%d", n)), "A1")
		b.User, b.Customer, b.Status, b.Tickets = u.ID, booking.Customer{Email: u.Email, Name: name}, booking.Booked, r.Tickets
		sales = append(sales, b)
	}
	require.NoError(t, saving.Wait())
	written, err := s.ImportSales(t.Context(), sales)
	require.NoError(t, err)
	require.Equal(t, all, written)
	return people
}

func TestScrub_nothingOfTheErasedIsInTheFiles(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(time.Date(2026, 10, 24, 18, 30, 0, 0, time.UTC))
	s := open(t, storesqlite.Options{Clock: now})
	people := fill(t, s.Store)
	require.NoError(t, s.Scrub(t.Context()), "nothing to do")
	require.Positive(t, found(t, s.dir, "zzunmistakable"))
	for _, u := range people {
		n, err := s.Disown(t.Context(), u, "er_x", 10)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.NoError(t, s.DropIdentitiesOf(t.Context(), u))
		require.NoError(t, s.DropUser(t.Context(), u))
	}
	require.NoError(t, s.Scrub(t.Context()))
	t.Logf("left in the files before they are written anew: %d", found(t, s.dir, "zzunmistakable"))
	now.Advance(time.Minute)
	require.NoError(t, s.Scrub(t.Context()), "it was busy a minute ago")
	now.Advance(time.Minute)
	require.NoError(t, s.Scrub(t.Context()), "now it is quiet")
	require.Zero(t, found(t, s.dir, "zzunmistakable"))
	require.Positive(t, found(t, s.dir, "person1@example.com"))
	_, err := s.User(t.Context(), "us_9e3779b1")
	require.NoError(t, err, "everybody else is there")
	raw, err := os.ReadFile(filepath.Join(s.dir, storesqlite.FileName))
	require.NoError(t, err)
	require.Equal(t, []byte{0, 0, 0, 0}, raw[60:64], "nothing is left to do")
}
