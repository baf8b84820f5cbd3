package storemongo_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"cinema/internal/booking"
	"cinema/internal/mongotest"
	"cinema/internal/store"
	"cinema/internal/store/storemongo"
)

// salesWrites is how many writes a sale sends.
const salesWrites = 7

// A write whose answer is lost is sent again and means the same, whichever of a sale's writes it is and whether the server saw it or not.
func TestSale_everyWriteMayLoseItsAnswer(t *testing.T) {
	t.Parallel()
	for _, verdict := range []mongotest.Verdict{mongotest.DropBefore, mongotest.DropAfter} {
		for at := 1; at <= salesWrites; at++ {
			t.Run(fmt.Sprintf("write_%d_verdict_%d", at, verdict), func(t *testing.T) {
				t.Parallel()
				l := setup(t)
				var writes nth
				l.relay.Judge(func(c mongotest.Command) mongotest.Verdict {
					if writes.next(c) == at {
						return verdict
					}
					return mongotest.Pass
				})
				want := sale("bk_1", "A1", "A2")
				sell(t, l, want)
				soldOnce(t, l, want)
			})
		}
	}
}

// A process that dies after any of its writes leaves something that either a retry completes or the reconciler ends.
func TestReserve_dyingAtAnyStep(t *testing.T) {
	t.Parallel()
	const writes = 3 // booking, claims, seal
	for at := 1; at <= writes; at++ {
		for _, then := range []string{"retried", "abandoned"} {
			t.Run(fmt.Sprintf("before_write_%d_then_%s", at, then), func(t *testing.T) {
				t.Parallel()
				l := setup(t, impatient)
				var seen nth
				l.relay.Judge(func(c mongotest.Command) mongotest.Verdict {
					if seen.next(c) >= at {
						return mongotest.DropBefore
					}
					return mongotest.Pass
				})
				want := sale("bk_1", "A1", "A2")
				_, err := l.Reserve(t.Context(), want, 2)
				isUnavailable(t, err)
				if then == "retried" {
					sell(t, l.other, want)
					soldOnce(t, l.other, want)
					return
				}
				if at > 1 { // else there is nothing to end
					got, err := l.other.Reject(t.Context(), want.ID, booking.ReasonAbandoned, nil)
					require.NoError(t, err)
					require.Equal(t, booking.Failed, got.Status)
				}
				require.Empty(t, claimed(t, l.other))
				sell(t, l.other, sale("bk_2", "A1", "A2"))
			})
		}
	}
}

// After a duplicate key only a winner that a majority read finds counts. One that was rolled back leaves the register to the next.
func TestPutOnce_aWinnerThatWasRolledBackDoesNotCount(t *testing.T) {
	t.Parallel()
	l := setup(t)
	rival := rivalOf(t, l, "payref|bk_1|1")
	rival.insert()
	var once sync.Once
	l.relay.Judge(func(c mongotest.Command) mongotest.Verdict {
		if c.Name == "find" && c.Collection == "decisions" {
			once.Do(rival.remove) // refused by it, and then it is gone
		}
		return mongotest.Pass
	})
	holds, err := l.PutOnce(t.Context(), booking.KindPayref, "bk_1|1", "mine")
	require.NoError(t, err)
	require.Equal(t, "mine", holds)
}

// A winner that no majority read ever finds leaves the outcome unknown: unavailable, and never a guess.
func TestPutOnce_aWinnerThatNobodySeesIsUnavailable(t *testing.T) {
	t.Parallel()
	l := setup(t, impatient)
	rival := rivalOf(t, l, "payref|bk_1|1")
	l.relay.Judge(func(c mongotest.Command) mongotest.Verdict {
		if c.Collection == "decisions" {
			switch c.Name {
			case "insert":
				rival.insert()
			case "find":
				rival.remove()
			}
		}
		return mongotest.Pass
	})
	_, err := l.PutOnce(t.Context(), booking.KindPayref, "bk_1|1", "mine")
	isUnavailable(t, err)
}

// A claim that refuses another and is gone a moment later is no conflict.
func TestReserve_aBlockerThatIsGoneIsNoConflict(t *testing.T) {
	t.Parallel()
	l := setup(t)
	sell(t, l.other, sale("bk_0", "A1"))
	var once sync.Once
	l.relay.Judge(func(c mongotest.Command) mongotest.Verdict {
		if c.Name == "find" && c.Collection == "seat_claims" {
			once.Do(func() { _ = l.other.ReleaseClaims(t.Context(), "bk_0", nil) })
		}
		return mongotest.Pass
	})
	res, err := l.Reserve(t.Context(), sale("bk_1", "A1"), 2)
	require.NoError(t, err)
	require.Equal(t, booking.Reserved, res.Outcome)
}

// rival is another process's register.
type rival struct{ insert, remove func() }

func rivalOf(t *testing.T, l *line, id string) rival {
	t.Helper()
	c := l.server.Aside(l.options.Database).Collection("decisions")
	key := bson.D{{Key: "_id", Value: id}}
	return rival{
		insert: func() {
			_ = l.server.Do(func() error {
				_, err := c.InsertOne(t.Context(), append(key, bson.E{Key: "v", Value: "rival"}))
				return err
			})
		},
		remove: func() {
			_ = l.server.Do(func() error {
				_, err := c.DeleteOne(t.Context(), key)
				return err
			})
		},
	}
}

// The reconciler seals while a reserve is between its claims and its seal: the reserve follows and leaves nothing.
func TestReserve_theSealDecidesAgainstTheReconciler(t *testing.T) {
	t.Parallel()
	l := setup(t)
	var once sync.Once
	l.relay.Judge(func(c mongotest.Command) mongotest.Verdict {
		if c.Name == "insert" && c.Collection == "decisions" {
			once.Do(func() { _, _ = l.other.Seal(t.Context(), "bk_1", booking.SealRejected) })
		}
		return mongotest.Pass
	})
	res, err := l.Reserve(t.Context(), sale("bk_1", "A1", "A2"), 2)
	require.NoError(t, err)
	require.Equal(t, booking.Ended, res.Outcome)
	require.Equal(t, booking.Failed, res.Booking.Status)
	require.Equal(t, booking.ReasonAbandoned, res.Booking.Reason)
	require.Empty(t, claimed(t, l))
}

// A twin takes the booking to its end while this act is about to claim. The claims land late and must go: the seal says RESERVED, but the
// booking is terminal.
func TestReserve_claimsThatLandAfterTheEndAreGivenBack(t *testing.T) {
	t.Parallel()
	l := setup(t)
	want := sale("bk_1", "A1", "A2")
	var once sync.Once
	var twin error
	l.relay.Judge(func(c mongotest.Command) mongotest.Verdict {
		if c.Name == "insert" && c.Collection == "seat_claims" {
			once.Do(func() { twin = endTwin(t, l.other, want) })
		}
		return mongotest.Pass
	})
	res, err := l.Reserve(t.Context(), want, 2)
	require.NoError(t, twin)
	require.NoError(t, err)
	require.Equal(t, booking.Ended, res.Outcome)
	require.Equal(t, booking.ReasonPaymentExpired, res.Booking.Reason)
	require.Empty(t, claimed(t, l))
}

func endTwin(t *testing.T, s *storemongo.Store, want booking.Booking) error {
	t.Helper()
	if _, err := s.Reserve(t.Context(), want, 2); err != nil {
		return err
	}
	if _, err := s.SetStatus(t.Context(), want.ID, booking.Failed, booking.ReasonPaymentExpired, nil); err != nil {
		return err
	}
	return s.ReleaseClaims(t.Context(), want.ID, nil)
}

// A cancel intent that is written between the outcome and the tickets stops the settle before anything is issued.
func TestSettle_readsTheIntentsAgainBeforeItIssues(t *testing.T) {
	t.Parallel()
	l := setup(t)
	want := sale("bk_1", "A1")
	_, err := l.Reserve(t.Context(), want, 2)
	require.NoError(t, err)
	var once sync.Once
	l.relay.Judge(func(c mongotest.Command) mongotest.Verdict {
		if c.Name == "insert" && c.Collection == "decisions" {
			once.Do(func() { _, _ = l.other.PutOnce(t.Context(), booking.KindCancel, "bk_1|p0", "{}") })
		}
		return mongotest.Pass
	})
	got, result, err := l.Settle(t.Context(), capture(want))
	require.NoError(t, err)
	require.Equal(t, booking.IntentFound, result)
	require.Empty(t, got.Tickets)
	_, err = l.Ticket(t.Context(), "tk_bk_1_A1")
	require.Error(t, err)
}

// Two settles of one booking that meet before the status are one sale.
func TestSettle_aTwinThatWasFasterIsTheSameSale(t *testing.T) {
	t.Parallel()
	l := setup(t)
	want := sale("bk_1", "A1")
	_, err := l.Reserve(t.Context(), want, 2)
	require.NoError(t, err)
	var once sync.Once
	l.relay.Judge(func(c mongotest.Command) mongotest.Verdict {
		if c.Name == "update" && c.Collection == "bookings" {
			once.Do(func() { _, _, _ = l.other.Settle(t.Context(), capture(want)) })
		}
		return mongotest.Pass
	})
	got, result, err := l.Settle(t.Context(), capture(want))
	require.NoError(t, err)
	require.Equal(t, booking.Settled, result)
	require.Len(t, got.Tickets, 1)
	soldOnce(t, l, want)
}

// A server that does not answer is unavailable; the store serves again by itself when it is back.
func TestPing_unavailableAndBack(t *testing.T) {
	t.Parallel()
	l := setup(t, impatient)
	l.relay.Judge(func(mongotest.Command) mongotest.Verdict { return mongotest.DropBefore })
	isUnavailable(t, l.Ping(t.Context()))
	_, err := l.Booking(t.Context(), "bk_1")
	isUnavailable(t, err)
	l.relay.Judge(nil)
	require.Eventually(t, func() bool { return l.Ping(t.Context()) == nil }, time.Minute, 50*time.Millisecond)
	sell(t, l.other, sale("bk_1", "A1"))
}

// A request whose lock was written without an answer is run by the call that wrote it, and by nobody else.
func TestBeginRequest_knowsItselfAfterALostAnswer(t *testing.T) {
	t.Parallel()
	l := setup(t)
	record := store.RequestRecord{ID: "k1", Fingerprint: "f", LeaseUntil: start.Add(time.Minute), Expires: start.Add(time.Hour)}
	var writes nth
	l.relay.Judge(func(c mongotest.Command) mongotest.Verdict {
		if writes.next(c) == 1 {
			return mongotest.DropAfter
		}
		return mongotest.Pass
	})
	_, fresh, err := l.BeginRequest(t.Context(), record)
	require.NoError(t, err)
	require.True(t, fresh)
	_, fresh, err = l.BeginRequest(t.Context(), record)
	require.NoError(t, err)
	require.False(t, fresh)
}
