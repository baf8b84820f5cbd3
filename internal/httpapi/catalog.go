package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"cinema/internal/catalog"
	"cinema/internal/catalog/poster"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// listReply is a page of a list.
type listView[T any] struct {
	Items      []T     `json:"items"`
	NextCursor *string `json:"next_cursor" doc:"null on the last page"`
}

type moviesInput struct {
	NowShowing bool   `query:"now_showing" doc:"Only films with a showtime ahead."`
	Text       string `query:"q" maxLength:"100" doc:"Words of title, tagline, genres or tags."`
	Cinema     string `query:"cinema_id"`
	Limit      int    `query:"limit" minimum:"1" maximum:"200" default:"200"`
	Cursor     string `query:"cursor" maxLength:"200"`
}

type showtimesInput struct {
	Cinema string `query:"cinema_id"`
	Movie  string `query:"movie_id" doc:"Id or slug."`
	Date   string `query:"date" doc:"YYYY-MM-DD, the cinema's business day. Without it: everything that has not ended."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"200"`
	Cursor string `query:"cursor" maxLength:"200"`
}

// ShowtimePath names a showtime in an address. It is exported, as are all types that others embed, because the framework reads only those.
type ShowtimePath struct {
	Showtime string `path:"showtimeId"`
}

type detailView struct {
	ShowtimeView

	Movie        movieView        `json:"movie"`
	RatingNotice string           `json:"rating_notice,omitempty"`
	Limits       limitsView       `json:"limits"`
	TicketTypes  []ticketTypeView `json:"ticket_types"`
	Prices       []priceView      `json:"prices"`
	Layout       layoutView       `json:"layout"`
	Next         *nextView        `json:"next,omitempty" doc:"The film's next showtime on sale, when this one cannot be bought."`
}

type nextView struct {
	ID         string `json:"id"`
	StartsAt   string `json:"starts_at" format:"date-time"`
	LocalStart string `json:"local_start"`
	Zone       string `json:"zone"`
}

// cachedReply is an answer that may be kept.
type cachedReply[T any] struct {
	CacheControl string `header:"Cache-Control"`
	Body         T
}

type pictureReply struct {
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control"`
	Sharing      string `header:"Cross-Origin-Resource-Policy"`
	Body         []byte
}

// How long public answers may be kept: layouts never change, the programme seldom does, seats always do.
const (
	forEver    = "public, max-age=31536000, immutable"
	aMinute    = "public, max-age=60"
	aDay       = "public, max-age=86400"
	everyTime  = "no-cache"
	pastWindow = 6 * time.Hour // a film that started earlier has ended
	pageSize   = 200           // rows asked of the store at once
)

func (s *Server) registerCatalog() {
	const tag = "Programme"
	add(s, route{method: http.MethodGet, path: "/api/cinemas", id: "list-cinemas", tag: tag, charge: reads, tagged: true, summary: "The sites"}, s.cinemas)
	add(s, route{method: http.MethodGet, path: "/api/movies", id: "list-movies", tag: tag, charge: reads, tagged: true, summary: "The films"}, s.movies)
	add(s, route{
		method: http.MethodGet, path: "/api/movies/{movieId}", id: "get-movie", tag: tag, charge: reads, tagged: true,
		summary: "A film, by id or slug",
	}, s.movie)
	add(s, route{
		method: http.MethodGet, path: "/api/showtimes", id: "list-showtimes", tag: tag, charge: reads, tagged: true,
		summary: "Showtimes by start",
	}, s.showtimes)
	add(s, route{
		method: http.MethodGet, path: "/api/showtimes/{showtimeId}", id: "get-showtime", tag: tag, charge: reads, tagged: true,
		summary: "A showtime with its prices and its seat plan",
	}, s.showtime)
	add(s, route{
		method: http.MethodGet, path: "/api/layouts/{layoutId}", id: "get-layout", tag: tag, charge: reads, tagged: true,
		summary: "A published seat plan; it never changes",
	}, s.layout)
	add(s, route{
		method: http.MethodGet, path: "/media/posters/{file}", id: "get-poster", tag: tag, tagged: true, produces: "image/svg+xml",
		free:    "a page shows many, and browsers keep them for a day",
		summary: "A film's poster: {slug}.svg",
	}, s.poster)
}

func (s *Server) cinemas(ctx context.Context, _ *struct{}) (*cachedReply[listView[cinemaView]], error) {
	all, err := s.catalog.Cinemas(ctx)
	if err != nil {
		return nil, err
	}
	items := make([]cinemaView, len(all))
	for i, c := range all {
		items[i] = cinemaOf(c)
	}
	return &cachedReply[listView[cinemaView]]{aMinute, listView[cinemaView]{Items: items}}, nil
}

func (s *Server) movies(ctx context.Context, in *moviesInput) (*cachedReply[listView[movieView]], error) {
	cinema, err := queryID[ident.Cinema](in.Cinema)
	if err != nil {
		return nil, err
	}
	_, after, err := parseCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	all, err := s.catalog.Movies(ctx, catalog.MovieQuery{NowShowing: in.NowShowing, Cinema: cinema, Text: in.Text})
	if err != nil {
		return nil, err
	}
	out := listView[movieView]{Items: []movieView{}}
	skipping := after != ""
	for _, m := range all {
		if skipping {
			skipping = string(m.ID) != after
			continue
		}
		if len(out.Items) == in.Limit {
			out.NextCursor = pageCursor(time.UnixMilli(0), out.Items[len(out.Items)-1].ID)
			break
		}
		out.Items = append(out.Items, movieOf(m))
	}
	return &cachedReply[listView[movieView]]{everyTime, out}, nil
}

func (s *Server) movie(ctx context.Context, in *struct {
	Movie string `path:"movieId"`
},
) (*cachedReply[movieView], error) {
	if _, err := ident.ParseID(in.Movie); err != nil {
		return nil, fault.New(fault.NotFound, "movie_not_found", "There is no such film.")
	}
	m, err := s.catalog.Movie(ctx, in.Movie)
	if err != nil {
		return nil, err
	}
	return &cachedReply[movieView]{aMinute, movieOf(m)}, nil
}

func (s *Server) showtimes(ctx context.Context, in *showtimesInput) (*cachedReply[listView[ShowtimeView]], error) {
	out := listView[ShowtimeView]{Items: []ShowtimeView{}}
	q, known, err := s.showtimeQuery(ctx, in)
	if err != nil {
		return nil, err
	}
	if !known {
		return &cachedReply[listView[ShowtimeView]]{everyTime, out}, nil
	}
	shows, more, err := s.page(ctx, q, in.Date == "")
	if err != nil {
		return nil, err
	}
	details, err := s.catalog.Details(ctx, shows)
	if err != nil {
		return nil, err
	}
	for _, d := range details {
		a, err := s.availability(ctx, d)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, showtimeOf(d, s.clock.Now(), a))
	}
	if more {
		last := shows[len(shows)-1]
		out.NextCursor = pageCursor(last.StartsAt, string(last.ID))
	}
	return &cachedReply[listView[ShowtimeView]]{everyTime, out}, nil
}

// page reads one page of showtimes; running leaves out those that have ended. more tells whether others follow the last of them.
func (s *Server) page(ctx context.Context, q catalog.ShowtimeQuery, running bool) (page []catalog.Showtime, more bool, err error) {
	now, limit := s.clock.Now(), q.Limit
	q.Limit = pageSize
	for {
		shows, err := s.catalog.Showtimes(ctx, q)
		if err != nil {
			return nil, false, err
		}
		for _, st := range shows {
			if running && !st.EndsAt.After(now) {
				continue
			}
			if len(page) == limit {
				return page, true, nil
			}
			page = append(page, st)
		}
		if len(shows) < pageSize {
			return page, false, nil
		}
		last := shows[len(shows)-1]
		q.After = catalog.Place{StartsAt: last.StartsAt, ID: last.ID}
	}
}

// showtimeQuery checks a query; known is false when it names a film that does not exist.
func (s *Server) showtimeQuery(ctx context.Context, in *showtimesInput) (q catalog.ShowtimeQuery, known bool, err error) {
	if q.Cinema, err = queryID[ident.Cinema](in.Cinema); err != nil {
		return q, false, err
	}
	if _, err = queryID[ident.Movie](in.Movie); err != nil {
		return q, false, err
	}
	if in.Movie != "" {
		m, err := s.catalog.Movie(ctx, in.Movie)
		if fault.KindOf(err) == fault.NotFound {
			return q, false, nil
		}
		if err != nil {
			return q, false, err
		}
		q.Movie = m.ID
	}
	if in.Date != "" {
		if _, err := time.Parse(time.DateOnly, in.Date); err != nil {
			return q, false, fault.New(fault.Invalid, "invalid_query", "A date is written YYYY-MM-DD.")
		}
		q.BusinessDate = in.Date
	} else {
		q.From = s.clock.Now().Add(-pastWindow)
	}
	at, id, err := parseCursor(in.Cursor)
	if err != nil {
		return q, false, err
	}
	q.After, q.Limit = catalog.Place{StartsAt: at, ID: ident.Showtime(id)}, in.Limit
	return q, true, nil
}

func (s *Server) showtime(ctx context.Context, in *ShowtimePath) (*cachedReply[detailView], error) {
	d, err := s.detail(ctx, in.Showtime)
	if err != nil {
		return nil, err
	}
	a, err := s.availability(ctx, d)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	v := detailView{
		ShowtimeView: showtimeOf(d, now, a), Movie: movieOf(d.Movie), RatingNotice: d.Movie.Rating.Notice,
		Limits: limitsOf(s.settings.Limits, d.Showtime.MaxSeats), Layout: layoutOf(d.Layout),
	}
	v.TicketTypes, v.Prices = pricesOf(d.PriceCard)
	if v.Sale != string(catalog.OnSale) {
		if v.Next, err = s.next(ctx, d); err != nil {
			return nil, err
		}
	}
	return &cachedReply[detailView]{everyTime, v}, nil
}

func (s *Server) next(ctx context.Context, d *catalog.Detail) (*nextView, error) {
	next, found, err := s.catalog.Next(ctx, d)
	if err != nil || !found {
		return nil, err
	}
	local, err := s.catalog.LocalStart(ctx, next)
	if err != nil {
		return nil, err
	}
	return &nextView{ID: string(next.ID), StartsAt: stamp(next.StartsAt), LocalStart: wall(local), Zone: local.Location().String()}, nil
}

func (s *Server) detail(ctx context.Context, id string) (*catalog.Detail, error) {
	showtime, err := showtimeID(id)
	if err != nil {
		return nil, err
	}
	return s.catalog.Detail(ctx, showtime)
}

func (s *Server) availability(ctx context.Context, d *catalog.Detail) (availabilityView, error) {
	a, err := s.seats.Availability(ctx, d)
	if err != nil {
		return availabilityView{}, err
	}
	return availabilityView{Capacity: a.Capacity, Free: a.Free, AccessibleFree: a.AccessibleFree}, nil
}

func (s *Server) layout(ctx context.Context, in *struct {
	Layout string `path:"layoutId"`
},
) (*cachedReply[layoutView], error) {
	if _, err := ident.ParseID(in.Layout); err != nil {
		return nil, errUnknown
	}
	l, err := s.catalog.Layout(ctx, ident.Layout(in.Layout))
	if err != nil {
		return nil, err
	}
	return &cachedReply[layoutView]{forEver, layoutOf(l)}, nil
}

func (s *Server) poster(ctx context.Context, in *struct {
	File string `path:"file"`
},
) (*pictureReply, error) {
	slug, ok := strings.CutSuffix(in.File, ".svg")
	if !ok {
		return nil, errUnknown
	}
	if _, err := ident.ParseID(slug); err != nil {
		return nil, errUnknown
	}
	m, err := s.catalog.Movie(ctx, slug)
	if err != nil {
		return nil, err
	}
	return &pictureReply{
		ContentType: "image/svg+xml; charset=utf-8", CacheControl: aDay, Sharing: "cross-origin", Body: poster.SVG(m.Slug, m.Motif, m.Hue),
	}, nil
}
