package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/ident"
)

// Bounds of the live holds.
const (
	maxLively    = 24
	lookAgain    = 5 * time.Minute
	livelyWindow = 12 * time.Hour // how far ahead people choose seats
)

// Locker holds seats as a customer would. An error (seats gone, limit reached) only means that somebody was quicker.
type Locker interface {
	Lock(ctx context.Context, user ident.User, showtime ident.Showtime, request ident.Request, seats []ident.Seat) error
	Release(ctx context.Context, user ident.User, showtime ident.Showtime, request ident.Request, seats []ident.Seat) error
}

// Programme is what Lively asks of the catalogue.
type Programme interface {
	Showtimes(ctx context.Context, q catalog.ShowtimeQuery) ([]catalog.Showtime, error)
	Detail(ctx context.Context, showtime ident.Showtime) (*catalog.Detail, error)
}

// Lively makes seat maps move: invented people hold seats of the next screenings, change their minds and come back. Screenings that
// the demonstration keeps empty are left alone.
type Lively struct {
	programme Programme
	locker    Locker
	clock     clock.Clock
	planner   *planner
	rng       *rand.Rand
	people    []person

	shows  []ident.Showtime
	looked time.Time
	held   []livelyHold
	count  int
}

// livelyHold is a hold until somebody changes his mind.
type livelyHold struct {
	user     ident.User
	showtime ident.Showtime
	request  ident.Request
	seats    []ident.Seat
	until    time.Time
}

// NewLively makes the worker; Run starts it.
func NewLively(p Programme, l Locker, clk clock.Clock, o Options) (*Lively, error) {
	s, err := newSeeding(Deps{Clock: clk}, o)
	if err != nil {
		return nil, err
	}
	return &Lively{programme: p, locker: l, clock: clk, planner: s.planner, rng: s.planner.random("lively", clk.Now().String()), people: people()}, nil
}

// Run makes and drops holds until ctx ends. Holds that are left then expire by themselves.
func (l *Lively) Run(ctx context.Context) error {
	for {
		wait := l.Step(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-l.clock.After(wait):
		}
	}
}

// Step does what is due and tells how long to wait for the next one. It is not safe for concurrent use.
func (l *Lively) Step(ctx context.Context) time.Duration {
	now := l.clock.Now()
	l.held = slices.DeleteFunc(l.held, func(h livelyHold) bool {
		if now.Before(h.until) {
			return false
		}
		_ = l.locker.Release(ctx, h.user, h.showtime, h.request, h.seats) // gone already is as good
		return true
	})
	if now.Sub(l.looked) >= lookAgain {
		l.look(ctx, now)
	}
	if len(l.held) < maxLively && len(l.shows) > 0 {
		l.hold(ctx, now)
	}
	return time.Duration(400+l.rng.IntN(2200)) * time.Millisecond
}

// look finds the demonstration's screenings that are on sale.
func (l *Lively) look(ctx context.Context, now time.Time) {
	shows, err := l.programme.Showtimes(ctx, catalog.ShowtimeQuery{Cinema: cinemaID, From: now, To: now.Add(livelyWindow)})
	if err != nil {
		return // the next look comes soon enough
	}
	l.looked = now
	l.shows = l.shows[:0]
	for _, st := range shows {
		if st.Sale(now) == catalog.OnSale && l.busy(st) {
			l.shows = append(l.shows, st.ID)
		}
	}
}

// busy tells whether a screening is one that may have holds.
func (l *Lively) busy(st catalog.Showtime) bool {
	day, err := l.planner.day(st.BusinessDate)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(day, func(s show) bool { return s.ID == st.ID && s.role != empty && s.role != open })
}

// hold lets somebody choose seats somewhere; seats that are taken already are simply not got.
func (l *Lively) hold(ctx context.Context, now time.Time) {
	d, err := l.programme.Detail(ctx, l.shows[l.rng.IntN(len(l.shows))])
	if err != nil {
		return
	}
	rows := d.Layout.Rows
	row := rows[l.rng.IntN(len(rows))].Label
	seats := catalog.Best(d.Layout, catalog.BestQuery{Count: party(l.rng), Free: func(id ident.Seat) bool {
		_, blocked := d.Blocked[id]
		return !blocked && strings.TrimRight(string(id), "0123456789") == row && l.rng.IntN(8) > 0
	}})
	if len(seats) == 0 {
		return
	}
	l.count++
	h := livelyHold{
		user: l.people[l.rng.IntN(len(l.people))].id, showtime: d.Showtime.ID, seats: seats,
		request: ident.Request(fmt.Sprintf("rq_lively_%d_%d", now.UnixMilli(), l.count)),
		until:   now.Add(time.Duration(15+l.rng.IntN(120)) * time.Second),
	}
	if l.locker.Lock(ctx, h.user, h.showtime, h.request, h.seats) == nil {
		l.held = append(l.held, h)
	}
}
