package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/fault"
	"cinema/internal/idem"
)

const (
	standardDays = 30
	maxDays      = int(account.MaxTokenLife / (24 * time.Hour))
	keysLife     = "public, max-age=300"
)

var (
	errGrantType = fault.New(fault.Invalid, "unsupported_grant_type", "The grant type is authorization_code, or there is no body.")
	errGrant     = fault.New(fault.Invalid, "invalid_grant", "The code is not valid, or was used before.")
	errNoBearer  = fault.New(fault.Invalid, "invalid_request", "The request carries no access token.")
	errMethod256 = fault.New(fault.Invalid, "invalid_challenge", "The challenge method is S256.")
)

type tokenView struct {
	OK          bool   `json:"ok"`
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type" enum:"Bearer"`
	ExpiresIn   int    `json:"expires_in" doc:"Seconds."`
	Scope       string `json:"scope" doc:"What the token is good for: read, book and manage, with blanks between."`
}

type grantBody struct {
	GrantType   string `json:"grant_type" doc:"authorization_code"`
	Code        string `json:"code"`
	Verifier    string `json:"code_verifier"`
	RedirectURI string `json:"redirect_uri"`
}

type personalView struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Scopes    []string `json:"scopes"`
	CreatedAt string   `json:"created_at" format:"date-time"`
	ExpiresAt string   `json:"expires_at" format:"date-time"`
	LastUsed  *string  `json:"last_used_at" format:"date-time" doc:"null: never"`
}

type personalListView struct {
	OK    bool           `json:"ok"`
	Items []personalView `json:"items" doc:"Newest first."`
}

type personalBody struct {
	Name   string   `json:"name" maxLength:"60"`
	Scopes []string `json:"scopes" doc:"Of read, book and manage."`
	Days   int      `json:"days,omitempty" doc:"1 to 90; 30 when it is left out."`
}

type newPersonalView struct {
	OK    bool         `json:"ok"`
	Token string       `json:"token" doc:"Told this once."`
	Item  personalView `json:"item"`
}

// TokenPath names a personal token of the caller.
type TokenPath struct {
	Token string `path:"tokenId"`
}

type codeBody struct {
	RedirectURI string `json:"redirect_uri" doc:"http://127.0.0.1:port or http://[::1]:port, with or without a path."`
	Challenge   string `json:"code_challenge"`
	Method      string `json:"code_challenge_method,omitempty" doc:"S256"`
	State       string `json:"state"`
	Scope       string `json:"scope,omitempty" doc:"read when it is left out."`
	Name        string `json:"name,omitempty" maxLength:"60" doc:"What the tool calls itself."`
}

type codeView struct {
	OK         bool   `json:"ok"`
	RedirectTo string `json:"redirect_to" doc:"Takes the code to the tool."`
}

type keysReply struct {
	Cache string `header:"Cache-Control"`
	Body  struct {
		Keys []account.PublicKey `json:"keys"`
	}
}

func (s *Server) registerTokens() {
	const tag, tokens = "Session", "/api/auth/tokens"
	add(s, route{
		method: http.MethodPost, path: "/api/auth/token", id: "mint-token", tag: tag, charge: signIn, mints: true, scope: account.ScopeAny,
		summary: "An access token for API clients",
		about: "From a session, from a personal token as the bearer, or, with a body, from an authorization code. Good for a quarter of an " +
			"hour, and dead with what it came from.",
	}, s.mint)
	add(s, route{
		method: http.MethodDelete, path: "/api/auth/token", id: "revoke-token", tag: tag, access: session, charge: changes, scope: account.ScopeAny,
		summary: "Revoke the access token of this request",
	}, s.revokeToken)
	add(s, route{
		method: http.MethodGet, path: tokens, id: "list-tokens", tag: tag, access: session, charge: reads, personal: true, summary: "My personal tokens",
	}, s.listTokens)
	add(s, route{
		method: http.MethodPost, path: tokens, id: "create-token", tag: tag, access: session, charge: changes, personal: true, stepUp: true,
		status: http.StatusCreated, summary: "A personal token",
		about: "Only good for getting access tokens. At most twenty, for at most ninety days.",
	}, s.createToken)
	add(s, route{
		method: http.MethodDelete, path: tokens + "/{tokenId}", id: "delete-token", tag: tag, access: session, charge: changes, personal: true,
		summary: "Revoke a personal token",
	}, s.deleteToken)
	add(s, route{
		method: http.MethodPost, path: "/api/auth/codes", id: "authorize-tool", tag: tag, access: session, charge: changes, personal: true,
		summary: "Let a command line tool act for me",
		about:   "RFC 8252 and RFC 7636: a code for a redirect to the loopback interface, good once within a minute, with proof of possession (S256).",
	}, s.authorizeTool)
	add(s, route{
		method: http.MethodGet, path: "/.well-known/jwks.json", id: "keys", tag: tag, charge: reads, tagged: true, summary: "Keys that verify access tokens",
		about: "There when the product signs with a key pair; 404 otherwise.",
	}, s.keys)
}

func (s *Server) mint(ctx context.Context, in *struct{ Body *grantBody }) (*reply[tokenView], error) {
	if in.Body != nil {
		return s.redeemCode(ctx, in.Body)
	}
	p := callOf(ctx).principal
	switch {
	case p == nil:
		return nil, errSignIn
	case p.Delegated() && p.Access.ID != "": // a token never makes another: the program has what it was minted from
		return nil, errPersonal
	}
	token, life, err := s.accounts.Mint(p)
	if err != nil {
		return nil, err
	}
	return tokenOf(token, life, p.Scopes), nil
}

func tokenOf(token string, life time.Duration, scopes account.Scopes) *reply[tokenView] {
	return &reply[tokenView]{tokenView{
		OK: true, AccessToken: token, TokenType: "Bearer", ExpiresIn: int(life.Seconds()), Scope: scopes.String(),
	}}
}

// redeemCode uses a code up, whichever process made it, and then looks whether it is good: a code that comes twice is known to two, and
// what the first of them got is revoked.
func (s *Server) redeemCode(ctx context.Context, body *grantBody) (*reply[tokenView], error) {
	if body.GrantType != "authorization_code" {
		return nil, errGrantType
	}
	code, err := s.accounts.ReadCode(body.Code)
	if err != nil {
		return nil, err
	}
	first, err := s.useUp(ctx, "authorization code", code.ID, code.Ends())
	if err != nil {
		return nil, err
	}
	if !first {
		s.log.WarnContext(ctx, "an authorization code was used twice", slog.String("request_id", callOf(ctx).id))
		if err := s.accounts.RevokeCode(ctx, code); err != nil {
			return nil, err
		}
		s.streams.endToken(code.Minted())
		if err := s.act(ctx, audit.Action{Type: "tool.code_replayed", Actor: code.User()}); err != nil {
			return nil, err
		}
		return nil, errGrant
	}
	p, token, life, err := s.accounts.Redeem(ctx, code, body.RedirectURI, body.Verifier)
	if err != nil {
		return nil, err
	}
	return tokenOf(token, life, p.Scopes), nil
}

// useUp takes the id of something that is good once. The first to take it has it.
func (s *Server) useUp(ctx context.Context, kind, id string, until time.Time) (first bool, err error) {
	_, first, err = s.answers.BeginRequest(ctx, idem.Record{
		ID: digest(kind, id), Fingerprint: kind, LeaseUntil: until, Expires: until,
	})
	return first, err
}

func (s *Server) revokeToken(ctx context.Context, _ *struct{}) (*reply[aliveView], error) {
	p := callOf(ctx).principal
	if p.Access.ID == "" {
		return nil, errNoBearer
	}
	if err := s.accounts.RevokeToken(ctx, p); err != nil {
		return nil, err
	}
	s.streams.endToken(p.Access.ID)
	if err := s.act(ctx, audit.Action{Type: "access_token.revoked", Before: map[string]any{"token": p.Access.ID}}); err != nil {
		return nil, err
	}
	return &reply[aliveView]{aliveView{OK: true}}, nil
}

func (s *Server) listTokens(ctx context.Context, _ *struct{}) (*reply[personalListView], error) {
	all, err := s.accounts.Tokens(ctx, callOf(ctx).principal)
	if err != nil {
		return nil, err
	}
	items := make([]personalView, len(all))
	for i := range all {
		items[i] = personalOf(&all[i])
	}
	return &reply[personalListView]{personalListView{OK: true, Items: items}}, nil
}

func personalOf(t *account.PersonalToken) personalView {
	v := personalView{
		ID: t.ID, Name: t.Name, Scopes: t.Scopes.Names(), CreatedAt: t.CreatedAt.Format(time.RFC3339), ExpiresAt: t.ExpiresAt.Format(time.RFC3339),
	}
	if !t.LastUsed.IsZero() {
		used := t.LastUsed.Format(time.RFC3339)
		v.LastUsed = &used
	}
	return v
}

func (s *Server) createToken(ctx context.Context, in *struct{ Body personalBody }) (*reply[newPersonalView], error) {
	p := callOf(ctx).principal
	scopes, err := account.ParseScopes(in.Body.Scopes)
	if err != nil {
		return nil, err
	}
	days := in.Body.Days
	if days == 0 {
		days = standardDays
	}
	days = min(max(days, 0), maxDays+1) // what is out of bounds stays so
	secret, t, err := s.accounts.CreateToken(ctx, p, in.Body.Name, scopes, time.Duration(days)*24*time.Hour)
	if err != nil {
		return nil, err
	}
	err = s.act(ctx, audit.Action{
		Type: "token.created", After: map[string]any{"token": t.ID, "scopes": t.Scopes.Names(), "expires_at": t.ExpiresAt.Format(time.RFC3339)},
		Personal: map[string]string{"name": t.Name},
	})
	if err != nil { // nobody was told the secret; nobody shall find a token without its record
		_ = s.accounts.DeleteToken(ctx, p, t.ID)
		return nil, err
	}
	return &reply[newPersonalView]{newPersonalView{OK: true, Token: secret, Item: personalOf(&t)}}, nil
}

func (s *Server) deleteToken(ctx context.Context, in *TokenPath) (*reply[aliveView], error) {
	if err := s.accounts.DeleteToken(ctx, callOf(ctx).principal, in.Token); err != nil {
		return nil, err
	}
	s.streams.endSession(in.Token)
	if err := s.act(ctx, audit.Action{Type: "token.revoked", Before: map[string]any{"token": in.Token}}); err != nil {
		return nil, err
	}
	return &reply[aliveView]{aliveView{OK: true}}, nil
}

func (s *Server) authorizeTool(ctx context.Context, in *struct{ Body codeBody }) (*reply[codeView], error) {
	if m := in.Body.Method; m != "" && m != "S256" {
		return nil, errMethod256
	}
	r := account.CodeRequest{
		RedirectURI: in.Body.RedirectURI, Challenge: in.Body.Challenge, State: in.Body.State, Name: in.Body.Name, Scopes: account.ScopeRead,
	}
	var err error
	if in.Body.Scope != "" {
		if r.Scopes, err = account.ParseScopes(strings.Fields(in.Body.Scope)); err != nil {
			return nil, err
		}
	}
	to, err := s.accounts.MintCode(callOf(ctx).principal, r)
	if err != nil {
		return nil, err
	}
	err = s.act(ctx, audit.Action{
		Type: "tool.authorized", After: map[string]any{"scopes": r.Scopes.Names()}, Personal: map[string]string{"tool": r.Name},
	})
	if err != nil {
		return nil, err
	}
	return &reply[codeView]{codeView{OK: true, RedirectTo: to}}, nil
}

func (s *Server) keys(context.Context, *struct{}) (*keysReply, error) {
	out := &keysReply{Cache: keysLife}
	if out.Body.Keys = s.accounts.PublicKeys(); len(out.Body.Keys) == 0 {
		return nil, errUnknown
	}
	return out, nil
}
