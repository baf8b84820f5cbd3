package rush_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"cinema/test/harness"
)

// buyer wants seats until none is left, as a person with a page open would: look, hold, pay, look again.
type buyer struct {
	rush   *rush
	client *harness.Client
	number int
	tries  int
	sales  []sale // only touched by the buyer's goroutine until it ends
}

// sale is an acknowledged booking.
type sale struct {
	id      string
	request string
	seats   []string
}

func (b *buyer) run(ctx context.Context) {
	idle := 0
	for ctx.Err() == nil && idle < 30 {
		if b.rush.plan.think > 0 {
			b.pause(ctx, b.rush.plan.think)
		}
		free, ok := b.look(ctx)
		if !ok {
			continue
		}
		if len(free) == 0 {
			if b.rush.soldOut(ctx, b.client) {
				return
			}
			idle++
			b.pause(ctx, 200)
			continue
		}
		idle = 0
		b.buy(ctx, choose(free))
	}
}

func (b *buyer) pause(ctx context.Context, ms int) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Duration(rand.IntN(ms)+1) * time.Millisecond):
	}
}

// look lists the seats of the rush that nobody has.
func (b *buyer) look(ctx context.Context) ([]seat, bool) {
	a, err := b.client.Do(ctx, http.MethodGet, "/api/showtimes/"+b.rush.showtime+"/seats/state", nil)
	if err != nil || a.Status != http.StatusOK {
		b.pause(ctx, 100)
		return nil, false
	}
	taken := takenOf(a)
	var free []seat
	for _, s := range b.rush.seats {
		if taken[s.ID] == "" {
			free = append(free, s)
		}
	}
	return free, true
}

// choose takes one to four free seats side by side in the list.
func choose(free []seat) []string {
	at := rand.IntN(len(free))
	want := 1 + rand.IntN(4)
	ids := []string{free[at].ID}
	for i := at + 1; i < len(free) && len(ids) < want && free[i].Row == free[at].Row; i++ {
		ids = append(ids, free[i].ID)
	}
	return ids
}

func (b *buyer) buy(ctx context.Context, seats []string) {
	b.tries++
	request := fmt.Sprintf("rush-%d-%d-%d", b.number, b.tries, rand.Uint32())
	lock := map[string]any{"seat_ids": seats, "request_id": request}
	a, err := b.client.Do(ctx, http.MethodPost, "/api/showtimes/"+b.rush.showtime+"/seats/lock", lock)
	switch {
	case err != nil || a.Status >= 500:
		b.pause(ctx, 100) // outcome unknown: the hold, if any, runs out or is seen as ours
		return
	case a.Status != http.StatusOK:
		b.rush.count("lock " + a.Code())
		return
	}
	b.rush.count("held")
	if rand.IntN(10) == 0 { // some change their mind
		_, _ = b.client.Do(ctx, http.MethodDelete, "/api/showtimes/"+b.rush.showtime+"/seats/lock", map[string]any{"seat_ids": seats})
		return
	}
	b.confirm(ctx, request, seats)
}

// confirm repeats the same request until the server has answered it for good.
func (b *buyer) confirm(ctx context.Context, request string, seats []string) {
	for ctx.Err() == nil {
		a, err := b.client.Do(ctx, http.MethodPost, "/api/showtimes/"+b.rush.showtime+"/bookings/confirm",
			map[string]any{"request_id": request, "seat_ids": seats})
		switch {
		case err != nil || a.Status >= 500 || a.Status == http.StatusAccepted:
			b.pause(ctx, 100)
			continue
		case a.Status == http.StatusOK:
			bk, err := bookingOf(a)
			if err != nil || bk.Status != "BOOKED" {
				b.rush.failf("confirm answered 200 with %s (%v)", a.Body, err)
				return
			}
			b.sales = append(b.sales, sale{id: bk.ID, request: request, seats: seats})
			b.rush.count("booked")
			b.rush.progress.Add(int64(len(seats)))
			return
		default:
			b.rush.count("confirm " + a.Code())
			return
		}
	}
}
