package httpapi

import (
	"fmt"
	"math"
	"strconv"

	"github.com/gin-gonic/gin"

	"cinema/internal/account"
	"cinema/internal/fault"
	"cinema/internal/ratelimit"
)

// charge says which quota a request spends. Every route has one, or says why it is free.
type charge int

const (
	uncharged charge = iota
	reads
	lockQuota
	confirmQuota
	changes
	exports
	myData
	connects
	signIn
	guests
	lookup
	reports
	charges // how many there are
)

// limit is one quota of the product, ready to be spent and told.
type limit struct {
	name      string
	user      ratelimit.Quota // zero: it counts by address alone
	address   ratelimit.Quota
	policies  [2][]string // RateLimit-Policy by which of the two is told
	unlimited bool
}

// newLimits makes the quotas of the rules.
func newLimits(r ratelimit.Rules) (all [charges]limit) {
	set := func(ch charge, name string, q ratelimit.Quota, perUser bool) {
		l := limit{name: name, address: q, unlimited: r.Off || q.Limit <= 0}
		if perUser {
			l.user, l.address = q, q.Times(ratelimit.AddressFactor)
		}
		for i, q := range []ratelimit.Quota{l.user, l.address} {
			l.policies[i] = []string{fmt.Sprintf("%q;q=%d;w=%d", name, q.Limit, int(math.Ceil(q.Per.Seconds())))}
		}
		all[ch] = l
	}
	all[uncharged].unlimited = true
	set(reads, "reads", r.Reads, true)
	set(lockQuota, "lock", r.Lock, true)
	set(confirmQuota, "confirm", r.Confirm, true)
	set(changes, "changes", r.Changes, true)
	set(exports, "exports", r.Exports, true)
	set(myData, "mydata", r.MyData, true)
	set(connects, "connects", r.Connects, true)
	set(signIn, "signin", r.SignIn, false)
	set(guests, "guests", r.Guests, false)
	set(lookup, "lookup", r.Lookup, false)
	set(reports, "reports", r.Reports, false)
	return all
}

// spend counts the request against the caller's quota and against his address, which may be a whole school's, and tells how much is left
// of the stricter one.
func (s *Server) spend(c *gin.Context, ch charge) error {
	if s.limits[ch].unlimited {
		return nil
	}
	k := callOf(c.Request.Context())
	if k.address == "" {
		k.address = s.addressOf(c.Request)
	}
	d, policy := s.count(c, ch, k.principal, k.address)
	h := c.Writer.Header()
	h["Ratelimit-Policy"] = policy
	h["Ratelimit"] = []string{remaining(s.limits[ch].name, d)}
	if d.OK {
		return nil
	}
	return fault.New(fault.Limited, "rate_limited", "Too many requests. Wait a moment.").After(d.RetryAfter)
}

// count asks the limiter; policy is that of the stricter quota.
func (s *Server) count(c *gin.Context, ch charge, p *account.Principal, address string) (d ratelimit.Decision, policy []string) {
	l := &s.limits[ch]
	ofAddress := ratelimit.Charge{Name: l.name, Who: "a:" + address, Quota: l.address}
	if p == nil || l.user.Limit == 0 {
		return s.limiter.Spend(c.Request.Context(), ofAddress), l.policies[1]
	}
	ofUser := ratelimit.Charge{Name: l.name, Who: "u:" + string(p.User.ID), Quota: l.user}
	d = s.limiter.Spend(c.Request.Context(), ofUser, ofAddress)
	return d, l.policies[max(d.Of, 0)]
}

// remaining is the RateLimit field: how many requests could follow at once, and the seconds until the next one may when there are none,
// else until all of them can.
func remaining(name string, d ratelimit.Decision) string {
	wait := d.Reset
	if !d.OK {
		wait = d.RetryAfter
	}
	b := make([]byte, 0, 40)
	b = strconv.AppendQuote(b, name)
	b = strconv.AppendInt(append(b, ";r="...), int64(d.Remaining), 10)
	b = strconv.AppendInt(append(b, ";t="...), int64(math.Ceil(wait.Seconds())), 10)
	return string(b)
}

// connect counts an attempt to open a socket and tells whether it is one too many.
func (s *Server) connect(c *gin.Context, p *account.Principal, address string) (busy bool) {
	if s.limits[connects].unlimited {
		return false
	}
	d, _ := s.count(c, connects, p, address)
	return !d.OK
}
