package httpapi

import (
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"time"

	"cinema/internal/account"
	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/hold"
	"cinema/internal/ident"
)

type lockBody struct {
	SeatIDs   []string `json:"seat_ids" minItems:"1" doc:"The whole selection; nothing is released by leaving it out."`
	RequestID string   `json:"request_id,omitempty" doc:"Names the hold; else X-Request-Id, else one of ours."`
}

type extendBody struct {
	RequestID string `json:"request_id" doc:"The hold's; else X-Request-Id."`
	Epoch     string `json:"epoch,omitempty" doc:"As the hold's answer told it."`
}

type bestBody struct {
	Count      int    `json:"count" minimum:"1"`
	Category   string `json:"category,omitempty"`
	Accessible bool   `json:"accessible,omitempty" doc:"One wheelchair space, the others beside it."`
	RequestID  string `json:"request_id,omitempty"`
}

type lockInput struct {
	ShowtimePath

	Body lockBody
}

// holdView is the answer of lock, best and extend.
type holdView struct {
	OK             bool          `json:"ok"`
	Locked         []string      `json:"locked"`
	TTL            int           `json:"ttl_seconds"`
	ExpiresIn      int64         `json:"expires_in_ms" doc:"From the server's answer on: no clock but the server's matters."`
	ExpiresAt      string        `json:"expires_at" format:"date-time"`
	RequestID      string        `json:"request_id"`
	Epoch          string        `json:"epoch"`
	Seq            uint64        `json:"seq"`
	ExtensionsLeft int           `json:"extensions_left"`
	Quote          quoteView     `json:"quote"`
	Warnings       []warningView `json:"warnings,omitempty"`
}

type quoteView struct {
	Total moneyView       `json:"total"`
	Lines []quoteLineView `json:"lines"`
}

type quoteLineView struct {
	SeatID     string     `json:"seat_id"`
	TicketType string     `json:"ticket_type"`
	Label      string     `json:"label"`
	Category   string     `json:"category"`
	Amount     int64      `json:"amount"`
	Includes   []partView `json:"includes"`
}

type warningView struct {
	Rule    string   `json:"rule" enum:"orphan"`
	SeatIDs []string `json:"seat_ids"`
	Shift   []string `json:"shift,omitempty" doc:"A choice nearby without the fault."`
}

type releaseView struct {
	OK          bool              `json:"ok"`
	Released    []string          `json:"released"`
	NotReleased map[string]string `json:"not_released,omitempty" doc:"Seats left alone and why."`
}

type stateView struct {
	OK         bool            `json:"ok"`
	ShowtimeID string          `json:"showtime_id"`
	Epoch      string          `json:"epoch"`
	Seq        uint64          `json:"seq"`
	Cursor     string          `json:"cursor"`
	Locks      []lockStateView `json:"locks"`
	Booked     []string        `json:"booked"`
	Blocked    []string        `json:"blocked"`
}

type lockStateView struct {
	SeatID    string `json:"seat_id"`
	Mine      bool   `json:"mine"`
	RequestID string `json:"request_id,omitempty" doc:"Of one's own seats."`
	ExpiresIn *int64 `json:"expires_in_ms,omitempty" doc:"Of one's own seats."`
}

type stateReply struct {
	Status int
	ETag   string   `header:"ETag"`
	Vary   []string `header:"Vary"` // added to what others said

	CacheControl string `header:"Cache-Control"`
	Body         stateView
}

func (s *Server) registerSeats() {
	const tag = "Seats"
	lock := "/api/showtimes/{showtimeId}/seats/lock"
	add(s, route{
		method: http.MethodPost, path: lock, id: "lock-seats", tag: tag, access: session, charge: lockQuota, frequent: true,
		summary: "Hold a selection, all or nothing",
	}, s.lock)
	add(s, route{
		method: http.MethodDelete, path: lock, id: "release-seats", tag: tag, access: session, keyed: true, frequent: true,
		free: "giving back is never refused", summary: "Give seats back",
	}, s.release)
	add(s, route{
		method: http.MethodPost, path: "/api/showtimes/{showtimeId}/seats/extend", id: "extend-hold", tag: tag, access: session,
		free: "a hold's own limit ends it", keyed: true, summary: "I need more time",
	}, s.extend)
	add(s, route{
		method: http.MethodPost, path: "/api/showtimes/{showtimeId}/seats/best", id: "best-seats", tag: tag, access: session,
		charge: lockQuota, keyed: true, frequent: true, summary: "Choose and hold the best adjacent seats",
	}, s.best)
	add(s, route{
		method: http.MethodGet, path: "/api/showtimes/{showtimeId}/seats/state", id: "seat-state", tag: tag, charge: reads,
		summary: "The seat map at one point",
	}, s.state)
}

func (s *Server) lock(ctx context.Context, in *lockInput) (*reply[holdView], error) {
	d, err := s.detail(ctx, in.Showtime)
	if err != nil {
		return nil, err
	}
	request, err := requestID(ctx, in.Body.RequestID)
	if err != nil {
		return nil, err
	}
	seats, err := s.parseSeats(in.Body.SeatIDs)
	if err != nil {
		return nil, err
	}
	r, err := s.seats.Lock(ctx, holdCaller(callOf(ctx).principal), d.Showtime.ID, request, seats)
	if err != nil {
		return nil, err
	}
	return &reply[holdView]{holdOf(r)}, nil
}

func (s *Server) best(ctx context.Context, in *struct {
	ShowtimePath

	Body bestBody
},
) (*reply[holdView], error) {
	d, err := s.detail(ctx, in.Showtime)
	if err != nil {
		return nil, err
	}
	request, err := requestID(ctx, in.Body.RequestID)
	if err != nil {
		return nil, err
	}
	q := hold.BestRequest{Count: in.Body.Count, Category: in.Body.Category, Accessible: in.Body.Accessible, Request: request}
	r, err := s.seats.Best(ctx, holdCaller(callOf(ctx).principal), d.Showtime.ID, q)
	if err != nil {
		return nil, err
	}
	return &reply[holdView]{holdOf(r)}, nil
}

func (s *Server) extend(ctx context.Context, in *struct {
	ShowtimePath

	Body extendBody
},
) (*reply[holdView], error) {
	d, err := s.detail(ctx, in.Showtime)
	if err != nil {
		return nil, err
	}
	request, err := namedRequest(ctx, in.Body.RequestID)
	if err != nil {
		return nil, err
	}
	r, err := s.seats.Extend(ctx, holdCaller(callOf(ctx).principal), d.Showtime.ID, request, in.Body.Epoch)
	if err != nil {
		return nil, err
	}
	return &reply[holdView]{holdOf(r)}, nil
}

func (s *Server) release(ctx context.Context, in *lockInput) (*reply[releaseView], error) {
	d, err := s.detail(ctx, in.Showtime)
	if err != nil {
		return nil, err
	}
	var request ident.Request // any, unless the body names one
	if in.Body.RequestID != "" {
		if request, err = requestID(ctx, in.Body.RequestID); err != nil {
			return nil, err
		}
	}
	seats, err := s.parseSeats(in.Body.SeatIDs)
	if err != nil {
		return nil, err
	}
	r, err := s.seats.Release(ctx, holdCaller(callOf(ctx).principal), d.Showtime.ID, request, seats)
	if err != nil {
		return nil, err
	}
	v := releaseView{OK: true, Released: texts(r.Released)}
	if len(r.NotReleased) > 0 {
		v.NotReleased = make(map[string]string, len(r.NotReleased))
		for seat, why := range r.NotReleased {
			v.NotReleased[string(seat)] = string(why)
		}
	}
	return &reply[releaseView]{v}, nil
}

// state answers with the whole map. Its tag differs by viewer, because his own seats are marked; the time left of his hold is no part
// of it: whatever moves a deadline is an event.
func (s *Server) state(ctx context.Context, in *struct {
	ShowtimePath

	Match string `header:"If-None-Match" hidden:"true"`
},
) (*stateReply, error) {
	id, err := showtimeID(in.Showtime)
	if err != nil {
		return nil, err
	}
	var caller hold.Caller
	if p := callOf(ctx).principal; p != nil {
		caller = holdCaller(p)
	}
	st, err := s.seats.State(ctx, caller, id)
	if err != nil {
		return nil, err
	}
	out := &stateReply{Status: http.StatusOK, ETag: stateTag(st, caller), Vary: []string{"Cookie, Authorization"}, CacheControl: "private, no-cache"}
	if matches(in.Match, out.ETag) {
		out.Status = http.StatusNotModified
		return out, nil
	}
	out.Body = stateOf(id, st)
	return out, nil
}

func stateTag(st hold.State, c hold.Caller) string {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, c.User, c.Merged, st.Blocked) // a hash never fails
	return `W/"` + st.Epoch + "-" + strconv.FormatUint(st.Seq, 10) + "-" + strconv.FormatUint(h.Sum64(), 36) + `"`
}

func stateOf(id ident.Showtime, st hold.State) stateView {
	v := stateView{
		OK: true, ShowtimeID: string(id), Epoch: st.Epoch, Seq: st.Seq, Cursor: st.Cursor, Locks: make([]lockStateView, len(st.Locks)),
		Booked: texts(st.Booked), Blocked: texts(st.Blocked),
	}
	for i, l := range st.Locks {
		v.Locks[i] = lockStateView{SeatID: string(l.Seat), Mine: l.Mine}
		if l.Mine {
			ms := l.Expires.Milliseconds()
			v.Locks[i].RequestID, v.Locks[i].ExpiresIn = string(l.Request), &ms
		}
	}
	return v
}

func holdCaller(p *account.Principal) hold.Caller {
	return hold.Caller{User: p.User.ID, Merged: p.Merged}
}

func holdOf(r hold.LockResult) holdView {
	v := holdView{
		OK: true, Locked: texts(r.Seats), TTL: int(r.TTL / time.Second), ExpiresIn: max(r.Deadline.Sub(r.Now).Milliseconds(), 0),
		ExpiresAt: stamp(r.Deadline), RequestID: string(r.Request), Epoch: r.Epoch, Seq: r.Seq, ExtensionsLeft: r.ExtensionsLeft,
		Quote: quoteOf(r.Quote),
	}
	for _, w := range r.Warnings {
		v.Warnings = append(v.Warnings, warningView{Rule: w.Rule, SeatIDs: texts(w.Seats), Shift: texts(w.Shift)})
	}
	return v
}

func quoteOf(q catalog.Quote) quoteView {
	v := quoteView{Total: moneyOf(q.Total), Lines: make([]quoteLineView, len(q.Lines))}
	for i, l := range q.Lines {
		v.Lines[i] = quoteLineView{
			SeatID: string(l.Seat), TicketType: l.TicketType, Label: l.Name, Category: l.Category, Amount: l.Price.Minor,
			Includes: partsOf(l.Includes),
		}
	}
	return v
}

var errSeats = fault.New(fault.Invalid, "invalid_seat_ids", "Name between one and the allowed number of seats of this hall, each once.")

// parseSeats checks the seats of a body: at least one, no more than anybody may hold, each once, in the grammar.
func (s *Server) parseSeats(list []string) ([]ident.Seat, error) {
	if len(list) == 0 || len(list) > s.settings.Limits.MaxSeats {
		return nil, errSeats
	}
	out := make([]ident.Seat, 0, len(list))
	for _, text := range list {
		seat, err := ident.ParseSeat(text)
		if err != nil || slices.Contains(out, seat) {
			return nil, errSeats
		}
		out = append(out, seat)
	}
	return out, nil
}
