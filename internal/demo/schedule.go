package demo

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"time"

	"cinema/internal/catalog"
	"cinema/internal/ident"
)

// Times on the cinema's wall, as durations from midnight of the business day's date; beyond 24 h is the night after.
const (
	lastStart = 23*time.Hour + 15*time.Minute
	lateStart = 24*time.Hour + 15*time.Minute
	matinee   = 17 * time.Hour
	trailers  = 10 * time.Minute
	grid      = 5 * time.Minute
)

// Sales windows. A preview opens on the day itself and a community screening closes two days before, so that at every hour the next
// 36 hours hold one of each.
const (
	ordinaryLead  = 14 * 24 * time.Hour
	previewLead   = 6 * time.Hour
	communityStop = 48 * time.Hour
)

// role is what a screening is there to show.
type role int

const (
	ordinary  role = iota
	empty          // nothing sold
	open           // a few seats sold
	nearly         // a few seats left
	soldOut        // none left
	preview        // not yet on sale until six hours before
	community      // sales closed two days before
)

// show is a screening with what the sales need to know of it.
type show struct {
	catalog.Showtime
	hall int // index in halls
	slot int // position in the hall's day
	wall time.Duration
	role role
}

// wish gives a role to the screening of a hall that starts nearest to a time.
type wish struct {
	hall string
	role role
	near time.Duration
}

// wishes come true in this order; a screening has one role. Every business day has them all: the times of two days are less than
// 28 hours apart, which is what makes the floor hold at every hour.
func wishes() []wish {
	return []wish{
		{"grand", preview, 22 * time.Hour},
		{"grand", empty, 17 * time.Hour},
		{"grand", open, 14 * time.Hour},
		{"gallery", empty, 18 * time.Hour},
		{"gallery", open, 15 * time.Hour},
		{"studio", community, 10 * time.Hour},
		{"studio", nearly, 19 * time.Hour},
		{"studio", open, 15 * time.Hour},
		{"loft", soldOut, 20 * time.Hour},
		{"loft", open, 16 * time.Hour},
	}
}

// planner lays out business days. The same date always gives the same day.
type planner struct {
	seed   uint64
	cinema catalog.Cinema
	zone   *time.Location
	films  []catalog.Movie
	halls  []hall
}

// day plans one business day.
func (p *planner) day(date string) ([]show, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return nil, fmt.Errorf("demo day: %w", err)
	}
	var out []show
	shown := make([]int, len(p.films))
	for h := range p.halls {
		out = append(out, p.hallDay(h, date, day.Weekday(), shown)...)
	}
	p.assign(out)
	for i := range out {
		if err := p.finish(&out[i], date, day.Weekday()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// hallDay fills a hall from its opening, film after film, with room to clean between them. shown counts the day's screenings of each film.
func (p *planner) hallDay(h int, date string, weekday time.Weekday, shown []int) []show {
	rng := p.random(date, p.halls[h].key)
	cursor := p.halls[h].opens + time.Duration(rng.IntN(4))*grid
	last := lastStart
	late := p.halls[h].key == "studio" && (weekday == time.Friday || weekday == time.Saturday)
	var out []show
	film := rng.IntN(len(p.films))
	for {
		film = p.pick(rng, film, cursor, shown)
		m := p.films[film]
		busy := trailers + m.Runtime + p.halls[h].room.Turnaround
		if late && cursor < lateStart && cursor+busy > lateStart {
			cursor, last = lateStart, lateStart
			continue
		}
		if cursor > last {
			return out
		}
		shown[film]++
		s := show{hall: h, slot: len(out), wall: cursor}
		s.Movie = m.ID
		out = append(out, s)
		cursor = ceil(cursor+busy, grid)
	}
}

// pick chooses the next film: never the same twice in a row, families by day, frights by night, and rather one that was shown less.
func (p *planner) pick(rng *rand.Rand, before int, at time.Duration, shown []int) int {
	best := (before + 1) % len(p.films)
	found := 0
	for tries := 0; tries < 30 && found < 4; tries++ {
		i := rng.IntN(len(p.films))
		r := p.films[i].Rating
		young := r.Code == "All"
		if i == before || at < 13*time.Hour && r.MinAge >= 15 || at > 20*time.Hour && young || at < 17*time.Hour && r.MinAge >= 18 {
			continue
		}
		if found == 0 || shown[i] < shown[best] {
			best = i
		}
		found++
	}
	return best
}

// assign hands out the roles.
func (p *planner) assign(shows []show) {
	for _, w := range wishes() {
		best := -1
		for i, s := range shows {
			if p.halls[s.hall].key != w.hall || s.role != ordinary {
				continue
			}
			if best < 0 || (s.wall-w.near).Abs() < (shows[best].wall-w.near).Abs() {
				best = i
			}
		}
		if best >= 0 {
			shows[best].role = w.role
		}
	}
}

// finish turns a slot into a showtime.
func (p *planner) finish(s *show, date string, weekday time.Weekday) error {
	h := p.halls[s.hall]
	starts, err := catalog.Instants(p.zone, date, s.wall)
	if err != nil {
		return err
	}
	if len(starts) == 0 {
		return fmt.Errorf("demo day %s: the clocks skip %s", date, s.wall)
	}
	plan := catalog.Plan{
		ID:     ident.Showtime(fmt.Sprintf("st_demo_%s_%s_%d", strings.ReplaceAll(date, "-", ""), h.key, s.slot+1)),
		Cinema: p.cinema, Hall: h.room, Layout: ident.Layout("lay_demo_" + h.key + "_1"), Movie: p.film(s.Movie),
		PriceCard: p.card(h, weekday, s.wall), Zone: p.zone, StartsAt: starts[0], Trailers: trailers,
		OnSaleAt: starts[0].Add(-ordinaryLead), Formats: h.formats,
	}
	if plan.Movie.Language != "en" {
		plan.Subtitles = "en"
	}
	switch s.role {
	case preview:
		plan.OnSaleAt = starts[0].Add(-previewLead)
		plan.Tags = []string{"Preview"}
	case community:
		plan.Cutoff = -communityStop
		plan.Tags = []string{"Community screening"}
	case ordinary, empty, open, nearly, soldOut:
		plan.Tags = extras(p.random(date, string(plan.ID)))
	}
	s.Showtime, err = catalog.NewShowtime(plan)
	return err
}

// extras marks some screenings as accessible in one way or another.
func extras(rng *rand.Rand) []string {
	switch rng.IntN(10) {
	case 0, 1:
		return []string{"Audio described"}
	case 2:
		return []string{"Open captions"}
	case 3:
		return []string{"Relaxed"}
	default:
		return nil
	}
}

func (p *planner) film(id ident.Movie) catalog.Movie {
	for _, m := range p.films {
		if m.ID == id {
			return m
		}
	}
	return catalog.Movie{}
}

func (p *planner) card(h hall, weekday time.Weekday, wall time.Duration) ident.PriceCard {
	cheap := wall < matinee && weekday >= time.Monday && weekday <= time.Thursday
	large := h.key == "grand"
	switch {
	case cheap && large:
		return cardDayLarge
	case cheap:
		return cardDay
	case large:
		return cardNightLarge
	default:
		return cardEvening
	}
}

// random is a generator that depends only on the seed and on names.
func (p *planner) random(names ...string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(names, "|"))) // a hash never fails
	return rand.New(rand.NewPCG(p.seed, h.Sum64()))
}

func ceil(d, step time.Duration) time.Duration {
	if over := d % step; over > 0 {
		return d + step - over
	}
	return d
}
