package ratelimit

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rules are the quotas of the product by name. Per user unless the field says otherwise; a client address gets AddressFactor times as much.
type Rules struct {
	Off      bool  // nothing is limited, sockets neither
	Lock     Quota // holds: lock and best
	Confirm  Quota // confirm, checkout and settle
	Reads    Quota // everything that only reads
	Connects Quota // WebSocket connections opened
	Sockets  int   // WebSocket connections open at once
	SignIn   Quota // sign-ins per address
	Guests   Quota // new guests per address
	Lookup   Quota // look-ups of references per address
}

// AddressFactor is how many users' worth a client address may ask: a school or an office is one address.
const AddressFactor = 20

// Defaults are the product's quotas.
func Defaults() Rules {
	return Rules{
		Lock: Quota{60, time.Minute}, Confirm: Quota{20, time.Minute}, Reads: Quota{300, time.Minute},
		Connects: Quota{30, time.Minute}, Sockets: 5,
		SignIn: Quota{60, time.Minute}, Guests: Quota{120, time.Hour}, Lookup: Quota{10, time.Minute},
	}
}

// Parse reads "lock=60/1m,confirm=20/1m,sockets=5": the quotas that it does not name keep their defaults; "off" lifts all. The error
// names every part that is wrong.
func Parse(text string) (Rules, error) {
	r := Defaults()
	text = strings.TrimSpace(text)
	if text == "" {
		return r, nil
	}
	if text == "off" {
		return Rules{Off: true}, nil
	}
	quotas := map[string]*Quota{
		"lock": &r.Lock, "confirm": &r.Confirm, "reads": &r.Reads, "connects": &r.Connects,
		"signin": &r.SignIn, "guests": &r.Guests, "lookup": &r.Lookup,
	}
	var bad []string
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if name == "sockets" {
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 {
				bad = append(bad, part)
				continue
			}
			r.Sockets = n
			continue
		}
		q, err := parseQuota(value)
		if quotas[name] == nil || err != nil {
			bad = append(bad, part)
			continue
		}
		*quotas[name] = q
	}
	if len(bad) > 0 {
		return Rules{}, fmt.Errorf("rate limits: cannot read %q; the form is name=count/duration with the names lock, confirm, reads, "+
			"connects, signin, guests, lookup, and sockets=count", bad)
	}
	return r, nil
}

func parseQuota(s string) (Quota, error) {
	count, per, ok := strings.Cut(s, "/")
	n, err := strconv.Atoi(count)
	if !ok || err != nil || n < 1 {
		return Quota{}, fmt.Errorf("not count/duration: %q", s)
	}
	d, err := time.ParseDuration(per)
	if err != nil || d < time.Second || d > 24*time.Hour {
		return Quota{}, fmt.Errorf("not a duration between 1s and 24h: %q", per)
	}
	return Quota{Limit: n, Per: d}, nil
}
