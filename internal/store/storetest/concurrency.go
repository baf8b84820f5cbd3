package storetest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// together starts n workers from one barrier and waits for all.
func together(n int, work func(i int)) {
	var gate, done sync.WaitGroup
	gate.Add(1)
	for i := range n {
		done.Go(func() {
			gate.Wait()
			work(i)
		})
	}
	gate.Done()
	done.Wait()
}

var concurrencyCases = map[string]func(t *testing.T, b *bench){
	"one_winner_of_a_register": func(t *testing.T, b *bench) {
		holds, errs := make([]string, 32), make([]error, 32)
		together(32, func(i int) {
			holds[i], errs[i] = b.PutOnce(t.Context(), booking.KindPayref, "bk_1|1", fmt.Sprintf("ref_%d", i))
		})
		for i := range holds {
			require.NoError(t, errs[i])
			require.Equal(t, holds[0], holds[i], "everybody reads the winner")
		}
	},
	"one_winner_of_a_seal": func(t *testing.T, b *bench) {
		values := []booking.SealValue{booking.SealReserved, booking.SealRejected, booking.SealMoved}
		won, errs := make([]booking.SealValue, 30), make([]error, 30)
		together(30, func(i int) { won[i], errs[i] = b.Seal(t.Context(), "bk_1", values[i%3]) })
		for i := range won {
			require.NoError(t, errs[i])
			require.Equal(t, won[0], won[i])
		}
		require.Equal(t, won[0], b.sealOf(t, "bk_1"))
	},
	"overlapping_reserves_sell_each_seat_once": overlappingReserves,
	"the_same_request_from_many_sides_is_one_booking": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1", "A2")
		errs := make([]error, 32)
		together(32, func(i int) {
			if _, errs[i] = b.Reserve(t.Context(), want, 1); errs[i] == nil {
				_, _, errs[i] = b.Settle(t.Context(), capture(want))
			}
		})
		for _, err := range errs {
			require.NoError(t, err)
		}
		got, err := b.Booking(t.Context(), "bk_1")
		require.NoError(t, err)
		require.Equal(t, booking.Booked, got.Status)
		require.Len(t, got.Tickets, 2)
		require.Len(t, b.events(t), 1)
	},
	"open_bookings_are_counted_under_a_race": func(t *testing.T, b *bench) {
		errs := make([]error, 16)
		together(16, func(i int) {
			_, errs[i] = b.Reserve(t.Context(), sale(fmt.Sprintf("bk_%d", i), alice, show, ident.Seat(fmt.Sprintf("A%d", i+1))), 2)
		})
		open := 0
		for _, err := range errs {
			if err == nil {
				open++
				continue
			}
			isFault(t, err, fault.Conflict, "booking_open")
		}
		require.Equal(t, 2, open)
	},
	// The provider's word decides, once: a settle and a close that race for the outcome register can not both win.
	"settle_against_close": func(t *testing.T, b *bench) {
		for i := range 20 {
			want := sale(fmt.Sprintf("bk_%d", i), alice, ident.Showtime(fmt.Sprintf("st_%d", i)), "A1")
			b.reserve(t, want)
			var outcome string
			var result booking.SettleResult
			var errs [3]error
			together(2, func(side int) {
				if side == 0 {
					_, result, errs[0] = b.Settle(t.Context(), capture(want))
					return
				}
				if outcome, errs[1] = b.PutOnce(t.Context(), booking.KindPayment, "pay_"+string(want.ID), "cancelled"); outcome == "cancelled" {
					errs[2] = b.ReleaseClaims(t.Context(), want.ID, nil)
				}
			})
			for _, err := range errs {
				require.NoError(t, err)
			}
			got, err := b.Booking(t.Context(), want.ID)
			require.NoError(t, err)
			if outcome == "cancelled" {
				require.Contains(t, []booking.SettleResult{booking.OutcomeLost, booking.ClaimsMissing}, result)
				require.NotEqual(t, booking.Booked, got.Status)
				require.Empty(t, b.claimed(t, want.Showtime))
			} else {
				require.Equal(t, booking.Settled, result)
				require.Equal(t, booking.Booked, got.Status)
				require.Len(t, b.claimed(t, want.Showtime), 1)
			}
		}
	},
	"reject_against_reserve": func(t *testing.T, b *bench) {
		for i := range 20 {
			want := sale(fmt.Sprintf("bk_%d", i), alice, ident.Showtime(fmt.Sprintf("st_%d", i)), "A1")
			var res booking.Reservation
			var errs [2]error
			together(2, func(side int) {
				if side == 0 {
					res, errs[0] = b.Reserve(t.Context(), want, 0)
					return
				}
				_, errs[1] = b.Reject(t.Context(), want.ID, booking.ReasonAbandoned, nil)
			})
			require.NoError(t, errs[0])
			if res.Outcome == booking.Reserved {
				require.NoError(t, errs[1])
				require.Equal(t, booking.SealReserved, b.sealOf(t, want.ID))
				require.Len(t, b.claimed(t, want.Showtime), 1)
			} else {
				if errs[1] != nil || !b.suite.stepwise { // in steps, it may find the row that the reserve wrote before it lost the seal
					isFault(t, errs[1], fault.NotFound, "booking_not_found")
				}
				require.Equal(t, booking.SealRejected, b.sealOf(t, want.ID))
				require.Empty(t, b.claimed(t, want.Showtime))
			}
		}
	},
	"two_planners_race_for_an_hour": func(t *testing.T, b *bench) {
		b.planned(t)
		at := start.Add(24 * time.Hour)
		errs := make([]error, 16)
		together(16, func(i int) {
			st := screening(ident.Showtime(fmt.Sprintf("st_r%d", i)), "au_1", "mv_1", at.Add(time.Duration(i)*time.Minute))
			errs[i] = b.SaveProgramme(t.Context(), catalog.Programme{Showtimes: []catalog.Showtime{st}})
		})
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			isFault(t, err, fault.Conflict, "hall_conflict")
		}
		require.Equal(t, 1, won)
		shows, err := b.Showtimes(t.Context(), catalog.ShowtimeQuery{From: at})
		require.NoError(t, err)
		require.Len(t, shows, 1)
	},
	"one_executor_of_an_idempotent_request": func(t *testing.T, b *bench) {
		fresh, errs := make([]bool, 32), make([]error, 32)
		together(32, func(i int) { _, fresh[i], errs[i] = b.BeginRequest(t.Context(), request("k1")) })
		n := 0
		for i := range fresh {
			require.NoError(t, errs[i])
			if fresh[i] {
				n++
			}
		}
		require.Equal(t, 1, n)
	},
	"one_user_of_an_identity_and_one_account_of_a_guest": func(t *testing.T, b *bench) {
		has, into, errs := make([]ident.User, 16), make([]ident.User, 16), make([]error, 32)
		together(16, func(i int) {
			u := ident.User(fmt.Sprintf("us_%d", i))
			has[i], errs[2*i] = b.BindIdentity(t.Context(), "iss", "sub", u)
			into[i], errs[2*i+1] = b.Merge(t.Context(), "us_guest", u)
		})
		for i := range has {
			require.NoError(t, errs[2*i])
			require.NoError(t, errs[2*i+1])
			require.Equal(t, has[0], has[i])
			require.Equal(t, into[0], into[i])
		}
	},
	"an_administrator_remains":                                   administratorsDemoteEachOther,
	"a_role_is_changed_once_by_those_who_saw_the_same":           rivalChanges,
	"a_sign_in_beside_a_role_change_does_not_give_the_role_back": signInBesideChange,
	"reads_never_see_half_an_act":                                readsBesideWrites,
}

// overlappingReserves lets 32 buyers want pairs, triples and quadruples around the same few seats, in every order.
func overlappingReserves(t *testing.T, b *bench) {
	const buyers, seats = 32, 24
	results, errs := make([]booking.Reservation, buyers), make([]error, buyers)
	wants := make([]booking.Booking, buyers)
	random := rand.New(rand.NewPCG(7, 11))
	for i := range wants {
		first, n := random.IntN(seats-4)+1, random.IntN(3)+2
		var chosen []ident.Seat
		for k := range n {
			chosen = append(chosen, ident.Seat(fmt.Sprintf("A%d", first+k)))
		}
		random.Shuffle(len(chosen), func(x, y int) { chosen[x], chosen[y] = chosen[y], chosen[x] })
		wants[i] = sale(fmt.Sprintf("bk_%02d", i), ident.User(fmt.Sprintf("us_%d", i)), show, chosen...)
	}
	together(buyers, func(i int) { results[i], errs[i] = b.Reserve(t.Context(), wants[i], 0) })

	owner := b.claimed(t, show)
	winners := 0
	for i, want := range wants {
		require.NoError(t, errs[i])
		if results[i].Outcome == booking.Reserved {
			winners++
			require.Equal(t, booking.SealReserved, b.sealOf(t, want.ID))
			for _, s := range want.Seats {
				require.Equal(t, want.ID, owner[s], "a winner has all his seats")
			}
			continue
		}
		require.Equal(t, booking.Conflicts, results[i].Outcome)
		require.Equal(t, booking.SealRejected, b.sealOf(t, want.ID))
		got, err := b.Booking(t.Context(), want.ID)
		require.NoError(t, err)
		require.Equal(t, booking.Failed, got.Status)
		require.Equal(t, booking.ReasonConflict, got.Reason)
		require.NotEmpty(t, results[i].Conflict)
		for _, s := range results[i].Conflict {
			require.Contains(t, want.Seats, s)
			require.NotEqual(t, want.ID, owner[s])
		}
		for _, s := range want.Seats {
			require.NotEqual(t, want.ID, owner[s], "a loser has none")
		}
	}
	require.Positive(t, winners, "somebody always wins")
}

// readsBesideWrites reads claims while pairs of seats are taken and given back: both or none of a pair are there.
func readsBesideWrites(t *testing.T, b *bench) {
	if b.suite.stepwise {
		t.Skip("left out: the backend's acts are chains of steps")
	}
	const rounds = 40
	stop := make(chan struct{})
	var wait sync.WaitGroup
	var halves int
	var readErr error
	wait.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			claims, err := b.Claims(t.Context(), show)
			if err != nil {
				readErr = err
				return
			}
			if len(claims)%2 != 0 {
				halves++
			}
		}
	})
	for i := range rounds {
		id := fmt.Sprintf("bk_%d", i)
		b.reserve(t, sale(id, alice, show, "A1", "A2"))
		b.raise(t, ident.Booking(id), booking.Failed, booking.ReasonCancelled)
		require.NoError(t, b.ReleaseClaims(t.Context(), ident.Booking(id), nil))
	}
	close(stop)
	wait.Wait()
	require.NoError(t, readErr)
	require.Zero(t, halves)
}
