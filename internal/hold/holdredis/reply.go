package holdredis

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/redisconn"
)

// reply is a script's answer: status, epoch, seq, cursor, now, then what the script adds.
type reply struct {
	status string
	at     hold.Position
	now    time.Time
	rest   []rueidis.RedisMessage
}

// errReply says that a script answered something that this version does not know.
var errReply = errors.New("unexpected answer of a hold script")

// decode reads an answer.
func decode(r rueidis.RedisResult) (reply, error) {
	m, err := r.ToArray()
	if err != nil {
		return reply{}, fmt.Errorf("%w: %w", errReply, err)
	}
	if len(m) > 0 {
		if status, err := m[0].ToString(); err == nil && status == "UNINIT" {
			return reply{}, hold.ErrUninit
		}
	}
	if len(m) < 5 {
		return reply{}, errReply
	}
	status, err1 := m[0].ToString()
	epoch, err2 := m[1].ToString()
	seq, err3 := m[2].AsUint64()
	cursor, err4 := m[3].ToString()
	now, err5 := moment(&m[4])
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return reply{}, fmt.Errorf("%w: %w", errReply, err)
	}
	if status == "AGAIN" {
		return reply{}, hold.ErrAgain
	}
	if !isID(epoch) || !isCursor(cursor) { // it goes into frames as it is
		return reply{}, fmt.Errorf("%w: position", errReply)
	}
	return reply{status: status, at: hold.Position{Epoch: epoch, Seq: seq, Cursor: cursor}, now: now, rest: m[5:]}, nil
}

// named gives an error of Redis its name in the port: a server that is away or full cannot be used now, anything else is a defect.
func named(err error) error {
	if redisconn.Down(err) || redisconn.Full(err) {
		return fmt.Errorf("%w: %w", hold.ErrUnavailable, err)
	}
	return err
}

func (r *reply) answer() hold.Answer { return hold.Answer{Position: r.at, Now: r.now} }

func (r *reply) number(i int) (int, error) {
	if i >= len(r.rest) {
		return 0, errReply
	}
	n, err := r.rest[i].AsInt64()
	return int(n), err
}

func (r *reply) moment(i int) (time.Time, error) {
	if i >= len(r.rest) {
		return time.Time{}, errReply
	}
	return moment(&r.rest[i])
}

func (r *reply) list(i int) ([]string, error) {
	if i >= len(r.rest) {
		return nil, errReply
	}
	return r.rest[i].AsStrSlice()
}

func (r *reply) seats(i int) ([]ident.Seat, error) {
	l, err := r.list(i)
	if err != nil || len(l) == 0 {
		return nil, err
	}
	out := make([]ident.Seat, len(l))
	for n, s := range l {
		out[n] = ident.Seat(s)
	}
	return out, nil
}

// reasons reads pairs of seat and reason; with bookings, triples.
func (r *reply) reasons(i, width int) ([]hold.SeatReason, error) {
	l, err := r.list(i)
	if err != nil || len(l) == 0 {
		return nil, err
	}
	if len(l)%width != 0 {
		return nil, errReply
	}
	out := make([]hold.SeatReason, 0, len(l)/width)
	for n := 0; n < len(l); n += width {
		s := hold.SeatReason{Seat: ident.Seat(l[n]), Reason: hold.Reason(l[n+1])}
		if width == 3 {
			s.Booking = ident.Booking(l[n+2])
		}
		out = append(out, s)
	}
	return out, nil
}

func (r *reply) evictions(i int) ([]hold.Eviction, error) {
	l, err := r.list(i)
	if err != nil || len(l) == 0 {
		return nil, err
	}
	if len(l)%3 != 0 {
		return nil, errReply
	}
	out := make([]hold.Eviction, 0, len(l)/3)
	for n := 0; n < len(l); n += 3 {
		out = append(out, hold.Eviction{Seat: ident.Seat(l[n]), Owner: ident.User(l[n+1]), Request: ident.Request(l[n+2])})
	}
	return out, nil
}

// moment reads Unix milliseconds; zero is the zero time.
func moment(m *rueidis.RedisMessage) (time.Time, error) {
	n, err := m.AsInt64()
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: time", errReply)
	}
	if n == 0 {
		return time.Time{}, nil
	}
	return time.UnixMilli(n).UTC(), nil
}

func ms(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
