package storemongo

import (
	"context"
	"crypto/rand"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"cinema/internal/fault"
)

// A lease lets one process at a time do what is not one document: a change of the schema or of the programme. Its holder stops well
// before it ends, so that nobody who takes it over meets him; a clock that is wrong by more than the difference would break that, and
// what is guarded so is never a seat.
const (
	leaseLife = 60 * time.Second
	leaseWork = 40 * time.Second
)

type leaseDoc struct {
	ID     string    `bson:"_id"`
	Holder string    `bson:"holder"`
	Until  time.Time `bson:"until"`
}

// leased runs work while no other process holds the lease.
func (s *Store) leased(ctx context.Context, name string, work func(ctx context.Context) error) error {
	working, cancel := context.WithTimeout(ctx, leaseWork)
	defer cancel()
	mine := leaseDoc{ID: name, Holder: rand.Text()}
	if err := s.takeLease(working, &mine); err != nil {
		if ctx.Err() == nil && working.Err() != nil {
			return fault.New(fault.Unavailable, codeUnavailable, "Another process changes the same. Please try again.")
		}
		return err
	}
	err := work(working)
	// The lease is given back also when the caller left.
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	if _, freeErr := s.remove(back, s.leases, bson.D{{Key: "_id", Value: name}, {Key: "holder", Value: mine.Holder}}); freeErr != nil {
		s.log.WarnContext(ctx, "a lease was not given back and has to run out", "lease", name)
	}
	return err
}

func (s *Store) takeLease(ctx context.Context, mine *leaseDoc) error {
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		mine.Until = s.now().Add(leaseLife)
		won, err := s.insert(ctx, s.leases, mine)
		if err != nil || won {
			return err
		}
		there, found, err := find[leaseDoc](ctx, s, s.leases, byID(mine.ID))
		switch {
		case err != nil:
			return err
		case !found:
			continue
		case there.Holder == mine.Holder:
			return nil
		case there.Until.Before(s.now()):
			over := bson.D{{Key: "_id", Value: there.ID}, {Key: "holder", Value: there.Holder}}
			if _, err := s.remove(ctx, s.leases, over); err != nil {
				return err
			}
			continue
		}
		if !wait(ctx, pause) {
			return ctx.Err()
		}
	}
}
