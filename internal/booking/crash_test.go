package booking_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/ident"
	"cinema/internal/payment"
	"cinema/internal/payment/paymock"
	"cinema/internal/ticket"
)

// guest and account are one person before and after he signed in.
const guest = ident.User("u_guest")

// play is one story as a client drives it. Errors are part of it: the client of a dead process sees nothing else.
type play struct {
	w *world
	s *booking.Service
	p *process

	acked map[ident.Booking]bool // bookings that a living process called BOOKED
}

func (y *play) ack(r booking.Result, err error) ident.Booking {
	if err == nil && r.Booking.Status == booking.Booked && y.p.alive() {
		y.acked[r.Booking.ID] = true
	}
	return r.Booking.ID
}

func (y *play) confirm(token string) {
	y.ack(y.s.Confirm(context.Background(), ask(alice, req, token, "A1", "A2")))
}

// booked is the id of alice's booking, for steps that follow a confirm.
func (y *play) booked() ident.Booking {
	for _, b := range y.w.store.all() {
		if b.User == alice && b.Request == req {
			return b.ID
		}
	}
	return ""
}

func (y *play) settle(token string) {
	y.ack(y.s.Settle(context.Background(), booking.Caller{User: alice}, y.booked(), token))
}

func (y *play) cancel(tickets ...ident.Ticket) {
	_, _ = y.s.Cancel(context.Background(), booking.CancelRequest{Caller: booking.Caller{User: alice}, Booking: y.booked(), Tickets: tickets})
}

func (y *play) reconcile(wait time.Duration) {
	y.w.clock.Advance(wait)
	_, _ = y.s.RunOnce(context.Background())
}

func (y *play) firstTicket() ident.Ticket {
	return ticket.NewID(y.booked(), "A1", 1)
}

// bank answers for the customer at whatever attempt waits for him.
func (y *play) bank(ok bool) {
	for n := 1; n <= 3; n++ {
		_, _ = y.w.mock().Approve(context.Background(), y.w.mock().RefFor(y.booked(), n), ok)
	}
}

func (y *play) checkout() {
	_, _ = y.s.Checkout(context.Background(), ask(alice, req, "", "A1", "A2"))
}

// card is the customer paying in his browser, at the outside provider, whatever the server does.
func (y *play) card() {
	c, _ := y.w.gateway.(*cards)
	for n := 1; n <= 3; n++ {
		c.pay(fmt.Sprintf("pi_%d", n))
	}
}

// hook is the outside provider's message about its first payment.
func (y *play) hook() {
	_ = y.s.Webhook(context.Background(), []byte("evt_1 pi_1 "+string(y.booked())), "right")
}

// stories are what may be interrupted anywhere.
func stories(outside bool) map[string]func(y *play) {
	both := map[string]func(y *play){
		"approve":                    func(y *play) { y.confirm(paymock.Approve) },
		"approve twice":              func(y *play) { y.confirm(""); y.confirm(paymock.Approve) },
		"decline":                    func(y *play) { y.confirm(paymock.Decline) },
		"decline, then another card": func(y *play) { y.confirm(paymock.Decline); y.confirm(paymock.Approve) },
		"checkout, paid":             func(y *play) { y.checkout(); y.settle(paymock.Approve) },
		"checkout, never paid":       func(y *play) { y.checkout(); y.reconcile(11 * time.Minute) },
		"checkout, given up":         func(y *play) { y.checkout(); y.cancel() },
		"cancelled whole":            func(y *play) { y.confirm(paymock.Approve); y.cancel() },
		"cancelled in part, then whole": func(y *play) {
			y.confirm(paymock.Approve)
			y.cancel(y.firstTicket())
			y.cancel()
		},
		"guest signs in": func(y *play) {
			r := ask(guest, req, paymock.Approve, "A1", "A2")
			r.Caller.Guest = true
			y.ack(y.s.Confirm(context.Background(), r))
			y.mergedConfirm()
		},
	}
	more := map[string]func(y *play){
		"bank approves":                 func(y *play) { y.confirm(paymock.Action); y.bank(true); y.settle("") },
		"bank refuses":                  func(y *play) { y.confirm(paymock.Action); y.bank(false); y.settle(paymock.Approve) },
		"slow":                          func(y *play) { y.confirm(paymock.Slow); y.reconcile(15 * time.Second) },
		"unknown":                       func(y *play) { y.confirm(paymock.Unknown); y.reconcile(15 * time.Second) },
		"given up":                      func(y *play) { y.confirm(paymock.Action); y.cancel() },
		"given up slowly":               func(y *play) { y.confirm(paymock.Unknown); y.cancel(); y.reconcile(15 * time.Second) },
		"bank approves at the deadline": func(y *play) { y.confirm(paymock.Action); y.bank(true); y.reconcile(11 * time.Minute) },
	}
	if outside {
		more = map[string]func(y *play){
			"paid in the browser":        func(y *play) { y.checkout(); y.card(); y.settle("") },
			"paid, told by webhook":      func(y *play) { y.checkout(); y.card(); y.hook(); y.hook() },
			"paid at the deadline":       func(y *play) { y.checkout(); y.card(); y.reconcile(11 * time.Minute) },
			"paid while it is given up":  func(y *play) { y.checkout(); y.card(); y.cancel() },
			"declined, paid in the page": func(y *play) { y.confirm(paymock.Decline); y.card(); y.settle("") },
			"refund refused twice": func(y *play) {
				y.confirm(paymock.Approve)
				if c, ok := y.w.gateway.(*cards); ok {
					c.refuse = 2
				}
				y.cancel()
				y.reconcile(15 * time.Second)
			},
		}
	}
	maps.Copy(both, more)
	return both
}

func (y *play) mergedConfirm() {
	r := ask(alice, req, paymock.Approve, "A1", "A2")
	r.Caller.Merged = []ident.User{guest}
	y.ack(y.s.Confirm(context.Background(), r))
}

// begin opens the world of a story with its mortal process.
func begin(t *testing.T, outside bool, story string, p *process) *play {
	t.Helper()
	w := newWorld(t)
	w.limits.Patience = 1000 * time.Hour // every answer is waited for
	owner := alice
	if strings.HasPrefix(story, "guest") {
		owner = guest
	}
	w.mustLock(owner, req, "A1", "A2")
	store := mortalStore{w.store, p}
	var g payment.Gateway = paymock.New(store, w.clock)
	if outside {
		c := newCards()
		w.gateway, g = c, mortalCards{c, p}
	}
	at := p.at
	p.at = 0
	s := w.serviceOn(store, mortalHolds{w.holds, p}, g)
	p.at, p.calls = at, 0 // the start went well
	return &play{w: w, s: s, p: p, acked: map[ident.Booking]bool{}}
}

// length is how many calls a story makes when nothing happens.
func length(t *testing.T, outside bool, name string, tell func(y *play)) int {
	t.Helper()
	y := begin(t, outside, name, &process{})
	tell(y)
	return y.p.calls
}

// TestCrash kills the process before and right after each of its calls, with and without a client that tries again, and lets a fresh
// process clean up: money and seats agree in the end, whatever the provider.
func TestCrash(t *testing.T) {
	t.Parallel()
	for _, outside := range []bool{false, true} {
		for name, tell := range stories(outside) {
			t.Run(fmt.Sprintf("outside=%t/%s", outside, name), func(t *testing.T) {
				t.Parallel()
				calls := length(t, outside, name, tell)
				require.Greater(t, calls, 4)
				for at := 1; at <= calls; at += stride {
					for variant := range 4 {
						y := begin(t, outside, name, &process{at: at, after: variant&1 == 1})
						tell(y)
						y.forgetKeys()
						y.s = y.w.service()
						y.p = &process{}
						if variant&2 == 2 {
							y.again(name)
						}
						y.w.converge()
						y.verify(t, fmt.Sprintf("call %d of %d, variant %d", at, calls, variant))
					}
				}
			})
		}
	}
}

// forgetKeys lets the outside provider's memory of refund keys run out, as it does after a day.
func (y *play) forgetKeys() {
	if c, ok := y.w.gateway.(*cards); ok {
		c.keys, c.deny = map[string]payment.Refund{}, map[string]bool{}
	}
}

// again is the client repeating his confirm on the restarted server.
func (y *play) again(name string) {
	if strings.HasPrefix(name, "guest") {
		y.mergedConfirm()
		return
	}
	y.confirm(paymock.Approve)
}

// TestPause stops the process before each of its calls while the rest of the world goes on for minutes, and then lets it continue.
func TestPause(t *testing.T) {
	t.Parallel()
	meanwhile := map[string]func(y *play){
		"everything converges":    func(y *play) { y.w.converge() },
		"the client retries":      func(y *play) { y.confirm(paymock.Approve) },
		"the client cancels":      func(y *play) { y.cancel() },
		"retry, then cancel":      func(y *play) { y.confirm(paymock.Approve); y.cancel() },
		"signs in, buys, cancels": func(y *play) { y.mergedConfirm(); y.cancel() },
		"somebody else buys": func(y *play) {
			y.w.engine.Lose()
			if y.w.lock(bob, "request-2", "A1", "A2") == nil {
				y.ack(y.s.Confirm(context.Background(), ask(bob, "request-2", paymock.Approve, "A1", "A2")))
			}
		},
	}
	for _, outside := range []bool{false, true} {
		for name, tell := range stories(outside) {
			for other, happens := range meanwhile {
				t.Run(fmt.Sprintf("outside=%t/%s/%s", outside, name, other), func(t *testing.T) {
					t.Parallel()
					calls := length(t, outside, name, tell)
					for at := 1; at <= calls; at += stride {
						p := &process{at: at}
						y := begin(t, outside, name, p)
						p.pause = func() {
							happens(&play{w: y.w, s: y.w.service(), p: &process{}, acked: y.acked})
						}
						tell(y)
						y.w.converge()
						where := fmt.Sprintf("call %d of %d", at, calls)
						y.noneLeftOpen(t, where)
						y.verify(t, where)
					}
				})
			}
		}
	}
}

// verify holds the end of a story against the invariants.
func (y *play) verify(t *testing.T, where string) {
	t.Helper()
	y.settledUp(t, where)
	y.rival(t, where)
}

// settledUp holds every booking against the invariants once nothing moves any more.
func (y *play) settledUp(t *testing.T, where string) {
	t.Helper()
	w := y.w
	require.Empty(t, w.store.wrong, where)
	live := map[string]ident.Booking{}
	person := 0 // captures of one person's request, before and after he signed in
	for _, b := range w.store.all() {
		say := fmt.Sprintf("%s: %s %s(%s)", where, b.ID, b.Status, b.Reason)
		require.True(t, b.Status.Terminal() || b.Status == booking.Booked, "I12 %s", say)
		m := w.money(b.ID)
		if b.Request == req && (b.User == alice || b.User == guest) {
			person += m.captures
		}
		require.LessOrEqual(t, m.captures, 1, "I7 %s", say)
		require.LessOrEqual(t, m.repaid, m.captured, "I7 %s", say)
		claimed := 0
		for _, id := range w.store.claims {
			if id == b.ID {
				claimed++
			}
		}
		var valid int
		var void int64
		for _, tk := range b.Tickets {
			if tk.Void == "" {
				valid++
			} else {
				void += tk.Price.Minor
			}
		}
		switch b.Status {
		case booking.Booked:
			require.Equal(t, b.Amount.Minor, m.captured, "I3 %s", say)
			require.Equal(t, void, m.repaid, "I3 %s", say)
			require.Positive(t, valid, "I3 %s", say)
			require.Equal(t, valid, claimed, "I1 %s", say)
			require.True(t, w.store.emitted[string(b.ID)+":booking.success:1"], "I11 %s", say)
			key := string(b.User) + "|" + string(b.Request)
			require.Empty(t, live[key], "I7 %s", say)
			live[key] = b.ID
		default:
			require.Zero(t, claimed, "I12 %s", say)
			require.Equal(t, m.captured, m.repaid, "I2 %s", say)
			require.False(t, y.acked[b.ID] && b.Status == booking.Failed, "an acknowledged booking was lost: %s", say)
		}
	}
	require.LessOrEqual(t, person, 1, "I7 across a merge: %s", where)
	found, err := w.service().Verify(t.Context(), show)
	require.NoError(t, err)
	require.Empty(t, found, where)
}

// noneLeftOpen looks for payments of ended bookings that could still be charged. A process that goes on must have cancelled them.
func (y *play) noneLeftOpen(t *testing.T, where string) {
	t.Helper()
	c, ok := y.w.gateway.(*cards)
	if !ok {
		return
	}
	for _, p := range c.byRef {
		b, err := y.w.store.Booking(t.Context(), p.Booking)
		require.NoError(t, err)
		if b.Status == booking.Failed {
			require.Equal(t, payment.Cancelled, p.State, "%s: %s of %s", where, p.Ref, b.ID)
		}
	}
}

// rival buys what is left: a seat that nobody owns is for sale, one that somebody owns is not.
func (y *play) rival(t *testing.T, where string) {
	t.Helper()
	w := y.w
	w.clock.Advance(30 * time.Minute)
	w.engine.Lose()
	for i, seat := range []ident.Seat{"A1", "A2"} {
		_, owned := w.store.claims[string(show)+"|"+string(seat)]
		request := ident.Request(fmt.Sprintf("rival-request-%d", i))
		err := w.lock("u_rival", request, seat)
		require.Equal(t, owned, err != nil, "%s: seat %s: %v", where, seat, err)
		if !owned {
			res, err := w.service().Confirm(t.Context(), ask("u_rival", request, paymock.Approve, seat))
			require.NoError(t, err, where)
			require.Equal(t, booking.Booked, res.Booking.Status, where)
		}
	}
}

// money is what the provider says of a booking.
func (w *world) money(id ident.Booking) (m balance) {
	if c, ok := w.gateway.(*cards); ok {
		return c.money(id)
	}
	for n := 1; n <= 12; n++ {
		ref := w.mock().RefFor(id, n)
		p, err := w.mock().Get(context.Background(), ref)
		if err != nil || p.State != payment.Captured {
			continue
		}
		m.captures++
		m.captured += p.Amount.Minor
		list, err := w.mock().Refunds(context.Background(), ref)
		require.NoError(w.t, err)
		for _, r := range list {
			m.repaid += r.Amount.Minor
		}
	}
	return m
}
