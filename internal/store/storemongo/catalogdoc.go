package storemongo

import (
	"time"

	"cinema/internal/catalog"
	"cinema/internal/ident"
	"cinema/internal/money"
)

type cinemaDoc struct {
	ID       string `bson:"_id"`
	Slug     string `bson:"slug"`
	Name     string `bson:"name"`
	Address  string `bson:"address"`
	Zone     string `bson:"zone"`
	Currency string `bson:"currency"`
	DayCut   int64  `bson:"day_cut_ms"`
	Orphan   string `bson:"orphan"`
}

func toCinema(c catalog.Cinema) cinemaDoc {
	return cinemaDoc{
		ID: string(c.ID), Slug: c.Slug, Name: c.Name, Address: c.Address, Zone: c.Zone, Currency: c.Currency,
		DayCut: c.DayCut.Milliseconds(), Orphan: string(c.Policy.Orphan),
	}
}

func (d cinemaDoc) cinema() catalog.Cinema {
	return catalog.Cinema{
		ID: ident.Cinema(d.ID), Slug: d.Slug, Name: d.Name, Address: d.Address, Zone: d.Zone, Currency: d.Currency,
		DayCut: time.Duration(d.DayCut) * time.Millisecond, Policy: catalog.Policy{Orphan: catalog.OrphanRule(d.Orphan)},
	}
}

type auditoriumDoc struct {
	ID            string   `bson:"_id"`
	Cinema        string   `bson:"cinema_id"`
	Name          string   `bson:"name"`
	Attributes    []string `bson:"attributes"`
	Accessibility string   `bson:"accessibility"`
	Turnaround    int64    `bson:"turnaround_ms"`
}

func toAuditorium(a catalog.Auditorium) auditoriumDoc {
	return auditoriumDoc{
		ID: string(a.ID), Cinema: string(a.Cinema), Name: a.Name, Attributes: a.Attributes, Accessibility: a.Accessibility,
		Turnaround: a.Turnaround.Milliseconds(),
	}
}

func (d auditoriumDoc) auditorium() catalog.Auditorium {
	return catalog.Auditorium{
		ID: ident.Auditorium(d.ID), Cinema: ident.Cinema(d.Cinema), Name: d.Name, Attributes: d.Attributes, Accessibility: d.Accessibility,
		Turnaround: time.Duration(d.Turnaround) * time.Millisecond,
	}
}

// layoutDoc is a published seat plan. It never changes, so neither may the meaning of a field here.
type layoutDoc struct {
	ID          string       `bson:"_id"`
	Auditorium  string       `bson:"auditorium_id"`
	Version     int          `bson:"version"`
	Width       float64      `bson:"width"`
	Height      float64      `bson:"height"`
	ScreenX     float64      `bson:"screen_x"`
	ScreenY     float64      `bson:"screen_y"`
	ScreenWidth float64      `bson:"screen_width"`
	Rows        []rowDoc     `bson:"rows"`
	Features    []featureDoc `bson:"features"`
}

type rowDoc struct {
	Label string    `bson:"label"`
	Seats []seatDoc `bson:"seats"`
	Gaps  []int     `bson:"gaps"`
}

type seatDoc struct {
	ID       ident.Seat       `bson:"id"`
	Row      string           `bson:"row"`
	Number   int              `bson:"number"`
	X        float64          `bson:"x"`
	Y        float64          `bson:"y"`
	Kind     catalog.SeatKind `bson:"kind"`
	Category string           `bson:"category"`
	Pair     ident.Seat       `bson:"pair"`
	Blocked  bool             `bson:"blocked"`
}

type featureDoc struct {
	Kind string  `bson:"kind"`
	X    float64 `bson:"x"`
	Y    float64 `bson:"y"`
	W    float64 `bson:"w"`
	H    float64 `bson:"h"`
}

func toLayout(l *catalog.Layout) layoutDoc {
	return layoutDoc{
		ID: string(l.ID), Auditorium: string(l.Auditorium), Version: l.Version, Width: l.Width, Height: l.Height,
		ScreenX: l.ScreenX, ScreenY: l.ScreenY, ScreenWidth: l.ScreenWidth,
		Rows: convert(l.Rows, func(r catalog.Row) rowDoc {
			return rowDoc{Label: r.Label, Gaps: r.Gaps, Seats: convert(r.Seats, func(s catalog.Seat) seatDoc { return seatDoc(s) })}
		}),
		Features: convert(l.Features, func(f catalog.Feature) featureDoc { return featureDoc(f) }),
	}
}

func (d layoutDoc) layout() *catalog.Layout {
	return &catalog.Layout{
		ID: ident.Layout(d.ID), Auditorium: ident.Auditorium(d.Auditorium), Version: d.Version, Width: d.Width, Height: d.Height,
		ScreenX: d.ScreenX, ScreenY: d.ScreenY, ScreenWidth: d.ScreenWidth,
		Rows: convert(d.Rows, func(r rowDoc) catalog.Row {
			return catalog.Row{Label: r.Label, Gaps: r.Gaps, Seats: convert(r.Seats, func(s seatDoc) catalog.Seat { return catalog.Seat(s) })}
		}),
		Features: convert(d.Features, func(f featureDoc) catalog.Feature { return catalog.Feature(f) }),
	}
}

type movieDoc struct {
	ID       string    `bson:"_id"`
	Slug     string    `bson:"slug"`
	Title    string    `bson:"title"`
	Tagline  string    `bson:"tagline"`
	Synopsis string    `bson:"synopsis"`
	Runtime  int64     `bson:"runtime_ms"`
	Genres   []string  `bson:"genres"`
	Rating   ratingDoc `bson:"rating"`
	Motif    string    `bson:"motif"`
	Hue      int       `bson:"hue"`
	Language string    `bson:"language"`
	Tags     []string  `bson:"tags"`
}

type ratingDoc struct {
	Code   string `bson:"code"`
	MinAge int    `bson:"min_age"`
	Notice string `bson:"notice"`
	Tick   bool   `bson:"tick"`
}

func toMovie(m catalog.Movie) movieDoc {
	return movieDoc{
		ID: string(m.ID), Slug: m.Slug, Title: m.Title, Tagline: m.Tagline, Synopsis: m.Synopsis, Runtime: m.Runtime.Milliseconds(),
		Genres: m.Genres, Rating: ratingDoc(m.Rating), Motif: m.Motif, Hue: m.Hue, Language: m.Language, Tags: m.Tags,
	}
}

func (d movieDoc) movie() catalog.Movie {
	return catalog.Movie{
		ID: ident.Movie(d.ID), Slug: d.Slug, Title: d.Title, Tagline: d.Tagline, Synopsis: d.Synopsis,
		Runtime: time.Duration(d.Runtime) * time.Millisecond, Genres: d.Genres, Rating: catalog.Rating(d.Rating), Motif: d.Motif, Hue: d.Hue,
		Language: d.Language, Tags: d.Tags,
	}
}

type cardDoc struct {
	ID       string          `bson:"_id"`
	Name     string          `bson:"name"`
	Currency string          `bson:"currency"`
	Types    []ticketTypeDoc `bson:"types"`
	Prices   []priceDoc      `bson:"prices"`
}

type ticketTypeDoc struct {
	ID      string             `bson:"id"`
	Name    string             `bson:"name"`
	MaxAge  int                `bson:"max_age"`
	Proof   bool               `bson:"proof"`
	Default bool               `bson:"default"`
	Kinds   []catalog.SeatKind `bson:"kinds"`
}

type priceDoc struct {
	Category   string    `bson:"category"`
	TicketType string    `bson:"ticket_type"`
	Amount     moneyDoc  `bson:"amount"`
	Includes   []partDoc `bson:"includes"`
}

func toCard(c catalog.PriceCard) cardDoc {
	return cardDoc{
		ID: string(c.ID), Name: c.Name, Currency: c.Currency,
		Types: convert(c.Types, func(t catalog.TicketType) ticketTypeDoc { return ticketTypeDoc(t) }),
		Prices: convert(c.Prices, func(p catalog.Price) priceDoc {
			return priceDoc{Category: p.Category, TicketType: p.TicketType, Amount: moneyDoc(p.Amount), Includes: convert(p.Includes, toPart)}
		}),
	}
}

func (d cardDoc) card() catalog.PriceCard {
	return catalog.PriceCard{
		ID: ident.PriceCard(d.ID), Name: d.Name, Currency: d.Currency,
		Types: convert(d.Types, func(t ticketTypeDoc) catalog.TicketType { return catalog.TicketType(t) }),
		Prices: convert(d.Prices, func(p priceDoc) catalog.Price {
			return catalog.Price{Category: p.Category, TicketType: p.TicketType, Amount: money.Amount(p.Amount), Includes: convert(p.Includes, fromPart)}
		}),
	}
}

type showtimeDoc struct {
	ID           string    `bson:"_id"`
	Cinema       string    `bson:"cinema_id"`
	Auditorium   string    `bson:"auditorium_id"`
	Layout       string    `bson:"layout_id"`
	Movie        string    `bson:"movie_id"`
	StartsAt     time.Time `bson:"starts_at"`
	EndsAt       time.Time `bson:"ends_at"`
	ClearsAt     time.Time `bson:"clears_at"`
	BusinessDate string    `bson:"business_date"`
	Formats      []string  `bson:"formats"`
	Language     string    `bson:"language"`
	Subtitles    string    `bson:"subtitles"`
	Tags         []string  `bson:"tags"`
	OnSaleAt     time.Time `bson:"on_sale_at"`
	SalesCloseAt time.Time `bson:"sales_close_at"`
	PriceCard    string    `bson:"price_card_id"`
	Status       string    `bson:"status"`
	MaxSeats     int       `bson:"max_seats"`
}

func toShowtime(t catalog.Showtime) showtimeDoc {
	status := t.Status
	if status == "" {
		status = catalog.Scheduled
	}
	return showtimeDoc{
		ID: string(t.ID), Cinema: string(t.Cinema), Auditorium: string(t.Auditorium), Layout: string(t.Layout), Movie: string(t.Movie),
		StartsAt: millis(t.StartsAt), EndsAt: millis(t.EndsAt), ClearsAt: millis(t.ClearsAt), BusinessDate: t.BusinessDate, Formats: t.Formats,
		Language: t.Language, Subtitles: t.Subtitles, Tags: t.Tags, OnSaleAt: millis(t.OnSaleAt), SalesCloseAt: millis(t.SalesCloseAt),
		PriceCard: string(t.PriceCard), Status: string(status), MaxSeats: t.MaxSeats,
	}
}

func (d showtimeDoc) showtime() catalog.Showtime {
	return catalog.Showtime{
		ID: ident.Showtime(d.ID), Cinema: ident.Cinema(d.Cinema), Auditorium: ident.Auditorium(d.Auditorium), Layout: ident.Layout(d.Layout),
		Movie: ident.Movie(d.Movie), StartsAt: d.StartsAt, EndsAt: d.EndsAt, ClearsAt: d.ClearsAt, BusinessDate: d.BusinessDate,
		Formats: d.Formats, Language: d.Language, Subtitles: d.Subtitles, Tags: d.Tags, OnSaleAt: d.OnSaleAt, SalesCloseAt: d.SalesCloseAt,
		PriceCard: ident.PriceCard(d.PriceCard), Status: catalog.ShowtimeStatus(d.Status), MaxSeats: d.MaxSeats,
	}
}

type blockDoc struct {
	ID     string `bson:"_id"` // <showtime>|<seat>
	Reason string `bson:"reason"`
}

func toBlock(b catalog.Block) blockDoc {
	return blockDoc{ID: claimID(b.Showtime, b.Seat), Reason: b.Reason}
}

func (d blockDoc) block() catalog.Block {
	show, seat := splitSeat(d.ID)
	return catalog.Block{Showtime: show, Seat: seat, Reason: d.Reason}
}
