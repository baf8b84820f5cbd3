package privacy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

const (
	maxReason = 200
	// work bounds what is done while the caller waits; what is left is done by Run.
	work = 15 * time.Second
	// settle is how long after the decision a last pass looks for what was under way when it fell. It is longer than any request.
	settle = 10 * time.Minute
	// bookingsPage is how many bookings are looked at or disowned at a time.
	bookingsPage = 200
	// maxGuests bounds the merged guests that one pass erases; the next goes on.
	maxGuests = 1000
	// ledgerYears is how long the law wants what was sold to be known, after the year of the sale.
	ledgerYears = 7
)

// Order asks for an erasure.
type Order struct {
	User   ident.User
	Actor  ident.User // the user himself, or an administrator
	Reason string     // an administrator's, for the record; it must not say who the person is
}

// Kept is what stays after an erasure, without a name.
type Kept struct {
	Bookings int       // rows of the ledger
	Tickets  int       // of them: valid tickets of shows that are not over
	Until    time.Time // until when the ledger must be kept; zero without bookings
	Done     bool      // false: the rest is done within a minute
}

// Erase decides that a person is erased and does it. Seats that he holds come free, his sessions and tokens end, bookings stay without
// his name. It does not wait for the caller's connection. Once the decision is kept the answer is no error, whatever comes after.
//
// Faults: user_not_found, invalid_body (reason), payment_open, last_admin, store_unavailable.
func (s *Service) Erase(ctx context.Context, o Order) (Kept, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), work)
	defer cancel()
	u, err := s.records.User(ctx, o.User)
	if err != nil {
		return Kept{}, err
	}
	if err := checkReason(o, u); err != nil {
		return Kept{}, err
	}
	guests, err := s.records.MergedGuests(ctx, u.ID)
	if err != nil {
		return Kept{}, err
	}
	kept, err := s.survey(ctx, append([]ident.User{u.ID}, guests...))
	if err != nil {
		return Kept{}, err
	}
	if err := s.keepAdmin(ctx, u); err != nil {
		return Kept{}, err
	}
	e, err := s.records.BeginErasure(ctx, Erasure{
		User: u.ID, Alias: ident.User(ident.New(strings.TrimSuffix(booking.AliasPrefix, "_"))), Actor: o.Actor, Reason: o.Reason, AskedAt: s.clock.Now(),
	})
	if err != nil {
		return Kept{}, err
	}
	s.log.InfoContext(ctx, "a person is erased", "user_id", u.ID, "by", whose(e))
	if s.pictures != nil && u.Picture != "" {
		s.pictures.Forget(u.Picture)
	}
	kept.Done, err = s.pass(ctx, e)
	if err != nil {
		s.log.WarnContext(ctx, "an erasure is not finished and goes on by itself", "user_id", u.ID, "error", err)
	}
	return kept, nil
}

func whose(e Erasure) string {
	if e.Actor == e.User {
		return "self"
	}
	return "admin"
}

// checkReason wants a short sentence of an administrator, which must not bring back what is to be forgotten.
func checkReason(o Order, u account.User) error {
	if o.Actor == o.User {
		return nil
	}
	bad := func(detail string) error {
		return fault.New(fault.Invalid, "invalid_body", detail).With("field", "reason")
	}
	n := utf8.RuneCountInString(strings.TrimSpace(o.Reason))
	if n == 0 || n > maxReason || !utf8.ValidString(o.Reason) || strings.ContainsFunc(o.Reason, unicode.IsControl) {
		return bad("Give a reason of at most 200 characters.")
	}
	if Names(o.Reason, u.Email, u.Name) {
		return bad("The reason must not name the person: it is kept.")
	}
	return nil
}

// Names tells whether a text has a person's address or a word of his name in it, words of two letters aside. What stays on record in
// plain words must not.
func Names(text, email, name string) bool {
	text = strings.ToLower(text)
	if email != "" && strings.Contains(text, strings.ToLower(email)) {
		return true
	}
	apart := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	known := strings.FieldsFunc(strings.ToLower(name), apart)
	for word := range strings.FieldsFuncSeq(text, apart) {
		if utf8.RuneCountInString(word) > 2 && slices.Contains(known, word) {
			return true
		}
	}
	return false
}

// survey looks at every booking of the owners: an erasure waits until none of them moves money.
func (s *Service) survey(ctx context.Context, owners []ident.User) (Kept, error) {
	var kept Kept
	var newest time.Time
	err := s.eachBooking(ctx, booking.Query{Users: owners}, func(b booking.Booking) error {
		if b.Status.Open() || b.Status == booking.Cancelling {
			return fault.New(fault.Conflict, "payment_open", "A payment or a refund is under way. Try again when it has ended.").With("booking_id", b.ID)
		}
		kept.Bookings++
		if b.CreatedAt.After(newest) {
			newest = b.CreatedAt
		}
		n, err := s.toCome(ctx, b)
		kept.Tickets += n
		return err
	})
	if kept.Bookings > 0 {
		kept.Until = time.Date(newest.UTC().Year()+1+ledgerYears, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	return kept, err
}

// toCome counts a booking's valid tickets when its show is not over.
func (s *Service) toCome(ctx context.Context, b booking.Booking) (n int, err error) {
	if b.Status != booking.Booked {
		return 0, nil
	}
	d, err := s.programme.Detail(ctx, b.Showtime)
	if fault.KindOf(err) == fault.NotFound {
		return 0, nil
	}
	if err != nil || !d.Showtime.EndsAt.After(s.clock.Now()) {
		return 0, err
	}
	for _, t := range b.Tickets {
		if t.Void == "" {
			n++
		}
	}
	return n, nil
}

// eachBooking calls a function for every booking of a query, newest first.
func (s *Service) eachBooking(ctx context.Context, q booking.Query, f func(booking.Booking) error) error {
	q.Limit = bookingsPage
	for {
		page, _, err := s.records.Bookings(ctx, q)
		if err != nil {
			return err
		}
		for _, b := range page {
			if err := f(b); err != nil {
				return err
			}
			q.Before = booking.Place{CreatedAt: b.CreatedAt, ID: b.ID}
		}
		if len(page) < bookingsPage {
			return nil
		}
	}
}

// keepAdmin takes the role of an administrator who is erased, unless nobody else who can sign in is one.
func (s *Service) keepAdmin(ctx context.Context, u account.User) error {
	granted := u.Granted == account.RoleAdmin
	listed := u.Verified && slices.Contains(s.admins, account.NormalEmail(u.Email))
	if u.Guest || !granted && !listed {
		return nil
	}
	others, unable, err := s.accounts.OtherAdmins(ctx, u.ID)
	switch {
	case err != nil:
		return err
	case others == 0:
		return account.ErrLastAdmin
	case !granted:
		return nil
	}
	_, err = s.records.GrantRole(ctx, account.RoleChange{
		User: u.ID, Was: u.Grant(), Now: account.Grant{Role: account.RoleUser}, Listed: s.admins, Unable: unable, At: s.clock.Now(),
	})
	return err
}

// pass does every step of an erasure from wherever it stands; steps that were done before change nothing. It tells whether nothing is
// left. A booking whose payment was under way when the decision fell is left for a later pass.
func (s *Service) pass(ctx context.Context, e Erasure) (done bool, err error) {
	if err := s.note(ctx, e); err != nil {
		return false, err
	}
	if err := s.shut(ctx, e.User); err != nil {
		return false, err
	}
	s.free(ctx, e.User)
	if err := s.passGuests(ctx, e); err != nil {
		return false, err
	}
	left, err := s.disown(ctx, e)
	if err != nil {
		return false, err
	}
	if err := s.forget(ctx, e.User); err != nil {
		return false, err
	}
	if err := s.records.Scrub(ctx); err != nil {
		return false, fmt.Errorf("scrub: %w", err)
	}
	if left > 0 {
		return false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.passed[e.User] && e.Actor != "" {
		s.stats.Erased++
	}
	s.passed[e.User] = true
	return true, nil
}

// note puts the act on the record, once, without any value that tells who the person was.
func (s *Service) note(ctx context.Context, e Erasure) error {
	if e.Actor == "" {
		return nil
	}
	after := map[string]any{"by": whose(e)}
	if e.Reason != "" {
		after["reason"] = e.Reason
	}
	return s.record.Record(ctx, audit.Action{ID: "erased_" + string(e.User), Type: "user.erased", Actor: e.Actor, Subject: e.User, After: after})
}

// shut ends whatever the user may act with, and what would let him in again as the same.
func (s *Service) shut(ctx context.Context, u ident.User) error {
	if _, err := s.accounts.EndSessionsOf(ctx, u, nil); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	if _, err := s.accounts.DeleteTokensOf(ctx, u); err != nil {
		return fmt.Errorf("delete tokens: %w", err)
	}
	if err := s.records.DropIdentitiesOf(ctx, u); err != nil {
		return fmt.Errorf("drop identities: %w", err)
	}
	return nil
}

// free gives back the seats that a user holds. What cannot be given back ends by itself within minutes.
func (s *Service) free(ctx context.Context, u ident.User) {
	if _, err := s.holds.ReleaseOwned(ctx, []ident.User{u}); err != nil {
		s.log.WarnContext(ctx, "the holds of an erased person end by themselves", "user_id", u, "error", err)
	}
}

// passGuests erases the guests who were merged into an account, each by a decision of its own with the account's alias. That a guest was
// merged is forgotten last, so that a pass that was interrupted finds him again.
func (s *Service) passGuests(ctx context.Context, e Erasure) error {
	for range maxGuests {
		guests, err := s.records.MergedGuests(ctx, e.User)
		if err != nil || len(guests) == 0 {
			return err
		}
		for _, g := range guests {
			own, err := s.records.BeginErasure(ctx, Erasure{User: g, Alias: e.Alias, AskedAt: s.clock.Now()})
			if err != nil {
				return fmt.Errorf("begin to erase a merged guest: %w", err)
			}
			if own.Open() {
				if _, err := s.pass(ctx, own); err != nil {
					return err
				}
			}
			if err := s.records.DropMerge(ctx, g, e.User); err != nil {
				return fmt.Errorf("forget a merge: %w", err)
			}
		}
	}
	return nil
}

// disown takes the user out of his bookings and tells how many are left.
func (s *Service) disown(ctx context.Context, e Erasure) (left int, err error) {
	for {
		n, err := s.records.Disown(ctx, e.User, e.Alias, bookingsPage)
		if err != nil {
			return 0, fmt.Errorf("disown bookings: %w", err)
		}
		if n < bookingsPage {
			break
		}
	}
	_, left, err = s.records.Bookings(ctx, booking.Query{Users: []ident.User{e.User}, Limit: 1})
	return left, err
}

// forget deletes what is kept of the user himself.
func (s *Service) forget(ctx context.Context, u ident.User) error {
	if _, err := s.records.DropRequestsOf(ctx, u); err != nil {
		return fmt.Errorf("drop answers: %w", err)
	}
	if err := s.vault.DestroyKey(ctx, u); err != nil {
		return err
	}
	if err := s.records.DropUser(ctx, u); err != nil {
		return fmt.Errorf("drop the user: %w", err)
	}
	return nil
}

// ResumeOnce takes every open erasure on: what a process that ended left behind, and the last pass after which it is closed.
func (s *Service) ResumeOnce(ctx context.Context) error {
	open, err := s.records.OpenErasures(ctx, openPage)
	if err != nil {
		return err
	}
	s.noteOpen(open)
	var errs []error
	for _, e := range open {
		if err := s.resume(ctx, e); err != nil {
			errs = append(errs, fmt.Errorf("erase %s: %w", e.User, err))
		}
	}
	return errors.Join(errs...)
}

// noteOpen keeps what this process remembers to the erasures that are open.
func (s *Service) noteOpen(open []Erasure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Open = len(open)
	passed := make(map[ident.User]bool, len(open))
	for _, e := range open {
		if s.passed[e.User] {
			passed[e.User] = true
		}
	}
	s.passed = passed
}

// openPage bounds the erasures of one pass; the oldest come first.
const openPage = 200

func (s *Service) resume(ctx context.Context, e Erasure) error {
	ctx, cancel := context.WithTimeout(ctx, work)
	defer cancel()
	last := !s.clock.Now().Before(e.AskedAt.Add(settle))
	s.mu.Lock()
	passed := s.passed[e.User]
	s.mu.Unlock()
	if passed && !last {
		return nil
	}
	done, err := s.pass(ctx, e)
	if err != nil || !done || !last {
		return err
	}
	if err := s.records.CloseErasure(ctx, e.User, s.clock.Now()); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.passed, e.User)
	return nil
}
