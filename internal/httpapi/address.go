package httpapi

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// maxHops bounds how many proxies a request is followed back through.
const maxHops = 32

// proxyNetworks reads TRUSTED_PROXIES: addresses and networks, IPv4 ones also in their IPv6 form.
func proxyNetworks(list []string) ([]netip.Prefix, error) {
	out := make([]netip.Prefix, 0, len(list))
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if a, errAddr := netip.ParseAddr(text); err != nil && errAddr == nil {
			p, err = a.WithZone("").Prefix(a.BitLen())
		}
		if err != nil {
			return nil, fmt.Errorf("trusted proxies: %q is no address and no network", text)
		}
		if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// trusted tells whether an address is one of our proxies.
func (s *Server) trusted(a netip.Addr) bool {
	for _, p := range s.proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// addressOf is the client's address as quotas and the record see it: an IPv6 network is one client.
func (s *Server) addressOf(r *http.Request) string {
	a := s.client(r)
	switch {
	case !a.IsValid():
		return "unknown"
	case a.Is6():
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// client finds who sent a request. The connection's other end is believed. When it is a proxy of ours, the last hop of X-Forwarded-For
// is what that proxy saw, and so on to the left for as long as the hops are proxies of ours: what stands further left, anybody may have
// written. A hop that is no address ends the walk at the proxy that wrote it. X-Real-Ip counts when there is no X-Forwarded-For. Forwarded
// and everything else are never read.
func (s *Server) client(r *http.Request) netip.Addr {
	port, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := plain(port.Addr())
	if !s.trusted(at) {
		return at
	}
	lines := r.Header.Values("X-Forwarded-For") // a proxy may add a line instead of lengthening the last one
	if len(lines) == 0 {
		if told, ok := hop(r.Header.Get("X-Real-Ip")); ok {
			return told
		}
		return at
	}
	list := strings.Join(lines, ",")
	for range maxHops {
		before, last := "", list
		if i := strings.LastIndexByte(list, ','); i >= 0 {
			before, last = list[:i], list[i+1:]
		}
		next, ok := hop(last)
		if !ok {
			return at
		}
		at = next
		if before == "" || !s.trusted(at) {
			return at
		}
		list = before
	}
	return at
}

// hop reads one address of a forwarding header, with or without a port or the brackets of an address with one.
func hop(text string) (netip.Addr, bool) {
	text = strings.Trim(text, " \t")
	if inner, ok := strings.CutPrefix(text, "["); ok {
		host, rest, closed := strings.Cut(inner, "]")
		if !closed || rest != "" && !strings.HasPrefix(rest, ":") {
			return netip.Addr{}, false
		}
		text = host
	} else if host, _, ok := strings.Cut(text, ":"); ok && strings.Count(text, ":") == 1 {
		text = host
	}
	a, err := netip.ParseAddr(text)
	return plain(a), err == nil
}

// plain is an address without its zone, IPv4 in its own form.
func plain(a netip.Addr) netip.Addr { return a.WithZone("").Unmap() }
