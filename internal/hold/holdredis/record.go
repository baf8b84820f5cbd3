package holdredis

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"cinema/internal/audit"
	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/redisconn"
)

var _ audit.Streams = (*Engine)(nil)

const (
	bookingStream  = "booking-events-stream"
	bookingChannel = "booking-events"
	// announcedFor is how long booking facts wait in their stream for a consumer that is down.
	announcedFor = 7 * 24 * time.Hour
)

// abandonedAfter is when an event that a worker took and did not record is given to another.
const abandonedAfter = 30 * time.Second

// Take gives at most limit events that nobody recorded yet to a worker, and as many that one took and abandoned. lost is how many events
// are gone that nobody ever took. One that does not parse is a defect of its writer; it is given as unreadable, so that it can be put away.
func (e *Engine) Take(ctx context.Context, showtime ident.Showtime, limit int) (events []hold.Event, lost int, err error) {
	if err := check(ctx, showtime); err != nil {
		return nil, 0, err
	}
	var parts []rueidis.RedisMessage
	key := e.keys.stream(showtime)
	err = e.do(ctx, key, func(ctx context.Context) (err error) {
		args := []string{strconv.Itoa(limit), ms(abandonedAfter)}
		parts, err = e.scripts.take.Exec(ctx, e.client, []string{key}, args).ToArray()
		return redisconn.Moving(err)
	})
	if err != nil {
		return nil, 0, err
	}
	if len(parts) != 3 {
		return nil, 0, errReply
	}
	n, err := parts[0].AsInt64()
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", errReply, err)
	}
	for _, p := range parts[1:] {
		entries, err := p.AsXRange()
		if err != nil {
			return nil, 0, fmt.Errorf("%w: %w", errReply, err)
		}
		for _, x := range entries {
			events = append(events, taken(showtime, x))
		}
	}
	return events, int(n), nil
}

func taken(showtime ident.Showtime, x rueidis.XRangeEntry) hold.Event {
	ev, err := parseEvent(x.FieldValues["e"], x.ID)
	if err != nil {
		return hold.Event{Type: "seat.unreadable", Showtime: showtime, Position: hold.Position{Epoch: "none", Cursor: x.ID}}
	}
	return ev
}

// Recorded says that events are kept.
func (e *Engine) Recorded(ctx context.Context, showtime ident.Showtime, cursors []string) error {
	if err := check(ctx, showtime); err != nil || len(cursors) == 0 {
		return err
	}
	key := e.keys.stream(showtime)
	return e.do(ctx, key, func(ctx context.Context) error {
		return e.client.Do(ctx, e.client.B().Xack().Key(key).Group("audit").Id(cursors...).Build()).Error()
	})
}

// Trim drops events that are recorded and older than keep; the newest one stays.
func (e *Engine) Trim(ctx context.Context, showtime ident.Showtime, keep time.Duration) (dropped int, err error) {
	if err := check(ctx, showtime); err != nil {
		return 0, err
	}
	key := e.keys.stream(showtime)
	err = e.do(ctx, key, func(ctx context.Context) error {
		n, err := e.scripts.trim.Exec(ctx, e.client, []string{key}, []string{ms(keep)}).AsInt64()
		dropped = int(n)
		return redisconn.Moving(err)
	})
	return dropped, err
}

// unread tells whether the record has something to do with the showtime's events.
func (e *Engine) unread(ctx context.Context, showtime ident.Showtime) (yes bool, err error) {
	key := e.keys.stream(showtime)
	err = e.do(ctx, key, func(ctx context.Context) error {
		n, err := e.scripts.unread.Exec(ctx, e.client, []string{key}, nil).AsInt64()
		yes = n == 1
		return redisconn.Moving(err)
	})
	return yes, err
}

// Announce tells booking facts to other systems: the stream keeps them, the channel carries them. A fact may come twice; its id tells.
func (e *Engine) Announce(ctx context.Context, messages []audit.Message) error {
	for _, m := range messages {
		err := e.do(ctx, bookingStream, func(ctx context.Context) error {
			return e.scripts.announce.Exec(ctx, e.client, []string{bookingStream}, []string{m.ID, m.Type, string(m.Body), bookingChannel, ms(announcedFor)}).Error()
		})
		if err != nil {
			return fmt.Errorf("announce %s: %w", m.ID, err)
		}
	}
	return nil
}
