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
	var text [5]string
	for i := range text {
		if text[i], err = m[i].ToString(); err != nil {
			return reply{}, fmt.Errorf("%w: %w", errReply, err)
		}
	}
	if text[0] == "AGAIN" {
		return reply{}, hold.ErrAgain
	}
	seq, err := strconv.ParseUint(text[2], 10, 64)
	if err != nil {
		return reply{}, fmt.Errorf("%w: seq", errReply)
	}
	now, err := milli(text[4])
	if err != nil {
		return reply{}, err
	}
	return reply{status: text[0], at: hold.Position{Epoch: text[1], Seq: seq, Cursor: text[3]}, now: now, rest: m[5:]}, nil
}

// named gives an error of Redis its name in the port: a server that is away or full cannot be used now, anything else is a defect.
func named(err error) error {
	if redisconn.Down(err) || redisconn.Full(err) {
		return fmt.Errorf("%w: %w", hold.ErrUnavailable, err)
	}
	return err
}

func (r *reply) answer() hold.Answer { return hold.Answer{Position: r.at, Now: r.now} }

func (r *reply) text(i int) (string, error) {
	if i >= len(r.rest) {
		return "", errReply
	}
	return r.rest[i].ToString()
}

func (r *reply) moment(i int) (time.Time, error) {
	s, err := r.text(i)
	if err != nil {
		return time.Time{}, err
	}
	return milli(s)
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

// milli reads Unix milliseconds; zero is the zero time.
func milli(s string) (time.Time, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("%w: time", errReply)
	}
	if n == 0 {
		return time.Time{}, nil
	}
	return time.UnixMilli(n).UTC(), nil
}

func ms(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
