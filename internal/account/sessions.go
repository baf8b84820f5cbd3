package account

import (
	"context"
	"slices"
	"time"

	"cinema/internal/fault"
	"cinema/internal/ident"
)

var errNoOwnSession = fault.New(fault.NotFound, "session_not_found", "There is no such session.")

// Sessions lists the live sessions of the caller, last seen first, each once. It reads past what this process remembers.
func (s *Service) Sessions(ctx context.Context, p *Principal) ([]Session, error) {
	all, err := s.store.SessionsOf(ctx, p.User.ID)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	var live []Session
	for _, v := range all {
		if !v.Ends.IsZero() || !s.fit(v, s.role(p.User, v), now) {
			continue
		}
		if i := slices.IndexFunc(live, func(other Session) bool { return other.ID == v.ID }); i < 0 {
			live = append(live, v)
		}
	}
	return live, nil
}

// EndSession ends a session of the caller by its ID. Fault: NotFound "session_not_found".
func (s *Service) EndSession(ctx context.Context, p *Principal, id string) error {
	n, err := s.store.EndSession(ctx, p.User.ID, id)
	s.dropNamed(id)
	if err == nil && n == 0 {
		err = errNoOwnSession
	}
	return err
}

// EndSessionsOf ends every session of a user, but for one when keep is not nil, and tells how many there were. Personal tokens stay.
func (s *Service) EndSessionsOf(ctx context.Context, u ident.User, keep *Principal) (int, error) {
	all, err := s.store.SessionsOf(ctx, u)
	if err != nil {
		return 0, err
	}
	except, kept := "", ""
	if keep != nil {
		except, kept = keep.Session.Hash, keep.Session.ID
	}
	err = s.store.DeleteSessionsOf(ctx, u, except)
	s.forget(u)
	if err != nil {
		return 0, err
	}
	ended := make(map[string]bool)
	for _, v := range all {
		if v.ID != kept && v.Ends.IsZero() {
			ended[v.ID] = true
		}
	}
	return len(ended), nil
}

// Logout ends the caller's session under each of its values; tokens minted from it die with it.
func (s *Service) Logout(ctx context.Context, p *Principal) error {
	return s.end(ctx, p)
}

func (s *Service) end(ctx context.Context, p *Principal) error {
	_, err := s.store.EndSession(ctx, p.User.ID, p.Session.ID)
	if err == nil {
		err = s.store.DeleteSession(ctx, p.Session.Hash)
	}
	s.dropNamed(p.Session.ID)
	return err
}

// Ended tells which callers may act no longer, in their order. It asks the store, in one call for each kind of credential, and not what
// this process remembers. It counts as no use of a session.
func (s *Service) Ended(ctx context.Context, callers []*Principal) ([]bool, error) {
	st, err := s.standing(ctx, callers)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	ended := make([]bool, len(callers))
	for i, p := range callers {
		switch {
		case p.Access.ID != "" && st.revoked[p.Access.ID]:
			ended[i] = true
		case p.Access.Personal != "":
			end, there := st.tokens[p.Access.Personal]
			ended[i] = !there || !now.Before(end)
		default:
			ended[i] = !slices.ContainsFunc(st.sessions[p.Session.ID], func(v Session) bool {
				return v.User == p.User.ID && s.fit(v, p.Role, now)
			})
		}
	}
	return ended, nil
}

// standing is what the credentials of callers stand on, as the store has it.
type standing struct {
	sessions map[string][]Session // by ID
	tokens   map[string]time.Time // ends of personal tokens, by ID
	revoked  map[string]bool      // by jti
}

func (s *Service) standing(ctx context.Context, callers []*Principal) (standing, error) {
	var names, personal, jtis []string
	for _, p := range callers {
		if p.Access.Personal != "" {
			personal = append(personal, p.Access.Personal)
		} else {
			names = append(names, p.Session.ID)
		}
		if p.Access.ID != "" {
			jtis = append(jtis, p.Access.ID)
		}
	}
	st := standing{sessions: make(map[string][]Session), tokens: make(map[string]time.Time), revoked: make(map[string]bool)}
	sessions, err := askAll(ctx, names, s.store.SessionsNamed)
	if err != nil {
		return standing{}, err
	}
	for _, v := range sessions {
		st.sessions[v.ID] = append(st.sessions[v.ID], v)
	}
	tokens, err := askAll(ctx, personal, s.store.TokensNamed)
	if err != nil {
		return standing{}, err
	}
	for _, t := range tokens {
		st.tokens[t.ID] = t.ExpiresAt
	}
	revoked, err := askAll(ctx, jtis, s.store.RevokedTokens)
	for _, id := range revoked {
		st.revoked[id] = true
	}
	return st, err
}

// askAll asks the store for each name once, and not at all when there is none.
func askAll[T any](ctx context.Context, names []string, ask func(context.Context, []string) ([]T, error)) ([]T, error) {
	if len(names) == 0 {
		return nil, nil
	}
	slices.Sort(names)
	return ask(ctx, slices.Compact(names))
}

// forget drops what this process remembers of a user.
func (s *Service) forget(u ident.User) {
	p := &Principal{User: User{ID: u}}
	s.sessions.dropUser(p)
	s.tokens.dropUser(p)
}

// dropNamed drops what this process remembers of a session or of a personal token.
func (s *Service) dropNamed(id string) {
	s.sessions.dropNamed(id)
	s.tokens.dropNamed(id)
}
