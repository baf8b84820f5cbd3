// Package avatar is the small picture of a person: the one that the identity provider names, fetched by the product itself, decoded and made
// anew, or a drawn one with the initials. A browser never asks a third party for it, and nobody waits for a slow one.
package avatar

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"sync"
	"time"

	"cinema/internal/clock"
	"cinema/internal/ident"
)

// Bounds.
const (
	patience    = 400 * time.Millisecond // how long a request waits for a picture that is being fetched
	fetchTime   = 3 * time.Second        // one picture: the fetch and the decoding
	keepFor     = time.Hour
	missFor     = 10 * time.Minute // how long a picture that could not be had is not tried again
	maxFlights  = 8                // fetches at once; more people get a drawn picture meanwhile
	maxEntries  = 4096
	maxBytes    = 16 << 20 // of pictures kept
	entryWeight = 256      // what an entry costs beside its bytes
)

// Person is whose picture is wanted.
type Person struct {
	ID      ident.User
	Name    string
	Picture string // address as the identity provider gave it; empty: none
}

// Image is a picture ready to be sent.
type Image struct {
	Media string
	ETag  string // names the bytes
	Body  []byte
}

func newImage(media string, body []byte) *Image {
	sum := sha256.Sum256(body)
	return &Image{Media: media, ETag: `"` + hex.EncodeToString(sum[:12]) + `"`, Body: body}
}

// Fetch gets the bytes behind an address, within bounds of its own. It refuses addresses that must not be asked.
type Fetch func(ctx context.Context, address string) ([]byte, error)

// Deps are what a Service needs.
type Deps struct {
	Fetch Fetch
	Clock clock.Clock
	Log   *slog.Logger
}

// Service keeps pictures for a while. It is safe for concurrent use. Close ends it.
type Service struct {
	fetch  Fetch
	clock  clock.Clock
	log    *slog.Logger
	decode chan struct{} // a place for each decoding at a time: they take memory

	ctx    context.Context // ends with Close; the flights live under it
	cancel context.CancelFunc
	wg     sync.WaitGroup // flights

	mu      sync.Mutex // guards all below
	kept    map[key]entry
	bytes   int // of kept
	flights map[key]chan struct{}
	ended   bool
}

// key is the hash of an address.
type key [sha256.Size]byte

type entry struct {
	image *Image // nil: it could not be had
	until time.Time
}

// New makes a Service.
func New(d Deps) *Service {
	//nolint:forbidigo // the service owns its fetches' lives; Close is their end
	ctx, cancel := context.WithCancel(context.Background())
	return &Service{
		fetch: d.Fetch, clock: d.Clock, log: d.Log, decode: make(chan struct{}, 2), ctx: ctx, cancel: cancel,
		kept: make(map[key]entry), flights: make(map[key]chan struct{}),
	}
}

// Close ends the fetches under way and waits for them. Afterwards pictures are drawn.
func (s *Service) Close() {
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	s.cancel()
	s.wg.Wait()
}

// Of gives a person's picture. It never fails: while the provider's picture is not there, and when it cannot be had, it is a drawn one.
func (s *Service) Of(ctx context.Context, p Person) *Image {
	if p.Picture == "" {
		return Drawn(p)
	}
	k := key(sha256.Sum256([]byte(p.Picture)))
	image, known, flight := s.look(k, p.Picture)
	if flight != nil {
		select {
		case <-flight:
			image, known, _ = s.look(k, "")
		case <-s.clock.After(patience):
		case <-ctx.Done():
		}
	}
	if !known || image == nil {
		return Drawn(p)
	}
	return image
}

// Forget drops the picture of an address from memory.
func (s *Service) Forget(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked(sha256.Sum256([]byte(address)))
}

// look finds a picture that is kept, or the flight that fetches it; address starts one, unless it is empty or enough are under way.
func (s *Service) look(k key, address string) (image *Image, known bool, flight chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.kept[k]; ok && s.clock.Now().Before(e.until) {
		return e.image, true, nil
	}
	if f := s.flights[k]; f != nil || address == "" || s.ended || len(s.flights) >= maxFlights {
		return nil, false, f
	}
	f := make(chan struct{})
	s.flights[k] = f
	s.wg.Go(func() { s.fly(k, address, f) })
	return nil, false, f
}

// fly fetches one picture and keeps it, or that it could not be had.
func (s *Service) fly(k key, address string, done chan struct{}) {
	ctx, cancel := context.WithTimeout(s.ctx, fetchTime)
	defer cancel()
	image, err := s.obtain(ctx, address)
	if err != nil { // the address is personal and stays out of the log
		s.log.DebugContext(ctx, "picture", slog.Any("error", err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.flights, k)
	if s.ctx.Err() == nil {
		s.keepLocked(k, image)
	}
	close(done)
}

func (s *Service) obtain(ctx context.Context, address string) (*Image, error) {
	raw, err := s.fetch(ctx, address)
	if err != nil {
		return nil, err
	}
	select {
	case s.decode <- struct{}{}:
		defer func() { <-s.decode }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return convert(ctx, raw)
}

func (s *Service) keepLocked(k key, image *Image) {
	s.dropLocked(k)
	e := entry{image: image, until: s.clock.Now().Add(keepFor)}
	if image == nil {
		e.until = s.clock.Now().Add(missFor)
	}
	if len(s.kept) >= maxEntries || s.bytes+e.weight() > maxBytes {
		s.shrinkLocked()
	}
	s.kept[k] = e
	s.bytes += e.weight()
}

func (e entry) weight() int {
	if e.image == nil {
		return entryWeight
	}
	return entryWeight + len(e.image.Body)
}

func (s *Service) dropLocked(k key) {
	if e, ok := s.kept[k]; ok {
		delete(s.kept, k)
		s.bytes -= e.weight()
	}
}

// shrinkLocked forgets what is old, and then anything until half is free.
func (s *Service) shrinkLocked() {
	now := s.clock.Now()
	for k, e := range s.kept {
		if !now.Before(e.until) {
			s.dropLocked(k)
		}
	}
	for k := range s.kept {
		if len(s.kept) <= maxEntries/2 && s.bytes <= maxBytes/2 {
			return
		}
		s.dropLocked(k)
	}
}
