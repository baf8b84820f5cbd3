package httpapi

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"

	"github.com/gin-gonic/gin"

	"cinema/internal/fault"
	"cinema/internal/ratelimit"
)

// charge says which quota a request spends.
type charge int

const (
	free charge = iota
	reads
	lockQuota
	confirmQuota
	connects
	signIn
	guests
	lookup
)

// quota is the rule of a charge; perUser is false for quotas that count by address alone.
func (s *Server) quota(ch charge) (name string, q ratelimit.Quota, perUser bool) {
	switch ch {
	case reads:
		return "reads", s.rules.Reads, true
	case lockQuota:
		return "lock", s.rules.Lock, true
	case confirmQuota:
		return "confirm", s.rules.Confirm, true
	case connects:
		return "connects", s.rules.Connects, true
	case signIn:
		return "signin", s.rules.SignIn, false
	case guests:
		return "guests", s.rules.Guests, false
	case lookup:
		return "lookup", s.rules.Lookup, false
	case free:
	}
	return "", ratelimit.Quota{}, false
}

// spend counts the request against the caller's quota and against his address, which may be a whole school's.
func (s *Server) spend(c *gin.Context, ch charge) error {
	if ch == free || s.rules.Off {
		return nil
	}
	name, q, perUser := s.quota(ch)
	k := callOf(c.Request.Context())
	address := q
	if perUser {
		address = q.Times(ratelimit.AddressFactor)
		if k.principal != nil {
			if err := s.limited(c, name, q, s.limiter.Allow(name, "u:"+string(k.principal.User.ID), q)); err != nil {
				return err
			}
		}
	}
	return s.limited(c, name, address, s.limiter.Allow(name, "a:"+addressOf(c), address))
}

func (s *Server) limited(c *gin.Context, name string, q ratelimit.Quota, d ratelimit.Decision) error {
	if d.OK {
		return nil
	}
	wait := int(math.Ceil(d.RetryAfter.Seconds()))
	h := c.Writer.Header()
	h.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", name, q.Limit, int(q.Per.Seconds())))
	h.Set("RateLimit", fmt.Sprintf("%q;r=0;t=%s", name, strconv.Itoa(wait)))
	return fault.New(fault.Limited, "rate_limited", "Too many requests. Wait a moment.").After(d.RetryAfter)
}

// addressOf is the client's address as quotas see it: an IPv6 network is one client. Forwarding headers count only behind a trusted proxy.
func addressOf(c *gin.Context) string {
	a, err := netip.ParseAddr(c.ClientIP())
	if err != nil {
		return "unknown"
	}
	a = a.Unmap()
	if a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
