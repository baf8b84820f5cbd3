package httpapi

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/money"
)

// Bounds of an export.
const (
	exportTime  = 10 * time.Minute // of the whole file
	exportsOpen = 2                // at the same time in this process
	exportShows = 1000             // showtimes that an export remembers
)

// streamReply is an answer that is made while it is sent.
type streamReply struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        func(huma.Context)
}

var errExports = fault.New(fault.Unavailable, "export_busy", "Other exports are running. Try again in a moment.")

// bookingColumns are the first row of an export.
var bookingColumns = []string{
	"reference", "status", "reason", "booked_at", "film", "starts_at", "cinema_id", "showtime_id", "seats", "seat_count", "amount",
	"currency", "refunded", "refund_state", "customer_name", "customer_email", "user_id", "booking_id", "payment_ref",
}

// exportBookings answers every booking that fits as a file. The first page is read before the answer begins, so that what can fail fails
// with a status; an answer that breaks off later is cut short, which clients notice.
func (s *Server) exportBookings(ctx context.Context, in *struct {
	Showtime string `query:"showtime_id"`
	User     string `query:"user_id"`
	From     string `query:"from" doc:"RFC 3339."`
	To       string `query:"to" doc:"RFC 3339."`
	BookingsFilter
},
) (*streamReply, error) {
	q, err := bookingQuery(ctx, AdminQuery{Showtime: in.Showtime, User: in.User, From: in.From, To: in.To}, in.BookingsFilter)
	if err != nil {
		return nil, err
	}
	select {
	case s.exports <- struct{}{}:
	default:
		return nil, errExports.After(5 * time.Second)
	}
	done := func() { <-s.exports }
	e := &export{server: s, pages: s.bookings.Pages(q), shows: make(map[ident.Showtime]showingView)}
	if err := s.act(ctx, exportAction(q)); err != nil {
		done()
		return nil, err
	}
	if e.page, err = e.pages.Next(ctx); err != nil {
		done()
		return nil, err
	}
	name := "bookings-" + s.clock.Now().UTC().Format("20060102-150405") + ".csv"
	return &streamReply{
		ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="` + name + `"`,
		Body: func(hc huma.Context) { defer done(); e.send(hc) },
	}, nil
}

// exportAction is the record of an export: its filters. What was searched for may be somebody's name, which would outlive his erasure
// there, so that only the fact is kept.
func exportAction(q booking.Query) audit.Action {
	filters := map[string]any{}
	for name, value := range map[string]string{
		"showtime_id": string(q.Showtime), "status": q.Public, "from": stampOr(q.From), "to": stampOr(q.To),
	} {
		if value != "" {
			filters[name] = value
		}
	}
	if len(q.Users) > 0 {
		filters["user_id"] = q.Users[0]
	}
	if len(q.Cinemas) > 0 {
		filters["cinema_ids"] = q.Cinemas
	}
	if q.Text != "" {
		filters["text"] = true
	}
	return audit.Action{Type: "export.bookings", Showtime: q.Showtime, After: filters}
}

// export is a file on its way.
type export struct {
	server *Server
	pages  *booking.Pages
	page   []booking.Booking // read and not written yet
	shows  map[ident.Showtime]showingView
}

// send writes the file. When it cannot be finished the connection is torn, because the status has been sent.
func (e *export) send(hc huma.Context) {
	c := humagin.Unwrap(hc)
	ctx, cancel := context.WithTimeout(c.Request.Context(), exportTime)
	defer cancel()
	deadline := http.NewResponseController(c.Writer)
	err := e.write(ctx, hc.BodyWriter(), func() error {
		// A page at a time: a client that reads slowly keeps its connection, one that reads nothing loses it.
		return deadline.SetWriteDeadline(time.Now().Add(writeTime)) //nolint:forbidigo // the network's clock is the machine's
	})
	if err == nil || errors.Is(err, http.ErrBodyNotAllowed) { // HEAD
		return
	}
	if ctx.Err() == nil {
		e.server.log.ErrorContext(ctx, "export", slog.String("request_id", callOf(ctx).id), slog.Any("error", err))
	}
	panic(http.ErrAbortHandler)
}

func (e *export) write(ctx context.Context, to io.Writer, more func() error) error {
	out := bufio.NewWriterSize(to, 32<<10)
	file, err := newCSV(out, bookingColumns...)
	if err != nil {
		return err
	}
	for len(e.page) > 0 {
		if err := more(); err != nil {
			return err
		}
		for _, b := range e.page {
			if err := file.row(e.cells(ctx, b)...); err != nil {
				return err
			}
		}
		if err := file.flush(); err != nil {
			return err
		}
		if e.page, err = e.pages.Next(ctx); err != nil {
			return err
		}
	}
	if err := file.flush(); err != nil {
		return err
	}
	return out.Flush()
}

func (e *export) cells(ctx context.Context, b booking.Booking) []string {
	show := e.show(ctx, b.Showtime)
	refunded, state := "", ""
	if b.Refund != nil {
		refunded, state = decimal(b.Refund.Amount), b.Refund.State
	}
	return []string{
		b.Reference, b.Status.Public(), b.Reason, stamp(b.CreatedAt), show.MovieTitle, show.StartsAt, string(b.Cinema), string(b.Showtime),
		strings.Join(texts(b.Seats), " "), strconv.Itoa(len(b.Seats)), decimal(b.Amount), b.Amount.Currency, refunded, state,
		b.Customer.Name, b.Customer.Email, string(b.User), string(b.ID), b.PaymentRef,
	}
}

// show is what the programme knows of a showtime; nothing when it has forgotten it.
func (e *export) show(ctx context.Context, id ident.Showtime) showingView {
	if v, ok := e.shows[id]; ok {
		return v
	}
	if len(e.shows) >= exportShows {
		clear(e.shows)
	}
	var v showingView
	if d, err := e.server.catalog.Detail(ctx, id); err == nil {
		v = *showingOf(d)
	}
	e.shows[id] = v
	return v
}

// decimal is an amount in the currency's own unit, with a point and without a sign for thousands.
func decimal(a money.Amount) string {
	number, _, _ := strings.Cut(a.String(), " ")
	return number
}
