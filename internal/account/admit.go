package account

import (
	"context"
	"slices"
	"time"

	"cinema/internal/fault"
)

// authAhead is how far a provider's clock may be before ours.
const authAhead = time.Minute

var errStepUpFailed = fault.New(fault.Forbidden, "step_up_failed",
	"That did not confirm who you are: sign in again, just now, as the person who is signed in here.")

// Admit opens a session for the person of a proof. The session that asked is the present one of SignIn, or none when it ended
// meanwhile. After a step-up it is the same session that goes on, under a new value and with the moment of the proof.
// Fault: Forbidden "step_up_failed" when the proof is of another person, of no moment or of an old one, or when the session ended.
func (s *Service) Admit(ctx context.Context, proof Proof, agent string) (Signed, error) {
	asker, err := s.asker(ctx, proof.Attempt.Asker)
	if err != nil {
		return Signed{}, err
	}
	if proof.Attempt.StepUp {
		return s.stepUp(ctx, proof, asker, agent)
	}
	return s.signIn(ctx, proof.Identity, asker, agent, proof.AuthTime)
}

// asker finds the session that asked, whatever its value is today. It reads past what this process remembers: a session that was ended a
// moment ago must not come back as a merged guest. Nil: it ended.
func (s *Service) asker(ctx context.Context, a Asker) (*Principal, error) {
	if a.Session == "" {
		return nil, nil
	}
	values, err := s.store.SessionsNamed(ctx, []string{a.Session})
	if err != nil {
		return nil, err
	}
	values = slices.DeleteFunc(values, func(v Session) bool { return v.User != a.User })
	if len(values) == 0 {
		return nil, nil
	}
	p, err := s.judge(ctx, slices.MaxFunc(values, later), s.clock.Now())
	if fault.KindOf(err) == fault.Unauthorized {
		return nil, nil
	}
	return p, err
}

// stepUp notes in the caller's session that the person proved who he is.
func (s *Service) stepUp(ctx context.Context, proof Proof, asker *Principal, agent string) (Signed, error) {
	now := s.clock.Now()
	if asker == nil || asker.User.Guest || proof.AuthTime.IsZero() || now.Sub(proof.AuthTime) > recentFor || proof.AuthTime.After(now.Add(authAhead)) {
		return Signed{}, errStepUpFailed
	}
	u, err := s.store.UserByIdentity(ctx, proof.Identity.Issuer, proof.Identity.Subject)
	if fault.KindOf(err) == fault.NotFound || err == nil && u.ID != asker.User.ID {
		return Signed{}, errStepUpFailed
	}
	if err != nil {
		return Signed{}, err
	}
	if u, err = s.refresh(ctx, u, proof.Identity.clean(), now); err != nil {
		return Signed{}, err
	}
	next := asker.Session
	next.Issuer, next.Subject, next.AuthTime, next.LastSeen, next.Rotated = proof.Identity.Issuer, proof.Identity.Subject, proof.AuthTime, now, now
	next.Ends, next.Replaces = time.Time{}, ""
	signed, err := s.open(ctx, u, next, agent)
	if err != nil {
		return Signed{}, err
	}
	return signed, s.replaced(ctx, signed.Principal)
}

// replaced ends every other value of a session.
func (s *Service) replaced(ctx context.Context, now *Principal) error {
	all, err := s.store.SessionsOf(ctx, now.User.ID)
	if err != nil {
		return err
	}
	for _, v := range all {
		if v.ID != now.Session.ID || v.Hash == now.Session.Hash {
			continue
		}
		if err := s.store.DeleteSession(ctx, v.Hash); err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	s.dropNamed(now.Session.ID)
	return nil
}
