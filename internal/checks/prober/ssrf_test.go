package prober

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"patchbot/internal/checks"
)

// inside is a server that must never be asked: it stands for everything behind the guard.
func inside(t *testing.T) (port string, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	count := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		fmt.Fprintln(w, "secret")
	})
	s := httptest.NewServer(count)
	t.Cleanup(s.Close)
	_, port, _ = net.SplitHostPort(s.Listener.Addr().String())
	if six, err := net.Listen("tcp", "[::1]:"+port); err == nil {
		other := &http.Server{Handler: count, ReadHeaderTimeout: time.Second}
		go func() { _ = other.Serve(six) }()
		t.Cleanup(func() { other.Close() })
	}
	return port, asked
}

// outside serves on 127.0.0.2, which the guard of these tests lets through as if it were public.
func outside(t *testing.T, h http.Handler) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skipf("this system has no 127.0.0.2: %v", err)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Second}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func guarded(t *testing.T, dns string, ports ...string) *Prober {
	t.Helper()
	o := Options{
		Guard:    NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}, nil),
		Resolver: dns, Gap: 10 * time.Millisecond, Interval: time.Millisecond, Connect: time.Second, Answer: time.Second,
	}
	for _, p := range ports {
		n, _ := strconv.ParseUint(p, 10, 16)
		o.Ports = append(o.Ports, uint16(n))
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func one(t *testing.T, p *Prober, u string) checks.Answer {
	t.Helper()
	return p.Run(context.Background(), Request{URLs: []string{u}}).Answers[0]
}

// Every spelling of loopback that some program understands.
func TestSpellings(t *testing.T) {
	port, asked := inside(t)
	dns := newNameServer(t)
	dns.set("inside.lab.test", "127.0.0.1")
	dns.set("inside6.lab.test", "::1")
	p := guarded(t, dns.addr, port)
	hosts := []string{
		"127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0x0.0x0.0x1",
		"0177.0.0.1", "017700000001", "0", "0.0.0.0", "127.0.0.1.", "127.000.000.001", "[::1]", "[::ffff:127.0.0.1]",
		"[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::]", "[::1%25lo]", "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1",
		"ⓛocalhost", "ʟocalhost", "inside.lab.test", "INSIDE.lab.test.", "user:pw@127.0.0.1", "x@localhost", "127.0.0.1%00.fr",
		"127.0.0.1\t", "ip6-localhost",
	}
	if len(hosts) != 33 {
		t.Fatalf("%d spellings", len(hosts))
	}
	for _, h := range append(hosts, "inside6.lab.test", "a.localhost", "0x7f.1", "127.0.0.01", "[::127.0.0.1]", "[0::1]") {
		a := one(t, p, "http://"+h+":"+port+"/")
		if a.Class != checks.Broken && a.Class != checks.NotAsked {
			t.Errorf("%q: %+v", h, a)
		}
		if strings.Contains(h, "lab.test") && (a.Class != checks.NotAsked || a.Cause != string(CauseConnection)) {
			t.Errorf("%q tells what is behind the name: %+v", h, a)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the server inside was asked %d times", n)
	}
}

func TestRedirectsAndNames(t *testing.T) {
	port, asked := inside(t)
	dns := newNameServer(t)
	mux := http.NewServeMux()
	out := outside(t, mux)
	for _, code := range []int{301, 302, 303, 307, 308} {
		mux.HandleFunc(fmt.Sprintf("/%d", code), func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:"+port+"/")
			w.WriteHeader(code)
		})
	}
	redirect := func(path, to string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(302)
		})
	}
	redirect("/mapped", "http://[::ffff:127.0.0.1]:"+port+"/")
	redirect("/file", "file:///etc/hostname")
	redirect("/user", "http://root:root@127.0.0.2:"+out+"/")
	redirect("/name", "http://inside.lab.test:"+port+"/")
	redirect("/confirm-me", "http://out.lab.test:"+out+"/unsubscribe?me")
	mux.HandleFunc("/meta", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<meta http-equiv=refresh content="0;url=http://127.0.0.1:%s/"><title>x</title>`, port)
	})
	dns.set("out.lab.test", "127.0.0.2")
	dns.set("inside.lab.test", "127.0.0.1")
	dns.set("two.lab.test", "127.0.0.2", "127.0.0.1")
	dns.set("owt.lab.test", "127.0.0.1", "127.0.0.2")
	dns.answer("alias.lab.test", func(int) ([]netip.Addr, string, dnsmessage.RCode) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, "inside.lab.test", 0
	})
	base := "http://out.lab.test:" + out
	p := guarded(t, dns.addr, port, out)
	for _, tt := range []struct {
		url   string
		class checks.Class
		cause Cause
	}{
		{base + "/301", checks.NotAsked, CauseConnection},
		{base + "/302", checks.NotAsked, CauseConnection},
		{base + "/303", checks.NotAsked, CauseConnection},
		{base + "/307", checks.NotAsked, CauseConnection},
		{base + "/308", checks.NotAsked, CauseConnection},
		{base + "/mapped", checks.NotAsked, CauseConnection},
		{base + "/name", checks.NotAsked, CauseConnection},
		{base + "/file", checks.Unknown, CauseAnswer},
		{base + "/user", checks.Unknown, CauseAnswer},
		{base + "/meta", checks.Fine, ""},
		{"http://alias.lab.test:" + port + "/", checks.NotAsked, CauseConnection},
		// The port is open at one of the two addresses alone.
		{"http://two.lab.test:" + port + "/", checks.NotAsked, CauseConnection},
		{"http://owt.lab.test:" + port + "/", checks.NotAsked, CauseConnection},
		{"http://owt.lab.test:" + out + "/meta", checks.Fine, ""},
		{"http://inside.lab.test:1/", checks.NotAsked, CauseConnection},
	} {
		if a := one(t, p, tt.url); a.Class != tt.class || a.Cause != string(tt.cause) {
			t.Errorf("%s: %+v", tt.url, a)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the server inside was asked %d times", n)
	}
}

// The name server gives the address outside first, and the one inside when the page is looked at again.
func TestRebinding(t *testing.T) {
	port, asked := inside(t)
	l, err := net.Listen("tcp", "127.0.0.2:"+port)
	if err != nil {
		t.Skipf("this system has no 127.0.0.2: %v", err)
	}
	var bait atomic.Int64
	gone := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		bait.Add(1)
		w.WriteHeader(http.StatusNotFound)
	})}
	go func() { _ = gone.Serve(l) }()
	t.Cleanup(func() { gone.Close() })
	dns := newNameServer(t)
	dns.answer("rebind.lab.test", func(n int) ([]netip.Addr, string, dnsmessage.RCode) {
		return []netip.Addr{netip.MustParseAddr([]string{"127.0.0.2", "127.0.0.1"}[min(n, 1)])}, "", 0
	})
	a := one(t, guarded(t, dns.addr, port), "http://rebind.lab.test:"+port+"/page")
	if a.Class != checks.NotAsked || a.Cause != string(CauseConnection) || a.Evidence != "no connection" {
		t.Errorf("%+v", a)
	}
	if bait.Load() != 1 || asked.Load() != 0 {
		t.Errorf("asked outside %d times, inside %d times", bait.Load(), asked.Load())
	}
}

// What a page names by its address is a mistake for its readers when only their own machines have it; what the operator
// denies is not.
func TestNamedByAddress(t *testing.T) {
	p, err := New(Options{Guard: NewGuard(nil, []netip.Prefix{netip.MustParsePrefix("1.1.1.0/24"), netip.MustParsePrefix("2606:4700::/32")})})
	if err != nil {
		t.Fatal(err)
	}
	p.o.Guard.own = func() ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil }
	for u, want := range map[string]checks.Class{
		"http://1.1.1.1/": checks.NotAsked, "http://[2606:4700::1]/": checks.NotAsked, "http://[::ffff:1.1.1.1]/": checks.NotAsked,
		"http://93.184.216.34/": checks.NotAsked, "http://[::ffff:5db8:d822]/": checks.NotAsked,
		"http://10.0.0.1/": checks.Broken, "http://[::ffff:10.0.0.1]/": checks.Broken, "http://[fe80::1]/": checks.Broken, "http://localhost/": checks.Broken,
	} {
		if a := one(t, p, u); a.Class != want || want == checks.NotAsked && a.Evidence != "no connection" {
			t.Errorf("%s: %+v", u, a)
		}
	}
}

// The environment's proxy would hide the target from the guard; one that the operator names guards itself.
func TestProxy(t *testing.T) {
	port, asked := inside(t)
	var proxied atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied.Add(1) }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	dns := newNameServer(t)
	dns.set("inside.lab.test", "127.0.0.1")
	one(t, guarded(t, dns.addr, port), "http://inside.lab.test:"+port+"/")
	if asked.Load() != 0 || proxied.Load() != 0 {
		t.Errorf("asked inside %d times, by the proxy %d times", asked.Load(), proxied.Load())
	}
	u, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(Options{Proxy: u, Interval: time.Millisecond, Gap: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if a := one(t, p, "http://anything.lab.test/"); a.Class != checks.Fine || proxied.Load() != 1 {
		t.Errorf("by the operator's proxy: %+v, %d requests", a, proxied.Load())
	}
}
