package prober

import (
	"net/netip"
	"testing"
)

func TestGuardAddresses(t *testing.T) {
	refuse := []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1",
		"127.255.255.254", "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.192",
		"192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.175.48.1", "198.18.0.1",
		"198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"168.63.129.16",
		"::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
		"64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "100::1", "100:0:0:1::1", "2001::1", "2001:2::1",
		"2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2620:4f:8000::1", "3fff::1",
		"5f00::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "fec0::1", "ff02::1",
	}
	allow := []string{
		"1.1.1.1", "93.184.216.34", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.0", "169.253.255.255",
		"192.0.1.1", "223.255.255.255", "2606:4700:4700::1111", "2a01:e0a::1", "2001:41d0::1", "::ffff:8.8.8.8",
	}
	if len(refuse) != 58 || len(allow) != 13 {
		t.Fatalf("%d addresses to refuse, %d to allow", len(refuse), len(allow))
	}
	g := &Guard{}
	for _, s := range refuse {
		if g.Check(netip.AddrPortFrom(netip.MustParseAddr(s), 443), nil) == nil {
			t.Errorf("%s is let through", s)
		}
	}
	for _, s := range allow {
		if err := g.Check(netip.AddrPortFrom(netip.MustParseAddr(s), 443), nil); err != nil {
			t.Errorf("%s is refused: %v", s, err)
		}
	}
}

func TestGuardOperator(t *testing.T) {
	own := netip.MustParseAddr("93.184.216.34")
	g := NewGuard(
		[]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("::ffff:10.2.0.0/112"), netip.MustParsePrefix("fd00::/8")},
		[]netip.Prefix{netip.MustParsePrefix("10.1.2.0/24"), netip.MustParsePrefix("1.1.1.0/24")},
	)
	g.own = func() ([]netip.Addr, error) { return []netip.Addr{own}, nil }
	for _, tt := range []struct {
		addr string
		want error
	}{
		{"10.1.1.1:8080", nil},                // allowed, on any port
		{"[::ffff:10.1.1.1]:80", nil},         //
		{"10.2.0.1:80", nil},                  // a mapped prefix
		{"10.1.2.3:80", errRefused},           // denied comes first
		{"10.3.0.1:80", errRefused},           // still private
		{"1.1.1.1:80", errRefused},            // public, and denied
		{"8.8.8.8:80", nil},                   //
		{"8.8.8.8:22", errPort},               //
		{"[fd00::1]:8443", nil},               //
		{"[fe80::1%lo]:80", errRefused},       // a zone
		{"93.184.216.34:443", errRefused},     // our own
		{"[::ffff:5db8:d822]:80", errRefused}, // our own, mapped
	} {
		if got := g.Check(netip.MustParseAddrPort(tt.addr), []uint16{80, 443}); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.addr, got, tt.want)
		}
	}
	control := g.control([]uint16{80})
	for _, bad := range [][2]string{{"udp4", "8.8.8.8:80"}, {"tcp4", "example.org:80"}, {"tcp4", ""}, {"unix", "/run/x"}} {
		if control(bad[0], bad[1], nil) == nil {
			t.Errorf("%v is let through", bad)
		}
	}
}

// A guard that cannot learn the addresses of its machine lets nothing through.
func TestGuardBlind(t *testing.T) {
	g := &Guard{own: func() ([]netip.Addr, error) { return nil, errPort }}
	if g.Check(netip.MustParseAddrPort("8.8.8.8:80"), nil) == nil {
		t.Error("a blind guard lets an address through")
	}
}
