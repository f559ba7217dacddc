package prober

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
)

// Guard decides which addresses may be connected to. Everything that is not public unicast is refused, see the IANA
// registries of special-purpose addresses (RFC 6890), and so are the addresses of this machine. The zero value is that
// guard; it never changes after it is made.
type Guard struct {
	allow []netip.Prefix
	deny  []netip.Prefix
	own   func() ([]netip.Addr, error) // addresses of this machine; nil: ask the system
}

// NewGuard makes a guard that also lets the allowed networks through, on any port, and refuses the denied ones. What is in
// both is refused.
func NewGuard(allow, deny []netip.Prefix) *Guard {
	return &Guard{allow: plain(allow), deny: plain(deny)}
}

// plain gives IPv4 prefixes their IPv4 form.
func plain(in []netip.Prefix) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(in))
	for _, p := range in {
		if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		out = append(out, p.Masked())
	}
	return out
}

var (
	errRefused = errors.New("the address is not public")
	errPort    = errors.New("the port is not one of the web")
)

// Check gives the reason why an address may not be connected to, or nil. ports are those that public addresses may be asked
// on; none means any.
func (g *Guard) Check(a netip.AddrPort, ports []uint16) error {
	addr := a.Addr()
	if !addr.IsValid() || addr.Zone() != "" {
		return errRefused
	}
	addr = addr.Unmap()
	switch {
	case within(g.deny, addr):
		return errRefused
	case within(g.allow, addr):
		return nil
	case !public(addr):
		return errRefused
	}
	own := g.own
	if own == nil {
		own = interfaceAddrs
	}
	mine, err := own()
	if err != nil || slices.Contains(mine, addr) {
		return errRefused
	}
	if len(ports) > 0 && !slices.Contains(ports, a.Port()) {
		return errPort
	}
	return nil
}

// control is for net.Dialer: it sees the address that the kernel will connect to, after every name, alias and redirect.
func (g *Guard) control(ports []uint16) func(network, address string, _ syscall.RawConn) error {
	return func(network, address string, _ syscall.RawConn) error {
		if network != "tcp4" && network != "tcp6" {
			return errRefused
		}
		a, err := netip.ParseAddrPort(address)
		if err != nil {
			return errRefused
		}
		return g.Check(a, ports)
	}
}

func within(list []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
}

// public reports whether an address, unmapped, is unicast and reachable across the internet.
func public(a netip.Addr) bool {
	if a.Is4() {
		return !within(special4(), a)
	}
	return netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0x20}), 3).Contains(a) && !within(special6(), a)
}

// special4 are the IPv4 networks that are not public, and the one public address that leads into a cloud's inside.
func special4() []netip.Prefix {
	return prefixes(
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
		"192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
		"192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
		"168.63.129.16/32", // host agent of Azure
	)
}

// special6 are the networks of 2000::/3 that are not public: protocols, documentation, and those that embed an IPv4
// address (Teredo, 6to4).
func special6() []netip.Prefix {
	return prefixes("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
}

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// interfaceAddrs asks at each call: an address may come with a VPN or a new lease.
func interfaceAddrs() ([]netip.Addr, error) {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("list own addresses: %w", err)
	}
	var out []netip.Addr
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok {
			if addr, ok := netip.AddrFromSlice(n.IP); ok {
				out = append(out, addr.Unmap())
			}
		}
	}
	return out, nil
}
