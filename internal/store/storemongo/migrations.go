package storemongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// ErrNewer says that the database was written by a newer version of the program, which must not be followed by an older one.
var ErrNewer = errors.New("the database was written by a newer version of this program")

// Migration is one step of the schema.
type Migration struct {
	Version int
	Name    string
	Applied time.Time // zero: pending
}

type migrationDoc struct {
	Version int       `bson:"_id"`
	Name    string    `bson:"name"`
	Applied time.Time `bson:"applied_at"`
}

// step is one change of the schema. It may run again after a crash, and so must come to the same however far it came before. A step that
// was released is never changed.
type step struct {
	name string
	run  func(ctx context.Context, s *Store) error
}

// steps are the changes in order; the first has version 1.
var steps = [...]step{
	{"create_collections", createCollections},
	{"name_sessions", nameSessions},
	{"fill_booking_cinemas", fillCinemas},
	{"create_erasures", createErasures},
	{"begin_audit_chain", beginChain},
}

// createCollections makes the collections by name, so that a cluster can shard them before the first sale.
func createCollections(ctx context.Context, s *Store) error {
	names := make([]string, 0, len(s.named()))
	for name := range s.named() {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		err := s.again(ctx, func(ctx context.Context) error {
			err := s.db.CreateCollection(ctx, name)
			if e, ok := errors.AsType[mongo.ServerError](err); ok && e.HasErrorCode(codeNamespaceExists) {
				return nil
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("create %s: %w", name, err)
		}
	}
	return nil
}

// migrate applies what is pending. Processes that start together wait for the one that has the lease and find nothing left to do.
func (s *Store) migrate(ctx context.Context) error {
	pending, err := s.pending(ctx)
	if err != nil || len(pending) == 0 {
		return err
	}
	return s.leased(ctx, "migrate", func(ctx context.Context) error {
		pending, err := s.pending(ctx)
		if err != nil {
			return err
		}
		for _, m := range pending {
			if err := steps[m.Version-1].run(ctx, s); err != nil {
				return fmt.Errorf("migrate to %d (%s): %w", m.Version, m.Name, err)
			}
			if _, err := s.insert(ctx, s.migrations, migrationDoc{m.Version, m.Name, s.now()}); err != nil {
				return err
			}
			s.log.InfoContext(ctx, "schema changed", "version", m.Version, "name", m.Name)
		}
		return nil
	})
}

func (s *Store) pending(ctx context.Context) ([]Migration, error) {
	all, err := s.Migrations(ctx)
	return slices.DeleteFunc(all, func(m Migration) bool { return !m.Applied.IsZero() }), err
}

// Migrations lists every step and when it was applied.
func (s *Store) Migrations(ctx context.Context) ([]Migration, error) {
	docs, err := list[migrationDoc](ctx, s, s.migrations, bson.D{}, options.Find().SetSort(field("_id", 1)))
	if err != nil {
		return nil, err
	}
	all := make([]Migration, len(steps))
	for i, st := range steps {
		all[i] = Migration{Version: i + 1, Name: st.name}
	}
	for _, d := range docs {
		if d.Version > len(steps) {
			return nil, fmt.Errorf("%w (schema %d, this one knows %d)", ErrNewer, d.Version, len(steps))
		}
		all[d.Version-1].Applied = d.Applied
	}
	return all, nil
}

// Migrate brings the schema up to date without starting a store, and lists its steps.
func Migrate(ctx context.Context, o Options) (all []Migration, err error) {
	s, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Migrations(ctx)
}

// MigrateStatus lists the steps. It only reads.
func MigrateStatus(ctx context.Context, o Options) (all []Migration, err error) {
	s, err := connect(o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Migrations(ctx)
}
