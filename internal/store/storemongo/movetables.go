package storemongo

import (
	"context"
	"fmt"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/catalog"
	"cinema/internal/privacy"
	"cinema/internal/store"
)

// exportProgramme lists what is shown where, for how much.
func exportProgramme(ctx context.Context, p part, t store.Table) ([]store.Row, error) {
	switch t {
	case store.Cinemas:
		return exported(ctx, p, func(d cinemaDoc) (string, any) { return d.ID, d.cinema() })
	case store.Auditoriums:
		return exported(ctx, p, func(d auditoriumDoc) (string, any) { return d.ID, d.auditorium() })
	case store.Layouts:
		return exported(ctx, p, func(d layoutDoc) (string, any) { return d.ID, d.layout() })
	case store.Movies:
		return exported(ctx, p, func(d movieDoc) (string, any) { return d.ID, d.movie() })
	case store.PriceCards:
		return exported(ctx, p, func(d cardDoc) (string, any) { return d.ID, d.card() })
	case store.Showtimes:
		return exported(ctx, p, func(d showtimeDoc) (string, any) { return d.ID, d.showtime() })
	case store.Blocks:
		return exported(ctx, p, func(d blockDoc) (string, any) { return d.ID, d.block() })
	default:
		return nil, fmt.Errorf("store: no table %q", t)
	}
}

// exportPeople lists who the users are and what they are signed in with.
func exportPeople(ctx context.Context, p part, t store.Table) ([]store.Row, error) {
	switch t {
	case store.Users:
		return exported(ctx, p, func(d userDoc) (string, any) { return d.ID, d.user() })
	case store.Sessions:
		return exported(ctx, p, func(d sessionDoc) (string, any) { return d.Hash, d.session() })
	case store.Tokens:
		return exported(ctx, p, func(d tokenDoc) (string, any) { return d.ID, d.token() })
	case store.Revocations:
		return exported(ctx, p, func(d revocationDoc) (string, any) { return d.ID, d.row() })
	case store.UserKeys:
		return exported(ctx, p, func(d userKeysDoc) (string, any) { return d.User, d.keys() })
	case store.Erasures:
		return exported(ctx, p, func(d erasureDoc) (string, any) { return d.User, d.erasure() })
	default:
		return nil, fmt.Errorf("store: no table %q", t)
	}
}

func programmeDocument(row any) (any, error) {
	switch v := row.(type) {
	case catalog.Cinema:
		return toCinema(v), nil
	case catalog.Auditorium:
		return toAuditorium(v), nil
	case *catalog.Layout:
		return toLayout(v), nil
	case catalog.Movie:
		return toMovie(v), nil
	case catalog.PriceCard:
		return toCard(v), nil
	case catalog.Showtime:
		return toShowtime(v), nil
	case catalog.Block:
		return toBlock(v), nil
	default:
		return nil, errKind
	}
}

func personDocument(row any) (any, error) {
	switch v := row.(type) {
	case account.User:
		return toUser(v), nil
	case account.Session:
		return toSession(v), nil
	case account.PersonalToken:
		return toToken(v), nil
	case store.RevocationRow:
		return revocationDoc{v.ID, millis(v.Until)}, nil
	case audit.UserKeys:
		return toUserKeys(v), nil
	case privacy.Erasure:
		return toErasure(v), nil
	default:
		return nil, errKind
	}
}
