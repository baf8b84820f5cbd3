package httpapi

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/money"
)

// The wire types that several resources share, and the only place where domain types turn into them.

type moneyView struct {
	Amount   int64  `json:"amount" doc:"Minor units of the currency."`
	Currency string `json:"currency" doc:"ISO 4217."`
}

func moneyOf(a money.Amount) moneyView { return moneyView{Amount: a.Minor, Currency: a.Currency} }

// stamp is an instant as the contract writes it: RFC 3339, UTC, milliseconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// wall is a local time as clocks on the wall show it.
func wall(t time.Time) string { return t.Format("2006-01-02T15:04:05") }

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// filled turns a nil list into an empty one: the contract has no null lists.
func filled(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// pageCursor is a place in a list, opaque to clients.
func pageCursor(at time.Time, id string) *string {
	c := base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(at.UnixMilli(), 10) + "." + id))
	return &c
}

var errCursor = fault.New(fault.Invalid, "invalid_query", "The cursor is not one of ours.")

func parseCursor(c string) (at time.Time, id string, err error) {
	if c == "" {
		return time.Time{}, "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(c)
	if err != nil {
		return time.Time{}, "", errCursor
	}
	ms, id, ok := strings.Cut(string(raw), ".")
	n, err := strconv.ParseInt(ms, 10, 64)
	if _, bad := ident.ParseID(id); !ok || err != nil || bad != nil {
		return time.Time{}, "", errCursor
	}
	return time.UnixMilli(n).UTC(), id, nil
}

// queryID checks an identifier of a query; empty stays empty.
func queryID[T ~string](s string) (T, error) {
	if s == "" {
		return "", nil
	}
	if _, err := ident.ParseID(s); err != nil {
		return "", fault.New(fault.Invalid, "invalid_query", "An identifier is malformed.")
	}
	return T(s), nil
}

// showtimeID checks the identifier of a path: what cannot be one does not exist.
func showtimeID(s string) (ident.Showtime, error) {
	id, err := ident.ParseShowtime(s)
	if err != nil {
		return "", errShowtime
	}
	return id, nil
}

var errShowtime = fault.New(fault.NotFound, "showtime_not_found", "There is no such showtime.")

type cinemaView struct {
	ID       string `json:"id"`
	Slug     string `json:"slug"`
	Name     string `json:"name"`
	Address  string `json:"address"`
	Zone     string `json:"zone" doc:"IANA time zone."`
	Currency string `json:"currency"`
}

func cinemaOf(c catalog.Cinema) cinemaView {
	return cinemaView{ID: string(c.ID), Slug: c.Slug, Name: c.Name, Address: c.Address, Zone: c.Zone, Currency: c.Currency}
}

type ratingView struct {
	Code   string `json:"code"`
	MinAge int    `json:"min_age"`
	Notice string `json:"notice,omitempty"`
	Tick   bool   `json:"tick" doc:"The buyer declares that everybody is old enough."`
}

type movieView struct {
	ID             string     `json:"id"`
	Slug           string     `json:"slug"`
	Title          string     `json:"title"`
	Tagline        string     `json:"tagline"`
	Synopsis       string     `json:"synopsis"`
	RuntimeMinutes int        `json:"runtime_minutes"`
	Genres         []string   `json:"genres"`
	Rating         ratingView `json:"rating"`
	Language       string     `json:"language"`
	Tags           []string   `json:"tags"`
	Poster         string     `json:"poster" doc:"Path of the poster."`
}

func movieOf(m catalog.Movie) movieView {
	return movieView{
		ID: string(m.ID), Slug: m.Slug, Title: m.Title, Tagline: m.Tagline, Synopsis: m.Synopsis,
		RuntimeMinutes: int(m.Runtime / time.Minute), Genres: filled(m.Genres),
		Rating:   ratingView{Code: m.Rating.Code, MinAge: m.Rating.MinAge, Notice: m.Rating.Notice, Tick: m.Rating.Tick},
		Language: m.Language, Tags: filled(m.Tags), Poster: "/media/posters/" + m.Slug + ".svg",
	}
}

type hallView struct {
	ID            string   `json:"id"`
	Name          string   `json:"name"`
	Attributes    []string `json:"attributes"`
	Accessibility string   `json:"accessibility"`
}

type availabilityView struct {
	Capacity       int `json:"capacity"`
	Free           int `json:"free"`
	AccessibleFree int `json:"accessible_free"`
}

// ShowtimeView is a showtime as it stands in a list.
type ShowtimeView struct {
	ID           string           `json:"id"`
	CinemaID     string           `json:"cinema_id"`
	MovieID      string           `json:"movie_id"`
	MovieTitle   string           `json:"movie_title"`
	MovieSlug    string           `json:"movie_slug"`
	Auditorium   hallView         `json:"auditorium"`
	StartsAt     string           `json:"starts_at" format:"date-time"`
	LocalStart   string           `json:"local_start" doc:"Wall clock at the cinema."`
	Zone         string           `json:"zone"`
	EndsAt       string           `json:"ends_at" format:"date-time"`
	DoorsAt      string           `json:"doors_at" format:"date-time"`
	BusinessDate string           `json:"business_date" format:"date" doc:"A show after midnight belongs to the night before."`
	Formats      []string         `json:"formats"`
	Language     string           `json:"language"`
	Subtitles    string           `json:"subtitles,omitempty"`
	Tags         []string         `json:"tags"`
	Sale         string           `json:"sale" enum:"not_yet,on_sale,closed,sold_out,cancelled"`
	OnSaleAt     string           `json:"on_sale_at" format:"date-time"`
	SalesCloseAt string           `json:"sales_close_at" format:"date-time"`
	FromPrice    moneyView        `json:"from_price"`
	Availability availabilityView `json:"availability"`
}

func showtimeOf(d *catalog.Detail, now time.Time, a availabilityView) ShowtimeView {
	st := d.Showtime
	from, _ := d.PriceCard.From()
	return ShowtimeView{
		ID: string(st.ID), CinemaID: string(st.Cinema), MovieID: string(st.Movie), MovieTitle: d.Movie.Title, MovieSlug: d.Movie.Slug,
		Auditorium: hallView{
			ID: string(d.Auditorium.ID), Name: d.Auditorium.Name, Attributes: filled(d.Auditorium.Attributes),
			Accessibility: d.Auditorium.Accessibility,
		},
		StartsAt: stamp(st.StartsAt), LocalStart: wall(d.LocalStart()), Zone: d.Zone.String(), EndsAt: stamp(st.EndsAt),
		DoorsAt: stamp(st.Doors()), BusinessDate: st.BusinessDate, Formats: filled(st.Formats), Language: st.Language,
		Subtitles: st.Subtitles, Tags: filled(st.Tags), Sale: string(catalog.Sale(d, now, a.Free)), OnSaleAt: stamp(st.OnSaleAt),
		SalesCloseAt: stamp(st.SalesCloseAt), FromPrice: moneyOf(from), Availability: a,
	}
}

type limitsView struct {
	MaxSeats      int `json:"max_seats"`
	Hold          int `json:"hold_seconds"`
	Extension     int `json:"extension_seconds"`
	MaxHold       int `json:"max_hold_seconds"`
	PaymentWindow int `json:"payment_window_seconds"`
}

func limitsOf(l SaleLimits, own int) limitsView {
	v := limitsView{
		MaxSeats: l.MaxSeats, Hold: int(l.Hold.Seconds()), Extension: int(l.Extension.Seconds()),
		MaxHold: int(l.MaxHold.Seconds()), PaymentWindow: int(l.PaymentWindow.Seconds()),
	}
	if own > 0 && own < v.MaxSeats {
		v.MaxSeats = own
	}
	return v
}

type ticketTypeView struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	MaxAge  int      `json:"max_age,omitempty"`
	Proof   bool     `json:"proof_required"`
	Default bool     `json:"default"`
	Kinds   []string `json:"seat_kinds,omitempty" doc:"Only for these kinds of seat."`
}

type partView struct {
	Label  string `json:"label"`
	Amount int64  `json:"amount"`
}

type priceView struct {
	Category   string     `json:"category"`
	TicketType string     `json:"ticket_type"`
	Price      moneyView  `json:"price"`
	Includes   []partView `json:"includes"`
}

func partsOf(parts []catalog.Part) []partView {
	out := make([]partView, len(parts))
	for i, p := range parts {
		out[i] = partView{Label: p.Label, Amount: p.Amount}
	}
	return out
}

func pricesOf(c catalog.PriceCard) ([]ticketTypeView, []priceView) {
	types := make([]ticketTypeView, len(c.Types))
	for i, t := range c.Types {
		types[i] = ticketTypeView{
			ID: t.ID, Name: t.Name, MaxAge: t.MaxAge, Proof: t.Proof, Default: t.Default, Kinds: texts(t.Kinds),
		}
	}
	prices := make([]priceView, len(c.Prices))
	for i, p := range c.Prices {
		prices[i] = priceView{Category: p.Category, TicketType: p.TicketType, Price: moneyOf(p.Amount), Includes: partsOf(p.Includes)}
	}
	return types, prices
}

type layoutView struct {
	ID       string        `json:"id"`
	Version  int           `json:"version"`
	Width    float64       `json:"width" doc:"In seat pitches."`
	Height   float64       `json:"height"`
	Screen   screenView    `json:"screen"`
	Rows     []rowView     `json:"rows"`
	Features []featureView `json:"features"`
}

type screenView struct {
	X     float64 `json:"x"`
	Y     float64 `json:"y"`
	Width float64 `json:"width"`
}

type rowView struct {
	Label string     `json:"label"`
	Seats []seatView `json:"seats"`
	Gaps  []int      `json:"gaps" doc:"Indexes i with an aisle between seats i-1 and i."`
}

type seatView struct {
	ID       string  `json:"id"`
	Number   int     `json:"number"`
	X        float64 `json:"x"`
	Y        float64 `json:"y"`
	Kind     string  `json:"kind" enum:"standard,premium,couple,wheelchair,companion"`
	Category string  `json:"category"`
	PairID   string  `json:"pair_id,omitempty"`
}

type featureView struct {
	Kind   string  `json:"kind" enum:"aisle,stairs,door"`
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

func layoutOf(l *catalog.Layout) layoutView {
	v := layoutView{
		ID: string(l.ID), Version: l.Version, Width: l.Width, Height: l.Height,
		Screen: screenView{X: l.ScreenX, Y: l.ScreenY, Width: l.ScreenWidth},
		Rows:   make([]rowView, len(l.Rows)), Features: make([]featureView, len(l.Features)),
	}
	for i, r := range l.Rows {
		row := rowView{Label: r.Label, Seats: make([]seatView, len(r.Seats)), Gaps: append([]int{}, r.Gaps...)}
		for k, st := range r.Seats {
			row.Seats[k] = seatView{
				ID: string(st.ID), Number: st.Number, X: st.X, Y: st.Y, Kind: string(st.Kind), Category: st.Category, PairID: string(st.Pair),
			}
		}
		v.Rows[i] = row
	}
	for i, f := range l.Features {
		v.Features[i] = featureView{Kind: f.Kind, X: f.X, Y: f.Y, Width: f.W, Height: f.H}
	}
	return v
}
