package storesqlite

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
func (s *Store) exportProgramme(ctx context.Context, t store.Table, one, two place) ([]store.Row, error) {
	r := s.reads
	switch t {
	case store.Cinemas:
		return exported(ctx, r.ExportCinemas, one, scanCinema, func(c catalog.Cinema) string { return string(c.ID) })
	case store.Auditoriums:
		return exported(ctx, r.ExportAuditoriums, one, scanAuditorium, func(a catalog.Auditorium) string { return string(a.ID) })
	case store.Layouts:
		return exported(ctx, r.ExportLayouts, one, scanLayout, func(l *catalog.Layout) string { return string(l.ID) })
	case store.Movies:
		return exported(ctx, r.ExportMovies, one, scanMovie, func(m catalog.Movie) string { return string(m.ID) })
	case store.PriceCards:
		return exported(ctx, r.ExportPriceCards, one, scanPriceCard, func(c catalog.PriceCard) string { return string(c.ID) })
	case store.Showtimes:
		return exported(ctx, r.ExportShowtimes, one, scanShowtime, func(t catalog.Showtime) string { return string(t.ID) })
	case store.Blocks:
		return exported(ctx, r.ExportBlocks, two, scanBlock, func(b catalog.Block) string { return store.PairKey(string(b.Showtime), string(b.Seat)) })
	default:
		return nil, fmt.Errorf("store: no table %q", t)
	}
}

// exportPeople lists who the users are and what they are signed in with.
func (s *Store) exportPeople(ctx context.Context, t store.Table, one place) ([]store.Row, error) {
	r := s.reads
	switch t {
	case store.Users:
		return exported(ctx, r.ExportUsers, one, scanUser, func(u account.User) string { return string(u.ID) })
	case store.Sessions:
		return exported(ctx, r.ExportSessions, one, scanSession, func(v account.Session) string { return v.Hash })
	case store.Tokens:
		return exported(ctx, r.ExportTokens, one, scanToken, func(t account.PersonalToken) string { return t.ID })
	case store.Revocations:
		return exported(ctx, r.ExportRevocations, one, scanRevocation, func(v store.RevocationRow) string { return v.ID })
	case store.UserKeys:
		return exported(ctx, r.ExportUserKeys, one, scanUserKeys, func(k audit.UserKeys) string { return string(k.User) })
	case store.Erasures:
		return exported(ctx, r.ExportErasures, one, scanErasure, func(e privacy.Erasure) string { return string(e.User) })
	default:
		return nil, fmt.Errorf("store: no table %q", t)
	}
}

func importProgramme(ctx context.Context, w *writes, row any) error {
	switch v := row.(type) {
	case catalog.Cinema:
		return saveProgramme(ctx, w, catalog.Programme{Cinemas: []catalog.Cinema{v}})
	case catalog.Auditorium:
		return saveProgramme(ctx, w, catalog.Programme{Auditoriums: []catalog.Auditorium{v}})
	case *catalog.Layout:
		return publish(ctx, w, v)
	case catalog.Movie:
		return saveProgramme(ctx, w, catalog.Programme{Movies: []catalog.Movie{v}})
	case catalog.PriceCard:
		return saveProgramme(ctx, w, catalog.Programme{PriceCards: []catalog.PriceCard{v}})
	case catalog.Showtime:
		return saveShowtime(ctx, w, v)
	case catalog.Block:
		return saveProgramme(ctx, w, catalog.Programme{Blocks: []catalog.Block{v}})
	default:
		return errKind
	}
}

func importPerson(ctx context.Context, w *writes, row any) error {
	switch v := row.(type) {
	case account.User:
		return saveUser(ctx, w, v)
	case account.Session:
		return putSession(ctx, w, v)
	case account.PersonalToken:
		return insertToken(ctx, w, v)
	case store.RevocationRow:
		_, err := w.RevokeToken.ExecContext(ctx, v.ID, toMillis(v.Until))
		return err
	case audit.UserKeys:
		return importUserKeys(ctx, w, v)
	case privacy.Erasure:
		return insertErasure(ctx, w, v)
	default:
		return errKind
	}
}
