package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"cinema/internal/fault"
	"cinema/internal/ident"
)

const (
	rotateAfter = 24 * time.Hour
	rotateGrace = time.Minute // requests that are under way with the old value still succeed
	rotateLabel = "session-rotation"
)

// Renew gives a session whose value is a day old, or which was asked to change it, the next value; renewed is false when it is not due.
// The next value follows from the present one and a key of the product, so that requests at the same time all come to the same. The
// present value goes on until the next one is first used, and a minute longer: an answer that is lost on its way loses no session.
func (s *Service) Renew(ctx context.Context, value string, p *Principal, agent string) (signed Signed, renewed bool, err error) {
	now := s.clock.Now()
	if !p.Session.Ends.IsZero() || now.Sub(p.Session.Rotated) < rotateAfter || hashOf(value) != p.Session.Hash {
		return Signed{}, false, nil
	}
	next := *p
	signed = Signed{Value: s.nextValue(value), Principal: &next}
	next.Session.Hash, next.Session.Replaces = hashOf(signed.Value), p.Session.Hash
	next.Session.Rotated, next.Session.LastSeen = now, now
	next.Session.Agent, next.Session.Label = agentHash(agent), Label(agent)
	err = s.store.RotateSession(ctx, p.Session.Hash, next.Session)
	if fault.KindOf(err) == fault.NotFound { // ended meanwhile, or changed by a request that is done
		return Signed{}, false, nil
	}
	return signed, err == nil, err
}

// RenewSessionsOf has every session of a user change its value at its next request, because what the person may do changed.
func (s *Service) RenewSessionsOf(ctx context.Context, u ident.User) error {
	err := s.store.RenewSessionsOf(ctx, u)
	s.forget(u)
	return err
}

// nextValue is the value that follows. It cannot be told from another random one without the key.
func (s *Service) nextValue(value string) string {
	mac := hmac.New(sha256.New, s.rotation)
	_, _ = mac.Write([]byte(value)) // never fails
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// confirm notes that a value which replaces another has come back from the browser.
func (s *Service) confirm(ctx context.Context, v Session, now time.Time) error {
	if v.Replaces == "" {
		return nil
	}
	err := s.store.ConfirmSession(ctx, v.Hash, now.Add(rotateGrace))
	s.sessions.drop(v.Replaces)
	return err
}
