package holdredis

import (
	"cinema/internal/hold"
	"cinema/internal/ident"
)

// layout names the keys of one showtime. On a cluster the showtime is the hash tag, so that all of them share a slot.
type layout struct{ cluster bool }

func (l layout) tag(showtime ident.Showtime) string {
	if l.cluster {
		return "{" + string(showtime) + "}"
	}
	return string(showtime)
}

func (l layout) lockPrefix(s ident.Showtime) string   { return "seatlock:" + l.tag(s) + ":" }
func (l layout) bookedPrefix(s ident.Showtime) string { return "seatbooked:" + l.tag(s) + ":" }
func (l layout) due(s ident.Showtime) string          { return "seatlockexp:" + l.tag(s) }
func (l layout) meta(s ident.Showtime) string         { return "seatmeta:" + l.tag(s) }
func (l layout) stream(s ident.Showtime) string       { return "seatstream:" + l.tag(s) }
func (l layout) channel(s ident.Showtime) string      { return "seat-events:" + l.tag(s) }

func (l layout) publish() string {
	if l.cluster {
		return "SPUBLISH"
	}
	return "PUBLISH"
}

// base is the three keys that every script has.
func (l layout) base(s ident.Showtime, room int) []string {
	return append(make([]string, 0, 3+room), l.meta(s), l.due(s), l.stream(s))
}

// seats is base, the lock keys and, when asked for, the booked keys.
func (l layout) seats(s ident.Showtime, seats []ident.Seat, booked bool) []string {
	keys := l.base(s, 2*len(seats))
	prefix := l.lockPrefix(s)
	for _, seat := range seats {
		keys = append(keys, prefix+string(seat))
	}
	if !booked {
		return keys
	}
	prefix = l.bookedPrefix(s)
	for _, seat := range seats {
		keys = append(keys, prefix+string(seat))
	}
	return keys
}

// args is what every writing script is told first.
func (l layout) args(s ident.Showtime, more ...string) []string {
	a := make([]string, 0, 5+len(more)+8)
	return append(append(a, l.channel(s), l.publish(), l.lockPrefix(s), l.bookedPrefix(s), string(s)), more...)
}

func names(args []string, seats []ident.Seat) []string {
	for _, s := range seats {
		args = append(args, string(s))
	}
	return args
}

var modes = [...]string{hold.ExtendMore: "more", hold.ExtendStrict: "strict", hold.ExtendDurable: "durable"}
