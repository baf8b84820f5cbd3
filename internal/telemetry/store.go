package telemetry

import (
	"context"
	"reflect"
	"strings"
	"time"
	"unicode"

	"cinema/internal/audit"
	"cinema/internal/idem"
	"cinema/internal/store"
)

var _ store.Backend = (*Store)(nil)

// Store is a durable store whose calls are measured. It changes nothing else; its start, its pulse and its end pass through.
type Store struct {
	store.Backend

	calls map[string]*call // by the name of the method; never written after its making
}

// finder is Store in front of a store that also finds entries of the record by their ids.
type finder struct {
	*Store
	audit.Finder
}

// Store stands in front of a store. What the store offers to the record beside the port, the wrapper offers as well.
func (p *Probe) Store(backend store.Backend) store.Backend {
	port := reflect.TypeFor[store.Backend]()
	s := &Store{Backend: backend, calls: make(map[string]*call, port.NumMethod())}
	for m := range port.Methods() {
		if m.Name != "Canary" && m.Name != "Ping" && m.Name != "Close" {
			s.calls[m.Name] = p.call("store", snake(m.Name), p.store)
		}
	}
	if f, ok := backend.(audit.Finder); ok {
		return finder{Store: s, Finder: f}
	}
	return s
}

func (s *Store) begin(ctx context.Context, method string) (context.Context, timing) {
	return s.calls[method].begin(ctx)
}

// snake writes a method's name as a label: ReleaseClaims is release_claims.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// Append writes entries of the record.
func (s *Store) Append(ctx context.Context, entries []audit.Entry) error {
	ctx, t := s.begin(ctx, "Append")
	err := s.Backend.Append(ctx, entries)
	t.end(err)
	return err
}

// Entries searches the record.
func (s *Store) Entries(ctx context.Context, q audit.Query) ([]audit.Entry, int, error) {
	ctx, t := s.begin(ctx, "Entries")
	v, more, err := s.Backend.Entries(ctx, q)
	t.end(err)
	return v, more, err
}

// BeginRequest takes the key of a request.
func (s *Store) BeginRequest(ctx context.Context, r idem.Record) (idem.Record, bool, error) {
	ctx, t := s.begin(ctx, "BeginRequest")
	v, more, err := s.Backend.BeginRequest(ctx, r)
	t.end(err)
	return v, more, err
}

// FinishRequest keeps the answer of a request.
func (s *Store) FinishRequest(ctx context.Context, r idem.Record) error {
	ctx, t := s.begin(ctx, "FinishRequest")
	err := s.Backend.FinishRequest(ctx, r)
	t.end(err)
	return err
}

// DropRequest forgets the key of a request.
func (s *Store) DropRequest(ctx context.Context, id string) error {
	ctx, t := s.begin(ctx, "DropRequest")
	err := s.Backend.DropRequest(ctx, id)
	t.end(err)
	return err
}

// DropRequests deletes expired keys.
func (s *Store) DropRequests(ctx context.Context, before time.Time) (int, error) {
	ctx, t := s.begin(ctx, "DropRequests")
	v, err := s.Backend.DropRequests(ctx, before)
	t.end(err)
	return v, err
}
