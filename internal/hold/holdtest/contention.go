package holdtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/stretchr/testify/require"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

func contentionTests() []test {
	return []test{
		{"one_of_many_gets_the_seat", contendOne},
		{"overlapping_selections_are_all_or_nothing", contendOverlap},
		{"sweepers_end_each_hold_once", contendSweepers},
		{"a_storm_of_everything_stays_legal", contendStorm},
		{"one_hydrate_of_many_wins", contendHydrate},
		{"a_watcher_of_the_storm_has_the_engines_state", contendWatched},
	}
}

// together runs n workers from one barrier and waits for them.
func together(n int, work func(i int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-start
			work(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

func person(i int) ident.User { return ident.User(fmt.Sprintf("usr_%d", i)) }

func contendOne(s *stage) {
	const callers = 64
	errs := make([]error, callers)
	together(callers, func(i int) { _, errs[i] = s.tryLock(person(i), tab1, "A1", "A2") })
	winners := 0
	for i, err := range errs {
		if err == nil {
			winners++
			require.Equal(s.t, person(i), s.lockOf("A1").Owner)
			continue
		}
		conflict := as[*hold.ConflictError](s, err)
		require.Len(s.t, conflict.Seats, 2)
	}
	require.Equal(s.t, 1, winners)
	require.Len(s.t, s.since(s.from.Position), 1)
}

func contendOverlap(s *stage) {
	const callers = 40
	won := make([]bool, callers)
	together(callers, func(i int) {
		_, err := s.tryLock(person(i), tab1, s.room.Seats[i:i+4]...)
		won[i] = err == nil
	})
	counts := make(map[ident.User]int)
	for _, l := range s.snapshot().Locks {
		counts[l.Owner]++
	}
	for i, ok := range won {
		if ok {
			require.Equal(s.t, 4, counts[person(i)])
		} else {
			require.Zero(s.t, counts[person(i)])
		}
	}
}

func contendSweepers(s *stage) {
	crowd(s, 60)
	before := s.snapshot().Position
	s.pass(s.ttl())
	swept := make([]int, 8)
	together(len(swept), func(i int) {
		a, err := s.Engine.Sweep(s.t.Context(), hold.SweepRequest{Room: s.room})
		if err == nil {
			swept[i] = a.Swept
		}
	})
	total := 0
	for _, n := range swept {
		total += n
	}
	require.Equal(s.t, 60, total)
	require.Len(s.t, s.since(before), 60)
}

// storm makes random calls for a few people and gives the errors that no rule explains.
func storm(s *stage, worker, calls int) error {
	dice := rand.New(rand.NewPCG(uint64(worker), 7)) //nolint:gosec // a repeatable test, no secret.
	me, booking := person(worker%6), ident.Booking(fmt.Sprintf("bk_%d", worker))
	for range calls {
		first := dice.IntN(28)
		seats := s.room.Seats[first : first+1+dice.IntN(2)]
		request := []ident.Request{tab1, tab2}[dice.IntN(2)]
		var err error
		switch dice.IntN(10) {
		case 0, 1, 2, 3, 4:
			_, err = s.tryLock(me, request, seats...)
		case 5:
			_, err = s.Engine.Release(s.t.Context(), hold.ReleaseRequest{Showtime: s.room.Showtime, Owner: me, Seats: seats})
		case 6:
			_, err = s.tryExtend(hold.ExtendMore, s.unit, me, request)
		case 7:
			_, err = s.Engine.Confirm(s.t.Context(), hold.ConfirmRequest{
				Showtime: s.room.Showtime, Owner: me, Request: request, Booking: booking, Seats: seats, Expires: s.room.End,
			})
		case 8:
			_, err = s.Engine.Unbook(s.t.Context(), hold.UnbookRequest{
				Showtime: s.room.Showtime, Owner: me, Request: request, Booking: booking, Seats: seats,
			})
		default:
			_, err = s.Engine.Sweep(s.t.Context(), hold.SweepRequest{Room: s.room, Recount: dice.IntN(2) == 0})
		}
		if err != nil && !ended(err) {
			return err
		}
	}
	return nil
}

// stormBegins lets many workers loose. verify, which ends every case, replays what happened.
func stormBegins(s *stage) {
	s.t.Helper()
	errs := make([]error, 12)
	together(len(errs), func(i int) { errs[i] = storm(s, i, 120) })
	require.NoError(s.t, errors.Join(errs...))
	owned := make(map[ident.User]int)
	for _, l := range s.snapshot().Locks {
		owned[l.Owner]++
	}
	for owner, n := range owned {
		require.LessOrEqual(s.t, n, maxSeats, owner)
	}
}

func contendStorm(s *stage) { stormBegins(s) }

func contendHydrate(s *stage) {
	s.room = Room("st_contended", s.room.End)
	epochs := make([]string, 16)
	together(len(epochs), func(i int) {
		a, err := s.Engine.Hydrate(s.t.Context(), hold.HydrateRequest{Room: s.room, Epoch: fmt.Sprintf("mine-%d", i)})
		if err == nil {
			epochs[i] = a.Epoch
		}
	})
	s.rebase()
	require.Equal(s.t, uint64(1), s.from.Seq)
	for _, e := range epochs {
		require.Equal(s.t, s.from.Epoch, e)
	}
}

func contendWatched(s *stage) {
	ledger, sub := NewLedger(s.from), s.subscribe(s.from.Position)
	watched := make(chan error, 1)
	go func() { watched <- watch(s, ledger, sub) }()
	stormBegins(s)
	s.lock(lastPerson, tab1, "J30")
	require.NoError(s.t, <-watched)
	require.NoError(s.t, ledger.Equal(s.snapshot()))
}

// lastPerson's lock tells a watcher that the storm is over.
const lastPerson ident.User = "usr_last"

// watch applies events as they come, until the last person's.
func watch(s *stage, ledger *Ledger, sub hold.Subscription) error {
	for {
		events, err := sub.Next(s.t.Context())
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := ledger.Apply(e); err != nil {
				return err
			}
			if e.Owner == lastPerson {
				return nil
			}
		}
	}
}
