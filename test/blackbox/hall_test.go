package blackbox_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/test/harness"
)

// seat is a place of a hall.
type seat struct {
	ID       string
	Kind     string
	Category string
	Pair     string `json:"pair_id"`
}

// hall is one showtime that belongs to one test alone.
type hall struct {
	w    *world
	id   string
	rows [][]seat
	was  map[string]string // sold or blocked before the test began
}

// take gives a test a showtime of its own, on sale for days to come, in a named auditorium.
func (w *world) take(t *testing.T, auditorium string) *hall {
	t.Helper()
	v := w.visitor(t)
	w.mu.Lock()
	if w.halls == nil {
		w.halls = programme(t, v)
	}
	list := w.halls[auditorium]
	require.NotEmpty(t, list, "no showtime is left in %s", auditorium)
	h := &hall{w: w, id: list[0]}
	w.halls[auditorium] = list[1:]
	w.mu.Unlock()
	var d struct {
		Layout struct{ Rows []struct{ Seats []seat } }
	}
	require.NoError(t, v.want(t, http.StatusOK, "GET /api/showtimes/"+h.id, nil).JSON(&d))
	for _, r := range d.Layout.Rows {
		h.rows = append(h.rows, r.Seats)
	}
	h.was = h.state(t, v).taken()
	return h
}

// programme lists the showtimes on sale by auditorium. It is called once, under the world's lock, and therefore asks without a search.
func programme(t *testing.T, v *person) map[string][]string {
	t.Helper()
	type show struct {
		ID, Sale     string
		Auditorium   struct{ Name string }
		Availability struct{ Free int }
	}
	var all []show
	for day := range 5 {
		var list struct{ Items []show }
		date := time.Now().AddDate(0, 0, day+2).Format(time.DateOnly)
		a, err := v.Do(context.Background(), http.MethodGet, "/api/showtimes?limit=200&date="+date, nil)
		require.NoError(t, err)
		require.NoError(t, a.JSON(&list))
		all = append(all, list.Items...)
	}
	slices.SortStableFunc(all, func(a, b show) int { return b.Availability.Free - a.Availability.Free })
	out := map[string][]string{}
	for _, s := range all {
		if s.Sale == "on_sale" {
			out[s.Auditorium.Name] = append(out[s.Auditorium.Name], s.ID)
		}
	}
	return out
}

func (h *hall) path(rest string) string { return "/api/showtimes/" + h.id + rest }

// free lists n neighbouring seats of a kind that nobody has, off the row's ends where a choice could leave a single seat.
func (h *hall) free(t *testing.T, n int, kind string) []string {
	t.Helper()
	for _, row := range h.rows {
		var got []string
		for _, s := range row {
			if s.Kind != kind || h.was[s.ID] != "" {
				got = nil
				continue
			}
			if got = append(got, s.ID); len(got) == n {
				h.mark(got)
				return got
			}
		}
	}
	require.FailNow(t, "no such seats are free", "%d %s in %s", n, kind, h.id)
	return nil
}

// mark keeps seats out of later choices of the same test.
func (h *hall) mark(seats []string) {
	for _, s := range seats {
		h.was[s] = "chosen"
	}
}

// seatMap is a seat state.
type seatMap struct {
	OK         bool
	ShowtimeID string `json:"showtime_id"`
	Epoch      string
	Seq        uint64
	Cursor     string
	Locks      []struct {
		SeatID    string `json:"seat_id"`
		Mine      bool
		RequestID string `json:"request_id"`
		ExpiresIn *int64 `json:"expires_in_ms"`
	}
	Booked, Blocked []string
}

func (m seatMap) taken() map[string]string {
	out := map[string]string{}
	for _, l := range m.Locks {
		out[l.SeatID] = "held"
		if l.Mine {
			out[l.SeatID] = "mine"
		}
	}
	for _, s := range m.Booked {
		out[s] = "booked"
	}
	for _, s := range m.Blocked {
		out[s] = "blocked"
	}
	return out
}

func (h *hall) state(t *testing.T, p *person) seatMap {
	t.Helper()
	var m seatMap
	require.NoError(t, p.want(t, http.StatusOK, "GET "+h.path("/seats/state"), nil).JSON(&m))
	for _, l := range m.Locks {
		if !l.Mine && (l.RequestID != "" || l.ExpiresIn != nil) {
			t.Errorf("the map tells of another's hold: %+v", l)
		}
	}
	return m
}

// unchanged runs something that must leave the hall exactly as it is.
func (h *hall) unchanged(t *testing.T, p *person, what func()) {
	t.Helper()
	before := h.state(t, p)
	what()
	after := h.state(t, p)
	require.Equal(t, before.Seq, after.Seq, "the hall changed")
	require.Equal(t, before.taken(), after.taken(), "the hall changed")
}

// holding is the answer of lock, best and extend.
type holding struct {
	OK             bool
	Locked         []string
	TTL            int    `json:"ttl_seconds"`
	ExpiresIn      int64  `json:"expires_in_ms"`
	ExpiresAt      string `json:"expires_at"`
	RequestID      string `json:"request_id"`
	Epoch          string
	Seq            uint64
	ExtensionsLeft int `json:"extensions_left"`
	Quote          struct {
		Total struct {
			Amount   int64
			Currency string
		}
		Lines []struct{ Amount int64 }
	}
}

func holdingOf(t *testing.T, a harness.Answer) holding {
	t.Helper()
	var v holding
	require.NoError(t, a.JSON(&v))
	require.True(t, v.OK)
	return v
}

// hold locks seats for a person and returns the request that names the hold.
func (h *hall) hold(t *testing.T, p *person, seats ...string) string {
	t.Helper()
	r := p.request()
	v := holdingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/seats/lock"), sale{Request: r, Seats: seats}))
	require.ElementsMatch(t, seats, v.Locked)
	require.Equal(t, r, v.RequestID)
	return r
}

// sale is the body of lock, confirm and checkout.
type sale struct {
	Request  string            `json:"request_id,omitempty"`
	Seats    []string          `json:"seat_ids"`
	Token    string            `json:"payment_token,omitempty"`
	Customer map[string]string `json:"customer,omitempty"`
	Epoch    string            `json:"epoch,omitempty"`
}

// booking is a booking as its owner sees it.
type booking struct {
	ID, Reference, Status, Reason, Currency string
	ShowtimeID                              string   `json:"showtime_id"`
	SeatIDs                                 []string `json:"seat_ids"`
	Amount                                  int64
	PaymentRef                              string `json:"payment_ref"`
	CreatedAt                               string `json:"created_at"`
	PayDeadline                             string `json:"pay_deadline"`
	Tickets                                 []struct {
		ID, Code string
		SeatID   string `json:"seat_id"`
		Type     string `json:"ticket_type"`
		Price    struct {
			Amount   int64
			Currency string
		}
	}
	Payment *struct {
		Provider string
		State    string
		Next     *struct{ Type, URL string } `json:"next_action"`
	}
}

func bookingOf(t *testing.T, a harness.Answer) booking {
	t.Helper()
	var v struct {
		OK      bool
		Booking booking
	}
	require.NoError(t, a.JSON(&v))
	require.True(t, v.OK, string(a.Body))
	return v.Booking
}

// buy holds and confirms.
func (h *hall) buy(t *testing.T, p *person, seats ...string) (request string, b booking) {
	t.Helper()
	r := h.hold(t, p, seats...)
	b = bookingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), p.sale(r, seats)))
	require.Equal(t, "BOOKED", b.Status)
	return r, b
}

// sale is what this person sends to pay for a hold; a guest adds who he is.
func (p *person) sale(request string, seats []string) sale {
	s := sale{Request: request, Seats: seats}
	if p.email == "" {
		s.Customer = map[string]string{"email": "guest-" + run + "@example.com", "name": "Guest of a test"}
	}
	return s
}

// bookings are the person's own, newest first.
func (p *person) bookings(t *testing.T) []booking {
	t.Helper()
	var v struct{ Items []booking }
	require.NoError(t, p.want(t, http.StatusOK, "GET /api/bookings?limit=200", nil).JSON(&v))
	return v.Items
}
