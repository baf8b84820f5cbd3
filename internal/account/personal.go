package account

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"time"
	"unicode"

	"cinema/internal/fault"
	"cinema/internal/ident"
)

// A personal token is the prefix, 240 random bits and their check sum, in lower-case base32.
const (
	personalPrefix = "cin_"
	personalBytes  = 30
	personalID     = "pt_"
	// MaxTokenLife is how long a personal token lives at most.
	MaxTokenLife = 90 * 24 * time.Hour
	touchAfter   = time.Minute // how exactly the last use is known
)

var base32Lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

var (
	errNoToken   = fault.New(fault.NotFound, "token_not_found", "There is no such token.")
	errTokenName = fault.New(fault.Invalid, "invalid_body", "A name is 1 to 60 characters without control characters.")
	errTokenLife = fault.New(fault.Invalid, "invalid_body", "A token lives for 1 to 90 days.")
	errGuest     = fault.New(fault.Forbidden, "forbidden", "Guests have no tokens. Sign in first.")
)

// IsPersonal tells a personal token from an access token by its looks.
func IsPersonal(text string) bool { return strings.HasPrefix(text, personalPrefix) }

func newPersonal() string {
	raw := make([]byte, personalBytes, personalBytes+crc32.Size)
	_, _ = rand.Read(raw) // never fails
	raw = binary.BigEndian.AppendUint32(raw, crc32.ChecksumIEEE(raw))
	return personalPrefix + base32Lower.EncodeToString(raw)
}

// wellFormed tells whether a text can be a personal token, so that what was mistyped or made up costs no look-up.
func wellFormed(text string) bool {
	encoded, ok := strings.CutPrefix(text, personalPrefix)
	if !ok || len(encoded) != base32Lower.EncodedLen(personalBytes+crc32.Size) {
		return false
	}
	raw, err := base32Lower.DecodeString(encoded)
	if err != nil || base32Lower.EncodeToString(raw) != encoded {
		return false
	}
	return crc32.ChecksumIEEE(raw[:personalBytes]) == binary.BigEndian.Uint32(raw[personalBytes:])
}

// CreateToken makes a personal token. The secret is told this once. Faults: Invalid "invalid_body", "invalid_scope"; Forbidden
// "forbidden" for guests; Conflict "too_many_tokens".
func (s *Service) CreateToken(ctx context.Context, p *Principal, name string, scopes Scopes, life time.Duration) (secret string, t PersonalToken, err error) {
	name = strings.TrimSpace(name)
	switch {
	case p.User.Guest:
		return "", t, errGuest
	case name == "" || !plainLabel(name):
		return "", t, errTokenName
	case life <= 0 || life > MaxTokenLife:
		return "", t, errTokenLife
	case scopes == 0 || !AllScopes.Has(scopes):
		return "", t, errScope
	}
	now := s.clock.Now()
	secret = newPersonal()
	t = PersonalToken{
		ID: newID(personalID), Hash: hashOf(secret), User: p.User.ID, Name: name, Scopes: scopes, Issuer: p.Session.Issuer,
		CreatedAt: now, ExpiresAt: now.Add(life),
	}
	if err := s.store.AddToken(ctx, t, MaxTokens); err != nil {
		return "", PersonalToken{}, err
	}
	return secret, t, nil
}

// plainLabel tells whether a name can be shown anywhere as it is.
func plainLabel(s string) bool {
	return plainText(s, MaxLabel) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// Tokens lists the live personal tokens of the caller, newest first.
func (s *Service) Tokens(ctx context.Context, p *Principal) ([]PersonalToken, error) {
	all, err := s.store.TokensOf(ctx, p.User.ID)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	live := make([]PersonalToken, 0, len(all))
	for _, t := range all {
		if now.Before(t.ExpiresAt) {
			live = append(live, t)
		}
	}
	return live, nil
}

// DeleteToken ends a personal token of the caller; access tokens minted from it die with it. Fault: NotFound "token_not_found".
func (s *Service) DeleteToken(ctx context.Context, p *Principal, id string) error {
	there, err := s.store.DeleteToken(ctx, p.User.ID, id)
	s.dropNamed(id)
	if err == nil && !there {
		err = errNoToken
	}
	return err
}

// DeleteTokensOf ends every personal token of a user and tells how many there were.
func (s *Service) DeleteTokensOf(ctx context.Context, u ident.User) (int, error) {
	n, err := s.store.DeleteTokensOf(ctx, u)
	s.forget(u)
	return n, err
}

// ByPersonalToken finds the caller by a personal token, past what this process remembers. It is good for minting access tokens and for
// nothing else. Fault: Unauthorized "unauthorized".
func (s *Service) ByPersonalToken(ctx context.Context, secret string) (*Principal, error) {
	if !wellFormed(secret) {
		return nil, errBadToken
	}
	t, err := s.store.TokenByHash(ctx, hashOf(secret))
	if fault.KindOf(err) == fault.NotFound {
		return nil, errBadToken
	}
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	p, err := s.personal(ctx, t, now)
	if err != nil {
		return nil, err
	}
	if now.Sub(t.LastUsed) >= touchAfter {
		err = s.store.TouchToken(ctx, t.ID, now)
	}
	return p, err
}

// personal is the caller that a personal token stands for, with the role of today.
func (s *Service) personal(ctx context.Context, t PersonalToken, now time.Time) (*Principal, error) {
	if !now.Before(t.ExpiresAt) || t.Issuer == DevIssuer && !s.development {
		return nil, errBadToken
	}
	user, err := s.store.User(ctx, t.User)
	if err != nil {
		return nil, missing(err)
	}
	if user.Guest {
		return nil, errBadToken
	}
	session := Session{ID: t.ID, User: t.User, Issuer: t.Issuer, CreatedAt: t.CreatedAt, LastSeen: now}
	p := &Principal{User: user, Role: s.role(user, session), Session: session, Scopes: t.Scopes, Access: Access{Personal: t.ID}}
	p.Merged, err = s.store.MergedGuests(ctx, user.ID)
	return p, err
}
