package storesqlite

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"cinema/internal/account"
	"cinema/internal/ident"
)

// Users searches by address or name: every word of the text begins one of the user's. Newest first; no filter finds everybody.
func (s *Store) Users(ctx context.Context, q account.UserQuery) ([]account.User, int, error) {
	labels, args := userFilter(q)
	total, err := s.countFiltered(ctx, &s.reads.CountUsers, labels, args)
	if err != nil || total == 0 {
		return nil, 0, err
	}
	limit, skip := page(q.Limit, q.Skip, standardPage, mostPage)
	items, err := listFiltered(ctx, &s.reads.Users, labels, append(args, sql.Named("limit", limit), sql.Named("skip", skip)), scanUser)
	return items, total, s.read(err)
}

func userFilter(q account.UserQuery) (labels []string, args []any) {
	labels, args = wordRanges(q.Text)
	if !q.Guests {
		labels = append(labels, "people")
	}
	if q.Role == "" {
		return labels, args
	}
	f := q.Filter()
	args = append(args, sql.Named("exact", list(f.Exact)))
	if len(f.Here)+len(f.Above) == 0 {
		return append(labels, "role"), args
	}
	return append(labels, "raised"), append(args, sql.Named("at_most", list(f.AtMost)), sql.Named("here", list(f.Here)), sql.Named("above", list(f.Above)))
}

// GrantRole changes a person's stored role and scope. One act after another: two administrators who demote each other find that the
// second of them is the last.
func (s *Store) GrantRole(ctx context.Context, c account.RoleChange) (u account.User, err error) {
	err = s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		u, err = grantRole(ctx, w, c)
		return err
	})
	if err != nil {
		return account.User{}, err
	}
	return u, nil
}

func grantRole(ctx context.Context, w *writes, c account.RoleChange) (account.User, error) {
	u, err := scanUser(w.User.QueryRowContext(ctx, string(c.User)))
	if err != nil {
		return account.User{}, orNotFound(err, "user_not_found", "There is no such user.")
	}
	if done, err := c.Settled(u); done || err != nil {
		return u, err
	}
	if c.TakesAdmin() {
		var other bool
		if err := w.OtherAdmin.QueryRowContext(ctx, list(append(slices.Clone(c.Unable), c.User)), list(c.Listed)).Scan(&other); err != nil {
			return account.User{}, err
		}
		if !other {
			return account.User{}, account.ErrLastAdmin
		}
	}
	if _, err := w.GrantRole.ExecContext(ctx, string(c.User), string(c.Now.Role), list(c.Now.Cinemas), toMillis(c.At)); err != nil {
		return account.User{}, err
	}
	return scanUser(w.User.QueryRowContext(ctx, string(c.User)))
}

// LastSeen tells when each of the users was last seen by one of his sessions.
func (s *Store) LastSeen(ctx context.Context, users []ident.User) (map[ident.User]time.Time, error) {
	type seen struct {
		user ident.User
		at   int64
	}
	rows, err := s.reads.LastSeen.QueryContext(ctx, list(users))
	all, err := collect(rows, err, func(row scanner) (v seen, err error) {
		err = row.Scan(&v.user, &v.at)
		return v, err
	})
	out := make(map[ident.User]time.Time, len(all))
	for _, v := range all {
		out[v.user] = fromMillis(v.at)
	}
	return out, s.read(err)
}

// Issuers lists who vouches for a user.
func (s *Store) Issuers(ctx context.Context, u ident.User) ([]string, error) {
	identities, err := s.IdentitiesOf(ctx, u)
	issuers := make([]string, len(identities))
	for i, id := range identities {
		issuers[i] = id.Issuer
	}
	return issuers, err
}
