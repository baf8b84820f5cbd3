package storemongo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// SaveProgramme checks everything named and then writes it, what others refer to first. A lease lets one planner at a time do so in all
// processes: of two who take the same hour at once, the later one is refused. A crash half way leaves a part, which a repeat completes.
func (s *Store) SaveProgramme(ctx context.Context, p catalog.Programme) error {
	for _, t := range p.Showtimes {
		if !t.ClearsAt.After(t.StartsAt) {
			return fault.New(fault.Invalid, "invalid_showtime", "A show must clear its hall after it started.").With("showtime_id", string(t.ID))
		}
	}
	give, err := takeTurn(ctx, s.planning)
	if err != nil {
		return err
	}
	defer give()
	return s.leased(ctx, "programme", func(ctx context.Context) error {
		for _, check := range []func(context.Context, catalog.Programme) error{s.checkLayouts, s.checkReferences, s.checkSlugs, s.checkHalls} {
			if err := check(ctx, p); err != nil {
				return err
			}
		}
		return s.write(ctx, p)
	})
}

func (s *Store) write(ctx context.Context, p catalog.Programme) error {
	for _, part := range []struct {
		into *mongo.Collection
		docs []keyed
	}{
		{s.cinemas, documents(p.Cinemas, func(c catalog.Cinema) (string, any) { return string(c.ID), toCinema(c) })},
		{s.auditoriums, documents(p.Auditoriums, func(a catalog.Auditorium) (string, any) { return string(a.ID), toAuditorium(a) })},
		{s.layouts, documents(p.Layouts, func(l *catalog.Layout) (string, any) { return string(l.ID), toLayout(l) })},
		{s.movies, documents(p.Movies, func(m catalog.Movie) (string, any) { return string(m.ID), toMovie(m) })},
		{s.cards, documents(p.PriceCards, func(c catalog.PriceCard) (string, any) { return string(c.ID), toCard(c) })},
		{s.showtimes, documents(p.Showtimes, func(t catalog.Showtime) (string, any) { return string(t.ID), toShowtime(t) })},
		{s.blocked, documents(p.Blocks, func(b catalog.Block) (string, any) { return claimID(b.Showtime, b.Seat), toBlock(b) })},
	} {
		if err := s.saveAll(ctx, part.into, part.docs); err != nil {
			return err
		}
	}
	return nil
}

type keyed struct {
	id  string
	doc any
}

func documents[T any](items []T, one func(T) (string, any)) []keyed {
	return convert(items, func(v T) keyed {
		id, doc := one(v)
		return keyed{id, doc}
	})
}

// saveAll replaces or inserts.
func (s *Store) saveAll(ctx context.Context, c *mongo.Collection, docs []keyed) error {
	for part := range slices.Chunk(docs, batch) {
		models := convert(part, func(d keyed) mongo.WriteModel {
			return mongo.NewReplaceOneModel().SetFilter(byID(d.id)).SetReplacement(d.doc).SetUpsert(true)
		})
		err := s.again(ctx, func(ctx context.Context) error {
			_, err := c.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(true))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkLayouts lets a published plan be written again only as it is, and a version of a hall have one plan.
func (s *Store) checkLayouts(ctx context.Context, p catalog.Programme) error {
	versions := map[string]ident.Layout{}
	for _, l := range p.Layouts {
		there, found, err := find[layoutDoc](ctx, s, s.layouts, byID(string(l.ID)))
		if err != nil {
			return err
		}
		if found && !there.layout().Equal(l) {
			return fault.New(fault.Conflict, "layout_published", "A published seat layout can not be changed; make a new version.").
				With("layout_id", string(l.ID))
		}
		same := bson.D{{Key: "auditorium_id", Value: string(l.Auditorium)}, {Key: "version", Value: l.Version}, {Key: "_id", Value: field("$ne", string(l.ID))}}
		_, other, err := find[layoutDoc](ctx, s, s.layouts, same)
		if err != nil {
			return err
		}
		key := fmt.Sprintf("%s|%d", l.Auditorium, l.Version)
		if first, twice := versions[key]; other || twice && first != l.ID {
			return alreadyExists()
		}
		versions[key] = l.ID
	}
	return nil
}

func alreadyExists() error {
	return fault.New(fault.Conflict, "already_exists", "Another entry has this short name or version already.")
}

// checkReferences wants everything that is named to be there or to be written along.
func (s *Store) checkReferences(ctx context.Context, p catalog.Programme) error {
	var cinemas, halls, layouts, movies, cards, shows []string
	for _, a := range p.Auditoriums {
		cinemas = append(cinemas, string(a.Cinema))
	}
	for _, l := range p.Layouts {
		halls = append(halls, string(l.Auditorium))
	}
	for _, t := range p.Showtimes {
		cinemas, halls, layouts = append(cinemas, string(t.Cinema)), append(halls, string(t.Auditorium)), append(layouts, string(t.Layout))
		movies, cards = append(movies, string(t.Movie)), append(cards, string(t.PriceCard))
	}
	for _, b := range p.Blocks {
		shows = append(shows, string(b.Showtime))
	}
	for _, r := range []struct {
		in           *mongo.Collection
		named, along []string
	}{
		{s.cinemas, cinemas, convert(p.Cinemas, func(c catalog.Cinema) string { return string(c.ID) })},
		{s.auditoriums, halls, convert(p.Auditoriums, func(a catalog.Auditorium) string { return string(a.ID) })},
		{s.layouts, layouts, convert(p.Layouts, func(l *catalog.Layout) string { return string(l.ID) })},
		{s.movies, movies, convert(p.Movies, func(m catalog.Movie) string { return string(m.ID) })},
		{s.cards, cards, convert(p.PriceCards, func(c catalog.PriceCard) string { return string(c.ID) })},
		{s.showtimes, shows, convert(p.Showtimes, func(t catalog.Showtime) string { return string(t.ID) })},
	} {
		if err := s.allThere(ctx, r.in, r.named, r.along); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) allThere(ctx context.Context, c *mongo.Collection, named, along []string) error {
	slices.Sort(named)
	named = slices.DeleteFunc(slices.Compact(named), func(id string) bool { return slices.Contains(along, id) })
	for part := range slices.Chunk(named, batch) {
		n, err := s.count(ctx, c, field("_id", among(part)))
		if err != nil {
			return err
		}
		if n < len(part) {
			return fault.New(fault.Invalid, "unknown_reference", "The programme names something that does not exist.")
		}
	}
	return nil
}

// checkSlugs lets a short name belong to one film and one cinema.
func (s *Store) checkSlugs(ctx context.Context, p catalog.Programme) error {
	films := convert(p.Movies, func(m catalog.Movie) slug { return slug{string(m.ID), m.Slug} })
	sites := convert(p.Cinemas, func(c catalog.Cinema) slug { return slug{string(c.ID), c.Slug} })
	if err := s.slugsFree(ctx, s.movies, films); err != nil {
		return err
	}
	return s.slugsFree(ctx, s.cinemas, sites)
}

type slug struct {
	ID   string `bson:"_id"`
	Slug string `bson:"slug"`
}

func (s *Store) slugsFree(ctx context.Context, c *mongo.Collection, written []slug) error {
	owner, renamed := map[string]string{}, map[string]bool{}
	for _, w := range written {
		if first, twice := owner[w.Slug]; twice && first != w.ID {
			return alreadyExists()
		}
		owner[w.Slug], renamed[w.ID] = w.ID, true
	}
	there, err := listAmong[slug](ctx, s, c, "slug", convert(written, func(w slug) string { return w.Slug }))
	if err != nil {
		return err
	}
	for _, t := range there {
		if owner[t.Slug] != t.ID && !renamed[t.ID] {
			return alreadyExists()
		}
	}
	return nil
}

// checkHalls looks at each hall's shows as they will be: in the order of their starts none may begin before the one before has cleared.
func (s *Store) checkHalls(ctx context.Context, p catalog.Programme) error {
	halls := map[ident.Auditorium][]catalog.Showtime{}
	var written []ident.Showtime
	for _, t := range p.Showtimes {
		written = append(written, t.ID)
		if t.Status != catalog.Cancelled {
			halls[t.Auditorium] = append(halls[t.Auditorium], t)
		}
	}
	for hall, shows := range halls {
		from := slices.MinFunc(shows, byStart).StartsAt
		to := slices.MaxFunc(shows, func(a, b catalog.Showtime) int { return a.ClearsAt.Compare(b.ClearsAt) }).ClearsAt
		there, err := list[showtimeDoc](ctx, s, s.showtimes, hallBusy(hall, from, to, written), options.Find())
		if err != nil {
			return err
		}
		if err := noOverlap(append(shows, convert(there, showtimeDoc.showtime)...)); err != nil {
			return err
		}
	}
	return nil
}

func byStart(a, b catalog.Showtime) int { return a.StartsAt.Compare(b.StartsAt) }

func noOverlap(shows []catalog.Showtime) error {
	slices.SortFunc(shows, byStart)
	var last catalog.Showtime
	var free time.Time
	for _, t := range shows {
		if t.StartsAt.Before(free) && t.ID != last.ID {
			return fault.New(fault.Conflict, "hall_conflict", fmt.Sprintf("Show %s overlaps with show %s in the same hall.", t.ID, last.ID)).
				With("showtime_ids", []string{string(t.ID), string(last.ID)})
		}
		if t.ClearsAt.After(free) {
			last, free = t, t.ClearsAt
		}
	}
	return nil
}
