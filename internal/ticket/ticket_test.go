package ticket_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
	"rsc.io/qr"

	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/ticket"
)

type registers struct {
	mu     sync.Mutex
	values map[string]string
}

func (r *registers) PutOnce(_ context.Context, kind, id, value string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, ok := r.values[kind+id]; ok {
		return v, nil
	}
	r.values[kind+id] = value
	return value, nil
}

func (r *registers) Register(_ context.Context, kind, id string) (string, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.values[kind+id]
	return v, ok, nil
}

func ring(t *testing.T) (*ticket.Ring, *registers) {
	t.Helper()
	store := &registers{values: map[string]string{}}
	r, err := ticket.OpenRing(t.Context(), store)
	require.NoError(t, err)
	return r, store
}

func pass() ticket.Pass {
	at := time.Date(2026, 3, 1, 19, 15, 0, 0, time.UTC)
	return ticket.Pass{
		ID: ticket.NewID("bk_1", "ABC012", 1), Showtime: "st_1", Seat: "ABC012", NotBefore: at, NotAfter: at.Add(3 * time.Hour), Proof: true,
	}
}

func TestRing_sign_and_verify(t *testing.T) {
	t.Parallel()
	r, store := ring(t)
	code, err := r.Sign(pass())
	require.NoError(t, err)
	require.Regexp(t, `^CT1:[0-9A-Z $%*+\-./:]{147}$`, code)

	same, err := ticket.OpenRing(t.Context(), store)
	require.NoError(t, err)
	got, err := same.Verify(code)
	require.NoError(t, err)
	want := pass()
	require.Equal(t, want.ID, got.ID)
	require.Equal(t, want.Seat, got.Seat)
	require.True(t, want.NotBefore.Equal(got.NotBefore))
	require.True(t, want.NotAfter.Equal(got.NotAfter))
	require.True(t, got.Proof)
	require.False(t, got.Demo)
	require.True(t, got.For("st_1"))
	require.False(t, got.For("st_2"))
}

func TestRing_rotation_keeps_old_codes(t *testing.T) {
	t.Parallel()
	r, store := ring(t)
	other, err := ticket.OpenRing(t.Context(), store)
	require.NoError(t, err)
	before, err := r.Sign(pass())
	require.NoError(t, err)
	require.NoError(t, r.Rotate(t.Context()))
	after, err := r.Sign(pass())
	require.NoError(t, err)
	require.NotEqual(t, before, after)
	for _, code := range []string{before, after} {
		_, err := r.Verify(code)
		require.NoError(t, err)
	}
	_, err = other.Verify(after)
	require.ErrorIs(t, err, ticket.ErrKey)
	require.NoError(t, other.Reload(t.Context()))
	_, err = other.Verify(after)
	require.NoError(t, err)
}

// TestRing_first_key_race opens many rings on one empty store: all end with the same key.
func TestRing_first_key_race(t *testing.T) {
	t.Parallel()
	store := &registers{values: map[string]string{}}
	ctx := t.Context()
	rings := make([]*ticket.Ring, 8)
	errs := make([]error, len(rings))
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range rings {
		wg.Go(func() {
			<-start
			rings[i], errs[i] = ticket.OpenRing(ctx, store)
		})
	}
	close(start)
	wg.Wait()
	for i := range rings {
		require.NoError(t, errs[i])
		code, err := rings[i].Sign(pass())
		require.NoError(t, err)
		_, err = rings[0].Verify(code)
		require.NoError(t, err)
	}
}

func TestRing_refuses_changed_codes(t *testing.T) {
	t.Parallel()
	r, _ := ring(t)
	code, err := r.Sign(pass())
	require.NoError(t, err)
	alphabet := "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, len(code)-1).Draw(t, "at")
		c := rapid.SampledFrom([]byte(alphabet)).Draw(t, "letter")
		if code[i] == c {
			t.Skip("unchanged")
		}
		_, err := r.Verify(code[:i] + string(c) + code[i+1:])
		require.Error(t, err)
	})
	for _, bad := range []string{"", "CT1:", "ct1:" + code[4:], code + "0", code[:len(code)-1], strings.Repeat("A", 5000)} {
		_, err := r.Verify(bad)
		require.ErrorIs(t, err, ticket.ErrCode)
	}
	foreign, _ := ring(t)
	_, err = foreign.Verify(code)
	require.ErrorIs(t, err, ticket.ErrSignature)
}

func TestRing_every_seat_survives(t *testing.T) {
	t.Parallel()
	r, _ := ring(t)
	rapid.Check(t, func(t *rapid.T) {
		p := pass()
		p.Seat = ident.Seat(rapid.StringMatching(`[A-Z]{1,3}[0-9]{1,3}`).Draw(t, "seat"))
		code, err := r.Sign(p)
		require.NoError(t, err)
		got, err := r.Verify(code)
		require.NoError(t, err)
		require.Equal(t, p.Seat, got.Seat)
	})
}

func TestRing_refuses_odd_passes(t *testing.T) {
	t.Parallel()
	r, _ := ring(t)
	for name, change := range map[string]func(*ticket.Pass){
		"foreign id":    func(p *ticket.Pass) { p.ID = "tk_1" },
		"bad seat":      func(p *ticket.Pass) { p.Seat = "1A" },
		"before 2024":   func(p *ticket.Pass) { p.NotBefore = time.Unix(0, 0) },
		"ends too late": func(p *ticket.Pass) { p.NotAfter = p.NotBefore.AddDate(1, 0, 0) },
		"ends first":    func(p *ticket.Pass) { p.NotAfter = p.NotBefore.Add(-time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := pass()
			change(&p)
			_, err := r.Sign(p)
			require.ErrorIs(t, err, ticket.ErrPass)
		})
	}
}

func TestNewID(t *testing.T) {
	t.Parallel()
	first := ticket.NewID("bk_1", "A1", 1)
	require.Equal(t, first, ticket.NewID("bk_1", "A1", 1), "the same place in the same booking has the same ticket")
	require.Regexp(t, `^tk_[0-9a-z]{26}$`, string(ticket.NewID("bk_1", "A1", 1)))
	seen := map[ident.Ticket]bool{}
	for _, id := range []ident.Ticket{
		ticket.NewID("bk_1", "A1", 1), ticket.NewID("bk_1", "A1", 2), ticket.NewID("bk_1", "A11", 1), ticket.NewID("bk_2", "A1", 1),
	} {
		require.False(t, seen[id])
		seen[id] = true
	}
}

// TestQR holds the size that phones read easily and the form that a strict page accepts.
func TestQR(t *testing.T) {
	t.Parallel()
	r, _ := ring(t)
	code, err := r.Sign(pass())
	require.NoError(t, err)
	m, err := qr.Encode(code, qr.M)
	require.NoError(t, err)
	require.LessOrEqual(t, m.Size, 41)

	svg, err := ticket.QR(code)
	require.NoError(t, err)
	require.Less(t, len(svg), 16<<10)
	require.Contains(t, string(svg), `viewBox="0 0 49 49"`)
	require.NotContains(t, string(svg), "style")
	require.Equal(t, modules(m), drawn(t, svg))
	dec := xml.NewDecoder(bytes.NewReader(svg))
	for {
		_, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
}

// modules counts the black modules of a code.
func modules(c *qr.Code) (n int) {
	for y := range c.Size {
		for x := range c.Size {
			if c.Black(x, y) {
				n++
			}
		}
	}
	return n
}

// drawn counts the black modules of a drawing.
func drawn(t *testing.T, svg []byte) (n int) {
	t.Helper()
	for _, m := range regexp.MustCompile(`h(\d+)v1h-(\d+)z`).FindAllSubmatch(svg, -1) {
		require.Equal(t, m[1], m[2])
		length := 0
		for _, c := range m[1] {
			length = length*10 + int(c-'0')
		}
		n += length
	}
	return n
}

func document(t *testing.T, seats int) ticket.Document {
	t.Helper()
	r, _ := ring(t)
	zone, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	start := time.Date(2026, 7, 1, 20, 0, 0, 0, zone)
	d := ticket.Document{
		Booking: "bk_1", Reference: "K7M2-9QXD", Film: "Café des Lumières – a very long title that has to be made smaller to fit", Rating: "18+",
		Notice: "Bring your ID; 18 and over.", Cinema: "Lumen", Address: "1 Quay Street", Auditorium: "Hall 1", Formats: []string{"Laser"},
		Start: start, Doors: start.Add(-45 * time.Minute), End: start.Add(2 * time.Hour), Name: "Zoë Łukasz", Total: money.Of(1250, "GBP"),
		Issued: start.AddDate(0, 0, -1),
	}
	for i := range seats {
		p := pass()
		p.Seat = ident.Seat("A" + string(rune('1'+i)))
		code, err := r.Sign(p)
		require.NoError(t, err)
		d.Admissions = append(d.Admissions, ticket.Admission{ID: p.ID, Seat: p.Seat, Type: "Adult", Proof: i == 0, Price: money.Of(1250, "GBP"), Code: code})
	}
	return d
}

func TestPDF(t *testing.T) {
	t.Parallel()
	for seats, pages := range map[int]string{0: "/Count 1", 1: "/Count 1", 3: "/Count 1", 4: "/Count 2", 8: "/Count 3"} {
		d := document(t, seats)
		pdf, err := ticket.PDF(d)
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(pdf, []byte("%PDF-")))
		require.Contains(t, string(pdf), pages)
		again, err := ticket.PDF(d)
		require.NoError(t, err)
		require.Equal(t, pdf, again, "the same tickets are the same bytes")
	}
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	d := document(t, 2)
	text := string(ticket.Calendar(d))
	for _, want := range []string{
		"BEGIN:VCALENDAR\r\n", "DTSTART:20260701T190000Z\r\n", "DTEND:20260701T210000Z\r\n", "TRIGGER:-PT45M\r\n", "UID:bk_1@cinema\r\n", "K7M2-9QXD",
	} {
		require.Contains(t, text, want)
	}
	for _, a := range d.Admissions {
		require.NotContains(t, strings.ReplaceAll(text, "\r\n ", ""), a.Code)
	}
}
