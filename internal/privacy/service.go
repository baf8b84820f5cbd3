package privacy

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/idem"
	"cinema/internal/ident"
)

// Records is what the service reads and clears.
type Records interface {
	Store
	account.Store
	booking.Store
	audit.Store
	idem.Store
}

// Accounts ends what a person may act with, here at once and elsewhere within five seconds.
type Accounts interface {
	EndSessionsOf(ctx context.Context, u ident.User, keep *account.Principal) (int, error)
	DeleteTokensOf(ctx context.Context, u ident.User) (int, error)
	// OtherAdmins counts the administrators beside a person, and lists those who cannot sign in and do not count.
	OtherAdmins(ctx context.Context, but ident.User) (n int, unable []ident.User, err error)
}

// Holds lists and releases the seats that people hold (hold.Keeper does).
type Holds interface {
	Owned(ctx context.Context, owners []ident.User) ([]hold.OwnedHold, error)
	ReleaseOwned(ctx context.Context, owners []ident.User) (int, error)
}

// Sales lists a person's bookings as he may see them (booking.Service does).
type Sales interface {
	List(ctx context.Context, c booking.Caller, q booking.Query) ([]booking.Booking, int, error)
}

// Programme tells when shows are over.
type Programme interface {
	// Detail answers a fault of kind NotFound "showtime_not_found" for an unknown showtime.
	Detail(ctx context.Context, showtime ident.Showtime) (*catalog.Detail, error)
	// Showtimes lists the programme by start.
	Showtimes(ctx context.Context, q catalog.ShowtimeQuery) ([]catalog.Showtime, error)
}

// Record keeps what people did (audit.Actions does).
type Record interface {
	Record(ctx context.Context, a audit.Action) error
}

// Vault has the keys under which people's values are sealed in the record (audit.Vault does).
type Vault interface {
	DestroyKey(ctx context.Context, u ident.User) error
	Reveal(ctx context.Context, e audit.Entry) (audit.Personal, error)
}

// Pictures are the people's pictures that this process has in memory (avatar.Service does).
type Pictures interface {
	Forget(address string)
}

// Deps is what a Service is made of. All but Pictures and Log are needed.
type Deps struct {
	Records   Records
	Accounts  Accounts
	Holds     Holds
	Sales     Sales
	Programme Programme
	Record    Record
	Vault     Vault
	Pictures  Pictures      // nil: there are none
	Admins    []string      // addresses that make a verified person ADMIN
	Keep      time.Duration // of contacts; zero: DefaultKeep
	Clock     clock.Clock
	Log       *slog.Logger
}

// Service erases people, copies out what is kept of them, and ends the keeping of what is kept for a time only.
type Service struct {
	records   Records
	accounts  Accounts
	holds     Holds
	sales     Sales
	programme Programme
	record    Record
	vault     Vault
	pictures  Pictures
	admins    []string
	keep      time.Duration
	clock     clock.Clock
	log       *slog.Logger

	mu     sync.Mutex // guards all below
	passed map[ident.User]bool
	stats  Stats
}

// Stats are the counters since the start.
type Stats struct {
	Erased   uint64 // people
	Blanked  uint64 // bookings whose contact was kept long enough
	Failures uint64 // passes that did not come to their end
	Open     int    // erasures with something left to do, as the latest pass found them
}

// DefaultKeep is how long name and address stay in the bookings of people without an account, after the show.
const DefaultKeep = 90 * 24 * time.Hour

// New makes a service.
func New(d Deps) *Service {
	s := &Service{
		records: d.Records, accounts: d.Accounts, holds: d.Holds, sales: d.Sales, programme: d.Programme, record: d.Record, vault: d.Vault,
		pictures: d.Pictures, keep: d.Keep, clock: d.Clock, log: d.Log, passed: make(map[ident.User]bool),
	}
	for _, a := range d.Admins {
		if a = account.NormalEmail(a); a != "" {
			s.admins = append(s.admins, a)
		}
	}
	if s.keep <= 0 {
		s.keep = DefaultKeep
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// Stats reads the counters.
func (s *Service) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

func (s *Service) count(add func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	add(&s.stats)
}
