package ratelimit

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rules are the quotas of the product by name. Per user unless the field says otherwise; a client address gets AddressFactor times as much.
type Rules struct {
	Off        bool  // nothing is limited, sockets neither
	Lock       Quota // holds: lock and best
	Confirm    Quota // confirm, checkout, settle, cancel: whatever may ask a payment provider
	Changes    Quota // every other change
	Reads      Quota // everything that only reads
	Exports    Quota // documents and files that are dear to make
	MyData     Quota // copies of everything that is kept of a person
	Connects   Quota // WebSocket connections opened
	Sockets    int   // WebSocket connections open at once
	AllSockets int   // WebSocket connections open at once in the process, whoever's
	SignIn     Quota // sign-ins per address
	Guests     Quota // new guests per address
	Lookup     Quota // look-ups of references per address
	Reports    Quota // browsers' reports per address
}

// AddressFactor is how many users' worth a client address may ask: a school or an office is one address.
const AddressFactor = 20

// Defaults are the product's quotas.
func Defaults() Rules {
	return Rules{
		Lock: Quota{60, time.Minute}, Confirm: Quota{20, time.Minute}, Changes: Quota{60, time.Minute}, Reads: Quota{300, time.Minute},
		Exports: Quota{20, time.Minute}, MyData: Quota{6, time.Hour}, Connects: Quota{30, time.Minute}, Sockets: 5, AllSockets: 20_000,
		SignIn: Quota{60, time.Minute}, Guests: Quota{120, time.Hour}, Lookup: Quota{10, time.Minute}, Reports: Quota{60, time.Minute},
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
		"lock": &r.Lock, "confirm": &r.Confirm, "changes": &r.Changes, "reads": &r.Reads, "exports": &r.Exports, "mydata": &r.MyData, "connects": &r.Connects,
		"signin": &r.SignIn, "guests": &r.Guests, "lookup": &r.Lookup, "reports": &r.Reports,
	}
	counts := map[string]*int{"sockets": &r.Sockets, "allsockets": &r.AllSockets}
	var bad []string
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if count := counts[name]; count != nil {
			n, err := strconv.Atoi(value)
			if err != nil || n < 1 {
				bad = append(bad, part)
				continue
			}
			*count = n
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
		return Rules{}, fmt.Errorf("rate limits: cannot read %q; the form is name=count/duration with the names lock, confirm, changes, reads, "+
			"exports, mydata, connects, signin, guests, lookup, reports, and sockets=count, allsockets=count", bad)
	}
	return r, nil
}

func parseQuota(s string) (Quota, error) {
	count, per, ok := strings.Cut(s, "/")
	n, err := strconv.Atoi(count)
	if !ok || err != nil || n < 1 || n > MaxLimit/AddressFactor {
		return Quota{}, fmt.Errorf("not count/duration with a count up to %d: %q", MaxLimit/AddressFactor, s)
	}
	d, err := time.ParseDuration(per)
	if err != nil || d < time.Second || d > MaxPer {
		return Quota{}, fmt.Errorf("not a duration between 1s and 24h: %q", per)
	}
	return Quota{Limit: n, Per: d}, nil
}
