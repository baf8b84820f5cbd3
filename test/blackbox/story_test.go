package blackbox_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/mongotest"
	"cinema/internal/redistest"
	"cinema/test/harness"
)

var update = flag.Bool("update", false, "write the story's event log instead of comparing with it")

// story plays fixed steps and writes down what everybody saw, under names that no run and no engine changes: people and seats by their
// role in the story, no times, no prices.
type story struct {
	t       *testing.T
	h       *hall
	log     []string
	names   map[string]string // ids to the story's words
	sockets []*socket
	viewers []string
	seen    []map[string]string // by viewer: the state of each seat that changed
}

// TestSameStory proves that every engine behaves the same: the log of the same story equals the one that is kept. It is played on the
// embedded engines, and by two processes on one Redis and one MongoDB, of which the second serves a watcher.
func TestSameStory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	t.Run("embedded", func(t *testing.T) { tell(t, w, w) })
	t.Run("redis and mongo", func(t *testing.T) {
		redis := redistest.Start(t)
		servers := harness.StartShared(t, 2, "REDIS_ADDR="+redis.Addr, "MONGO_URI="+database(t), "MONGO_ALLOW_STANDALONE=1")
		w := &world{server: servers[0]}
		tell(t, w, &world{server: servers[1]})
		w.each(t, map[string]func(*testing.T, *world){ // what else rests on the engines
			"refund": refund, "part of a booking": partRefund, "bank": bank, "late settle": lateSettle, "open bookings": openBookings, "merge": merges,
			"merge over the cap": mergeOverCap, "pages of bookings": bookingPages, "the record": record, "keys": keys, "queries": badQueries, "lookup": lookup,
			"all at once": atOnce, "other people's seats": othersSeats, "resume": resume, "snapshot and deltas": snapshotAndDeltas,
		})
		w.alone(t, "kill", afterKill)
	})
}

// TestMain ends the MongoDB server, if one was started.
func TestMain(m *testing.M) { os.Exit(mongotest.Main(m)) }

// database is the address of a fresh database.
func database(t *testing.T) string {
	t.Helper()
	s := mongotest.Shared(t)
	u, err := url.Parse(s.URI(t))
	require.NoError(t, err)
	u.Path = "/" + s.Database(t)
	return u.String()
}

// tell plays the story and compares its log with the kept one.
func tell(t *testing.T, w, elsewhere *world) {
	t.Helper()
	s := &story{t: t, h: w.take(t, "Grand"), names: map[string]string{}}
	s.play(w, elsewhere)
	golden := filepath.Join("testdata", "story.txt")
	got := strings.Join(s.log, "\n") + "\n"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
		return
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}

func (s *story) play(w, elsewhere *world) {
	t, h := s.t, s.h
	ann, bob, guest := w.account(t), w.account(t), w.guest(t)
	for name, p := range map[string]*person{"ann": ann, "bob": bob, "guest": guest} {
		s.names[p.id] = name
	}
	a, b, c, d := h.free(t, 3, "standard"), h.free(t, 2, "standard"), h.free(t, 2, "standard"), h.free(t, 1, "standard")
	for i, id := range slices.Concat(a, b, c, d) {
		s.names[id] = fmt.Sprintf("seat%d", i+1)
	}
	s.follow("ann", ann)
	s.follow("nobody", elsewhere.visitor(t))
	lock, confirm, checkout, extend := h.path("/seats/lock"), h.path("/bookings/confirm"), h.path("/bookings/checkout"), h.path("/seats/extend")
	post := http.MethodPost

	s.chapter("ann holds three seats; a repeat and a larger selection are the same hold")
	r1 := s.named(ann, "ann-1")
	s.step(ann, post, lock, sale{Request: r1, Seats: a[:2]})
	s.step(ann, post, lock, sale{Request: r1, Seats: a[:2]})
	s.step(ann, post, lock, sale{Request: r1, Seats: a})
	s.step(ann, post, extend, map[string]string{"request_id": r1})

	s.chapter("bob wants some of them")
	r2 := s.named(bob, "bob-1")
	s.step(bob, post, lock, sale{Request: r2, Seats: []string{a[2], b[0]}})
	s.step(bob, post, lock, sale{Request: r2, Seats: b})
	s.step(bob, post, extend, map[string]string{"request_id": r1})
	s.step(bob, http.MethodDelete, lock, sale{Seats: []string{a[0], b[0]}})
	s.step(bob, post, confirm, sale{Request: r2, Seats: b})
	s.step(bob, post, lock, sale{Request: r2, Seats: b})

	s.chapter("another tab of ann's takes over a seat; the first can neither sell nor free it")
	r3 := s.named(ann, "ann-2")
	s.step(ann, post, lock, sale{Request: r3, Seats: a[2:]})
	s.step(ann, post, confirm, sale{Request: r1, Seats: a})
	s.step(ann, http.MethodDelete, lock, sale{Request: r1, Seats: a[2:]})
	s.step(ann, http.MethodDelete, lock, sale{Seats: a[2:]})

	s.chapter("ann buys, and asks again")
	s.step(ann, post, confirm, sale{Request: r1, Seats: a[:2]})
	s.step(ann, post, confirm, sale{Request: r1, Seats: a[:2]})
	s.step(ann, post, confirm, sale{Request: r1, Seats: a[:1]})
	s.step(bob, post, lock, sale{Request: r2, Seats: a[:1]})
	s.step(bob, post, confirm, sale{Request: s.named(bob, "bob-2"), Seats: a[:1]})

	s.chapter("bob's card is declined, then another is taken")
	s.step(bob, post, confirm, sale{Request: r2, Seats: b, Token: "tok_decline"})
	s.step(ann, post, lock, sale{Request: s.named(ann, "ann-3"), Seats: b})
	s.step(bob, post, lock, sale{Request: s.named(bob, "bob-3"), Seats: b})
	s.step(bob, post, confirm, sale{Request: r2, Seats: b, Token: "tok_approve"})

	s.chapter("the guest opens a payment, gives it up, and a late settle changes nothing")
	r4 := s.named(guest, "guest-1")
	s.step(guest, post, lock, sale{Request: r4, Seats: c})
	open := s.step(guest, post, checkout, guest.sale(r4, c))
	s.step(guest, post, checkout, guest.sale(r4, c))
	s.step(guest, http.MethodDelete, lock, sale{Seats: c})
	s.step(guest, post, "/api/bookings/"+open+"/cancel", nil)
	s.step(guest, post, "/api/bookings/"+open+"/settle", map[string]string{"payment_token": "tok_approve"})
	s.step(guest, post, confirm, guest.sale(r4, c))
	s.step(bob, http.MethodGet, "/api/bookings/"+open, nil)

	s.chapter("the guest buys, holds, and signs in as bob: both are bob's now")
	r5, r6 := s.named(guest, "guest-2"), s.named(guest, "guest-3")
	same(guest, bob)
	s.step(guest, post, lock, sale{Request: r5, Seats: c})
	s.step(guest, post, confirm, guest.sale(r5, c))
	s.step(guest, post, lock, sale{Request: r6, Seats: d})
	bought := guest.sale(r5, c)
	guest.signIn(t, bob.email)
	s.settle()
	s.step(bob, post, extend, map[string]string{"request_id": r6})
	s.step(bob, post, confirm, bought)
	s.step(bob, http.MethodDelete, lock, sale{Seats: d})
	s.chapter("the end")
	s.end(ann, bob)
}

// named makes a request id and gives it a name in the log.
func (s *story) named(p *person, name string) string {
	r := p.request()
	s.names[r] = name
	return r
}

func (s *story) chapter(title string) { s.log = append(s.log, "", "# "+title) }

// follow lets somebody watch from now on.
func (s *story) follow(name string, p *person) {
	k := p.watch(s.t, s.h.id, "", nil)
	require.Equal(s.t, "snapshot", k.next().Type)
	s.sockets = append(s.sockets, k)
	s.viewers = append(s.viewers, name)
	s.seen = append(s.seen, map[string]string{})
}

// step sends one request, notes the answer, and then what each watcher saw of it. It returns the booking's id.
func (s *story) step(p *person, method, path string, body any) (id string) {
	s.t.Helper()
	a := p.do(s.t, method+" "+path, body)
	var v struct {
		Error       string
		Locked      []string
		Released    []string
		NotReleased map[string]string `json:"not_released"`
		Conflicted  []string
		Reasons     map[string]string
		RequestID   string `json:"request_id"`
		Left        *int   `json:"extensions_left"`
		Booking     *booking
	}
	require.NoError(s.t, a.JSON(&v))
	parts := []string{s.names[p.id], method, s.short(path), s.asked(body), "->", fmt.Sprint(a.Status)}
	add := func(name string, value any) {
		if b, err := json.Marshal(value); err == nil && !slices.Contains([]string{"null", `""`, "[]", "{}"}, string(b)) {
			parts = append(parts, name+"="+s.short(string(b)))
		}
	}
	add("error", v.Error)
	add("locked", s.seats(v.Locked))
	add("released", s.seats(v.Released))
	add("not_released", s.why(v.NotReleased))
	add("conflicted", s.seats(v.Conflicted))
	add("reasons", s.why(v.Reasons))
	add("request", v.RequestID)
	add("extensions_left", v.Left)
	if v.Booking != nil {
		id = v.Booking.ID
		if s.names[id] == "" {
			s.names[id] = fmt.Sprintf("booking%d", s.count("booking")+1)
		}
		add("booking", id)
		add("status", v.Booking.Status)
		add("reason", v.Booking.Reason)
		add("seats", s.seats(v.Booking.SeatIDs))
		add("tickets", len(v.Booking.Tickets))
	}
	s.log = append(s.log, strings.Join(parts, " "))
	s.settle()
	return id
}

func (s *story) count(prefix string) int {
	n := 0
	for _, name := range s.names {
		if strings.HasPrefix(name, prefix) {
			n++
		}
	}
	return n
}

// settle reads every stream up to the hall's present, without a hole, and notes what changed for its viewer. Events that continue a hold
// (a later deadline) are read and not told, nor is how many there were: the server renews a hold when time has passed, and what happens
// within one tick may come as one frame.
func (s *story) settle() {
	s.t.Helper()
	for i, k := range s.sockets {
		var changes []string
		for id, state := range k.follow(s.h.state(s.t, k.p).Seq) {
			if s.seen[i][id] != state {
				s.seen[i][id] = state
				changes = append(changes, s.names[id]+"="+state)
			}
		}
		if slices.Sort(changes); len(changes) > 0 {
			s.log = append(s.log, fmt.Sprintf("    %s sees %s", s.viewers[i], strings.Join(changes, " ")))
		}
	}
}

// end writes the hall and everybody's bookings.
func (s *story) end(people ...*person) {
	for _, p := range people {
		taken := s.h.state(s.t, p).taken()
		var seats []string
		for id, name := range s.names {
			if strings.HasPrefix(name, "seat") {
				seats = append(seats, name+"="+taken[id])
			}
		}
		slices.Sort(seats)
		s.log = append(s.log, fmt.Sprintf("%s's map: %s", s.names[p.id], strings.Join(seats, " ")))
		for _, b := range p.bookings(s.t) {
			s.log = append(s.log, fmt.Sprintf("%s's %s: %s %s %v", s.names[p.id], s.names[b.ID], b.Status, b.Reason, s.seats(b.SeatIDs)))
		}
	}
}

func (s *story) seats(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = s.names[id]
	}
	slices.Sort(out)
	return out
}

func (s *story) why(reasons map[string]string) map[string]string {
	out := map[string]string{}
	for id, why := range reasons {
		out[s.names[id]] = why
	}
	return out
}

// asked is the request as the story tells it.
func (s *story) asked(body any) string {
	switch b := body.(type) {
	case sale:
		return strings.TrimSpace(fmt.Sprintf("%s %v %s", s.names[b.Request], s.seats(b.Seats), b.Token))
	case map[string]string:
		if r := b["request_id"]; r != "" {
			return s.names[r]
		}
		return b["payment_token"]
	}
	return "-"
}

// short puts the story's words for ids that stand in a text.
func (s *story) short(text string) string {
	text = strings.ReplaceAll(text, s.h.id, "show")
	for id, name := range s.names {
		if len(id) > 8 { // not seats: they are no words of their own
			text = strings.ReplaceAll(text, id, name)
		}
	}
	return text
}
