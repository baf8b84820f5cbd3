package holdredis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

const (
	// inboxSize bounds the messages that wait for a reader; what does not fit is read from the stream later.
	inboxSize = 256
	// batchSize bounds one answer of Next.
	batchSize = 256
	// lookEvery is how often a quiet subscription asks whether it missed the last message.
	lookEvery = 5 * time.Second
	// maxCursor is two numbers of 64 bits and a dash.
	maxCursor = 41
)

// wireEvent is an event as the scripts write it.
type wireEvent struct {
	Type      hold.EventType `json:"type"`
	Showtime  ident.Showtime `json:"showtime_id"`
	Seats     []ident.Seat   `json:"seat_ids"`
	Owner     ident.User     `json:"owner"`
	Request   ident.Request  `json:"request_id"`
	Booking   ident.Booking  `json:"booking_id"`
	Epoch     string         `json:"epoch"`
	Seq       uint64         `json:"seq"`
	AtMilli   int64          `json:"at_ms"`
	ExpiresMs int64          `json:"expires_at_ms"`
	Cursor    string         `json:"cursor"`
	Prev      string         `json:"prev"`
	Evicted   []struct {
		Seat    ident.Seat    `json:"seat_id"`
		Owner   ident.User    `json:"owner"`
		Request ident.Request `json:"request_id"`
	} `json:"evicted"`
}

// errEvent says that a text is no event that the scripts write. Its parts go into frames and records as they are: whoever else can write
// to Redis must not be able to put anything but identifiers there.
var errEvent = errors.New("seat event outside the grammar")

func parseEvent(text, cursor string) (hold.Event, error) {
	var w wireEvent
	if err := json.Unmarshal([]byte(text), &w); err != nil {
		return hold.Event{}, fmt.Errorf("seat event: %w", err)
	}
	if cursor == "" {
		cursor = w.Cursor
	}
	if !isCursor(cursor) || !w.fits() {
		return hold.Event{}, errEvent
	}
	e := hold.Event{
		Position: hold.Position{Epoch: w.Epoch, Seq: w.Seq, Cursor: cursor}, Prev: w.Prev, Type: w.Type, Showtime: w.Showtime,
		Seats: w.Seats, Owner: w.Owner, Request: w.Request, Booking: w.Booking, At: time.UnixMilli(w.AtMilli).UTC(),
	}
	if w.ExpiresMs > 0 {
		e.Deadline = time.UnixMilli(w.ExpiresMs).UTC()
	}
	for _, v := range w.Evicted {
		e.Evicted = append(e.Evicted, hold.Eviction{Seat: v.Seat, Owner: v.Owner, Request: v.Request})
	}
	return e, nil
}

// fits holds every part of an event against the grammar of identifiers.
func (w *wireEvent) fits() bool {
	switch w.Type {
	case hold.SeatLocked, hold.SeatReleased, hold.SeatBooked, hold.SeatTimeout, hold.Resync:
	default:
		return false
	}
	if !isID(string(w.Showtime)) || !isID(w.Epoch) || !isCursor(w.Prev) || w.Booking != "" && !isID(string(w.Booking)) {
		return false
	}
	if slices.ContainsFunc(w.Seats, func(s ident.Seat) bool { return !s.Valid() }) || !holder(w.Owner, w.Request) {
		return false
	}
	for _, v := range w.Evicted {
		if !v.Seat.Valid() || !holder(v.Owner, v.Request) {
			return false
		}
	}
	return true
}

// holder tells whether owner and request name a hold; an event of a whole showtime names none.
func holder(owner ident.User, request ident.Request) bool {
	_, badRequest := ident.ParseRequest(string(request))
	return (owner == "" || isID(string(owner))) && (request == "" || badRequest == nil)
}

func isID(s string) bool {
	_, err := ident.ParseID(s)
	return err == nil
}

// subscription follows one showtime: messages as they come, the stream for what is missing between them.
type subscription struct {
	engine   *Engine
	showtime ident.Showtime
	at       hold.Position
	early    []hold.Event // what was missed already when the subscription began
	inbox    chan string
	wake     chan struct{} // subscribed anew, or a message did not fit: look into the stream
	cancel   context.CancelFunc
	done     chan struct{}
	once     sync.Once
}

// Subscribe follows the events after a position.
func (e *Engine) Subscribe(ctx context.Context, showtime ident.Showtime, after hold.Position) (hold.Subscription, error) {
	if err := check(ctx, showtime); err != nil {
		return nil, err
	}
	if !isCursor(after.Cursor) {
		return nil, hold.ErrGap
	}
	head, err := e.head(ctx, showtime)
	if err != nil {
		return nil, err
	}
	if head.Epoch == "" {
		return nil, hold.ErrUninit
	}
	if head.Epoch != after.Epoch {
		return nil, hold.ErrGap
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx)) // the subscription outlives the call; Close ends it
	s := &subscription{
		engine: e, showtime: showtime, at: after, inbox: make(chan string, inboxSize), wake: make(chan struct{}, 1),
		cancel: cancel, done: make(chan struct{}),
	}
	if s.early, err = s.missed(ctx); err != nil {
		cancel()
		return nil, err
	}
	go s.receive(life)
	return s, nil
}

// isCursor tells whether a text is a stream entry's id: two numbers with a dash.
func isCursor(s string) bool {
	ms, n, ok := strings.Cut(s, "-")
	_, err1 := strconv.ParseUint(ms, 10, 64)
	_, err2 := strconv.ParseUint(n, 10, 64)
	return ok && err1 == nil && err2 == nil && len(s) <= maxCursor
}

func (s *subscription) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// receive listens to the channel, and listens again after every loss of the connection, until Close.
func (s *subscription) receive(ctx context.Context) {
	defer close(s.done)
	c := s.engine.client
	hooked := rueidis.WithOnSubscriptionHook(ctx, func(rueidis.PubSubSubscription) { s.nudge() })
	for ctx.Err() == nil {
		channel := s.engine.keys.channel(s.showtime)
		cmd := c.B().Subscribe().Channel(channel).Build()
		if s.engine.keys.cluster {
			cmd = c.B().Ssubscribe().Channel(channel).Build()
		}
		_ = c.Receive(hooked, cmd, func(m rueidis.PubSubMessage) { // an error means: listen again, and look into the stream
			select {
			case s.inbox <- m.Message:
			default:
				s.nudge()
			}
		})
		select {
		case <-ctx.Done():
		case <-s.engine.clock.After(200 * time.Millisecond):
		}
	}
}

// Next waits for the events after those it returned last.
func (s *subscription) Next(ctx context.Context) ([]hold.Event, error) {
	if early := s.early; len(early) > 0 {
		s.early = nil
		return early, nil
	}
	look := s.engine.clock.After(lookEvery)
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.done:
			return nil, hold.ErrClosed
		case text := <-s.inbox:
			events, err := s.arrived(ctx, text)
			if err != nil || len(events) > 0 {
				return events, err
			}
		case <-s.wake:
			events, err := s.missed(ctx)
			if err != nil || len(events) > 0 {
				return events, err
			}
		case <-look:
			look = s.engine.clock.After(lookEvery)
			events, err := s.look(ctx)
			if err != nil || len(events) > 0 {
				return events, err
			}
		}
	}
}

// arrived takes a message and those behind it for as long as each continues the one before.
func (s *subscription) arrived(ctx context.Context, text string) ([]hold.Event, error) {
	var out []hold.Event
	for {
		e, err := parseEvent(text, "")
		switch {
		case err != nil:
			return out, err
		case e.Epoch != s.at.Epoch:
			if len(out) > 0 {
				s.nudge()
				return out, nil
			}
			return nil, hold.ErrGap
		case e.Prev == s.at.Cursor:
			s.at = e.Position
			out = append(out, e)
		case e.Seq > s.at.Seq:
			more, err := s.missed(ctx)
			return append(out, more...), err
		}
		if len(out) >= batchSize {
			return out, nil
		}
		select {
		case text = <-s.inbox:
		default:
			return out, nil
		}
	}
}

// missed reads the stream after the cursor. The cursor's own entry must still be there: an entry id can be issued again after a
// failover, and a trimmed stream has a hole.
func (s *subscription) missed(ctx context.Context) ([]hold.Event, error) {
	c, key := s.engine.client, s.engine.keys.stream(s.showtime)
	var entries []rueidis.XRangeEntry
	err := s.engine.do(ctx, key, func(ctx context.Context) (err error) {
		entries, err = c.Do(ctx, c.B().Xrange().Key(key).Start(s.at.Cursor).End("+").Count(batchSize).Build()).AsXRange()
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 || entries[0].ID != s.at.Cursor {
		return nil, hold.ErrGap
	}
	var out []hold.Event
	for _, x := range entries[1:] {
		e, err := parseEvent(x.FieldValues["e"], x.ID)
		if err != nil {
			return nil, err
		}
		if e.Epoch != s.at.Epoch || e.Prev != s.at.Cursor {
			if len(out) > 0 {
				s.nudge()
				return out, nil
			}
			return nil, hold.ErrGap
		}
		s.at = e.Position
		out = append(out, e)
	}
	if len(entries) == batchSize {
		s.nudge()
	}
	return out, nil
}

// look catches a lost last message: the newest position must be ours.
func (s *subscription) look(ctx context.Context) ([]hold.Event, error) {
	head, err := s.engine.head(ctx, s.showtime)
	switch {
	case err != nil:
		return nil, err
	case head.Epoch != s.at.Epoch:
		return nil, hold.ErrGap
	case head == s.at:
		return nil, nil
	case head.Seq < s.at.Seq:
		return nil, hold.ErrGap
	}
	return s.missed(ctx)
}

// Close ends the subscription.
func (s *subscription) Close() {
	s.once.Do(s.cancel)
	<-s.done
}
