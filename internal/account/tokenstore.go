package account

import (
	"context"
	"time"

	"cinema/internal/ident"
)

// MaxTokens bounds the live personal tokens of one person.
const MaxTokens = 20

// PersonalToken is a secret that a person made for a program of his own. It is only good for getting access tokens. The store keeps the
// hash of it.
type PersonalToken struct {
	ID        string // names it to its owner
	Hash      string // hex of SHA-256 of the secret
	User      ident.User
	Name      string // what the owner calls it
	Scopes    Scopes
	Issuer    string // who vouched for the person when it was made
	CreatedAt time.Time
	ExpiresAt time.Time
	LastUsed  time.Time // zero: never
}

// SessionStore keeps what makes sessions change their value and end everywhere.
type SessionStore interface {
	// RotateSession puts a session that follows another beside it, with the bookings that the old one may see. One that is there already
	// stays as it is. Fault: NotFound "session_not_found" when the old one is gone or its end is set; then nothing new is left behind.
	RotateSession(ctx context.Context, old string, next Session) error
	// ConfirmSession notes that a session which replaces another is in use: the one before gets its end, unless it has one.
	ConfirmSession(ctx context.Context, hash string, ends time.Time) error
	// RenewSessionsOf asks for a new value of every session of a user at its next request.
	RenewSessionsOf(ctx context.Context, u ident.User) error
	// SessionsNamed lists the sessions with these IDs, every value of each.
	SessionsNamed(ctx context.Context, ids []string) ([]Session, error)
	// EndSession deletes every value of a user's session by its ID and tells how many there were.
	EndSession(ctx context.Context, u ident.User, id string) (int, error)
}

// TokenStore keeps personal tokens and the access tokens that were revoked before their end.
type TokenStore interface {
	// AddToken keeps a personal token unless the user has as many live ones already. Fault: Conflict "too_many_tokens".
	AddToken(ctx context.Context, t PersonalToken, most int) error
	// TokenByHash finds a personal token by the hash of its secret. Fault: NotFound "token_not_found".
	TokenByHash(ctx context.Context, hash string) (PersonalToken, error)
	// TokensNamed lists the personal tokens with these IDs.
	TokensNamed(ctx context.Context, ids []string) ([]PersonalToken, error)
	// TokensOf lists the personal tokens of a user, newest first, at most 100.
	TokensOf(ctx context.Context, u ident.User) ([]PersonalToken, error)
	// TouchToken moves LastUsed of a personal token that is there; it never goes back.
	TouchToken(ctx context.Context, id string, used time.Time) error
	// DeleteToken deletes a user's personal token and tells whether it was there.
	DeleteToken(ctx context.Context, u ident.User, id string) (bool, error)
	// DeleteTokensOf deletes every personal token of a user and tells how many there were.
	DeleteTokensOf(ctx context.Context, u ident.User) (int, error)

	// RevokeToken remembers until an instant that an access token, named by its jti, is worth nothing.
	RevokeToken(ctx context.Context, jti string, until time.Time) error
	// RevokedTokens tells which of these access tokens were revoked.
	RevokedTokens(ctx context.Context, jtis []string) ([]string, error)

	// DropEnded deletes what ended before an instant: changed values of sessions, personal tokens, revocations.
	DropEnded(ctx context.Context, before time.Time) (int, error)
}
