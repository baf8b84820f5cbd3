package egress

import (
	"encoding/binary"
	"net/netip"
)

// special are the networks that no public service has an address in: the registries of special-purpose addresses, and what clouds keep
// for their own services in the middle of public space.
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"168.63.129.16/32", // a cloud's own services
	"2001::/23",        // protocols, Teredo among them
	"2001:db8::/32", "3fff::/20", "2620:4f:8000::/48",
)

// Networks whose addresses hold an IPv4 address, which counts then.
var (
	global    = netip.MustParsePrefix("2000::/3") // all that is given out for the public
	nat64     = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour = netip.MustParsePrefix("2002::/16")
)

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, p := range list {
		out[i] = netip.MustParsePrefix(p)
	}
	return out
}

// Public tells whether an address is one that a public service can have. An address that carries another one inside (IPv4 in IPv6, NAT64,
// 6to4, ISATAP) is as public as that.
func Public(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" {
		return false
	}
	a = a.Unmap()
	if a.Is6() {
		b := a.As16()
		switch {
		case nat64.Contains(a):
			return Public(netip.AddrFrom4([4]byte(b[12:])))
		case sixToFour.Contains(a):
			return Public(netip.AddrFrom4([4]byte(b[2:6])))
		case !global.Contains(a):
			return false
		case binary.BigEndian.Uint32(b[8:])&^0x02000000 == 0x00005efe && !Public(netip.AddrFrom4([4]byte(b[12:]))): // ISATAP
			return false
		}
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
