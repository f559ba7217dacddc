package prober

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbot/internal/checks"
)

// world is a small internet on loopback: a name server, hosts that behave in every way known of the real one, and the
// truth about each of its URLs, which the prober never sees.
type world struct {
	t     testing.TB
	dns   *nameServer
	addrs []string // loopback addresses that the hosts are spread over
	port  string   // of plain HTTP
	tls   string   // of HTTPS with a certificate of our own authority
	bad   string   // of HTTPS with one that nobody trusts
	stale string   // of HTTPS with one that has expired
	junk  string   // of something that is not HTTP
	shut  string   // where nobody listens
	roots *x509.CertPool
	delay func() time.Duration

	kinds []kind
	urls  []string
	truth map[string]truth

	mu       sync.Mutex
	seen     map[string]int // requests by host and URI
	busy     map[string]int // requests under way, by host
	peak     int
	requests int
	bounced  int // answers 429
	buckets  map[string]*bucket
}

// truth is what the world knows of one URL.
type truth struct {
	kind string
	fate fate
	want []checks.Class // what may be said
}

type fate int

const (
	alive fate = iota
	dead
	undecidable
)

func newWorld(t testing.TB, delay func() time.Duration) *world {
	w := &world{t: t, dns: newNameServer(t), delay: delay, truth: map[string]truth{}, seen: map[string]int{}, busy: map[string]int{}, buckets: map[string]*bucket{}}
	quiet := log.New(io.Discard, "", 0)
	w.addrs = loopbacks(10)
	serve := func(h http.Handler, c *tls.Config) string {
		port, all := listenAll(t, w.addrs)
		for _, l := range all {
			s := &http.Server{Handler: h, ErrorLog: quiet, ReadHeaderTimeout: 5 * time.Second}
			if c != nil {
				l = tls.NewListener(l, c)
			}
			go func() { _ = s.Serve(l) }()
			t.Cleanup(func() { s.Close() })
		}
		return port
	}
	good, roots := certificates(t, time.Now().Add(time.Hour))
	expired, _ := certificates(t, time.Now().Add(-time.Hour))
	other, _ := certificates(t, time.Now().Add(time.Hour))
	w.roots = roots
	w.kinds = w.everyKind()
	w.port = serve(w, nil)
	w.tls = serve(w, &tls.Config{Certificates: []tls.Certificate{good}, NextProtos: []string{"h2", "http/1.1"}})
	w.bad = serve(w, &tls.Config{Certificates: []tls.Certificate{other}})
	w.stale = serve(w, &tls.Config{Certificates: []tls.Certificate{expired}})
	var smtp []net.Listener
	w.junk, smtp = listenAll(t, w.addrs)
	for _, l := range smtp {
		go greet(l)
		t.Cleanup(func() { l.Close() })
	}
	var nobody []net.Listener
	w.shut, nobody = listenAll(t, w.addrs)
	for _, l := range nobody {
		l.Close()
	}
	return w
}

// loopbacks gives up to n addresses of this machine that only it can reach.
func loopbacks(n int) []string {
	addrs := []string{"127.0.0.1"}
	for i := 2; i <= n; i++ {
		a := fmt.Sprintf("127.0.0.%d", i)
		l, err := net.Listen("tcp", a+":0")
		if err != nil {
			break // a system with one such address
		}
		l.Close()
		addrs = append(addrs, a)
	}
	return addrs
}

// listenAll listens on one port of all addresses.
func listenAll(t testing.TB, addrs []string) (port string, all []net.Listener) {
	t.Helper()
	var err error
	for range 20 {
		port = "0"
		for _, a := range addrs {
			var l net.Listener
			if l, err = net.Listen("tcp", net.JoinHostPort(a, port)); err != nil {
				break // someone has this port of this address: another port then
			}
			_, port, _ = net.SplitHostPort(l.Addr().String())
			all = append(all, l)
		}
		if err == nil {
			return port, all
		}
		for _, l := range all {
			l.Close()
		}
		all = nil
	}
	t.Fatal(err)
	return "", nil
}

// greet is a mail server, which talks first.
func greet(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = c.Write([]byte("220 mail.example.org ESMTP\r\n"))
		c.Close()
	}
}

// certificates makes a certificate for all hosts of the world and the authority that signed it.
func certificates(t testing.TB, until time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "lab"}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until,
		DNSNames: []string{"*.lab.test"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// options make a prober that may look at this world. Times are a fraction of the real ones.
func (w *world) options() Options {
	return Options{
		Guard: NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, nil), Resolver: w.dns.addr, Roots: w.roots,
		UserAgent: "patchbot/test (+https://example.org/patchbot)",
		AtAddress: 2 * 30 / len(w.addrs), Interval: 10 * time.Millisecond, Gap: 100 * time.Millisecond, Patience: 2 * time.Second,
		Connect: 10 * time.Second, Answer: 3 * time.Second, Read: time.Second, PerURL: 15 * time.Second,
	}
}

// score is how a run fared against the truth.
type score struct {
	falseAlarms, missed, overclaimed int
	wrong                            map[string]int
}

func (w *world) score(res Result) score {
	s := score{wrong: map[string]int{}}
	for _, a := range res.Answers {
		t := w.truth[a.URL]
		bad := a.Class == checks.Broken || a.Class == checks.LooksBroken
		switch {
		case t.fate == alive && bad:
			s.falseAlarms++
		case t.fate == dead && !bad:
			s.missed++
		case t.fate == undecidable && bad:
			s.overclaimed++
		}
		right := false
		for _, c := range t.want {
			right = right || a.Class == c
		}
		if !right {
			s.wrong[fmt.Sprintf("%s: %s (%s: %s)", t.kind, a.Class, a.Cause, a.Evidence)]++
		}
	}
	return s
}

// TestWorld holds the prober to the truth about more than a thousand URLs.
func TestWorld(t *testing.T) {
	var turn atomic.Int64
	w := newWorld(t, func() time.Duration { return time.Duration(turn.Add(1)%4) * time.Millisecond })
	w.populate(1000)
	if len(w.urls) < 1000 || len(w.kinds) < 30 {
		t.Fatalf("%d URLs of %d kinds", len(w.urls), len(w.kinds))
	}
	p, err := New(w.options())
	if err != nil {
		t.Fatal(err)
	}
	res := p.Run(context.Background(), Request{URLs: w.urls})
	s := w.score(res)
	if s.falseAlarms+s.missed+s.overclaimed > 0 {
		t.Errorf("%d false alarms, %d missed, %d undecidable called broken", s.falseAlarms, s.missed, s.overclaimed)
	}
	for what, n := range s.wrong {
		t.Errorf("%d times %s", n, what)
	}
	if w.peak > 3 {
		t.Errorf("%d requests at once on one host", w.peak)
	}
	if ratio := float64(w.requests) / float64(len(w.urls)); ratio > 1.25 {
		t.Errorf("%.3f requests a URL", ratio)
	}
	if share := float64(w.bounced) / float64(len(w.urls)); share > 0.04 {
		t.Errorf("429 for %.1f %% of the URLs", 100*share)
	}
}

// BenchmarkWorld asks 2,000 URLs and more that answer after 50 to 200 ms, with the times of the product. It reports the bars.
func BenchmarkWorld(b *testing.B) {
	for b.Loop() {
		var turn atomic.Int64
		w := newWorld(b, func() time.Duration { return 50*time.Millisecond + time.Duration(turn.Add(37)%151)*time.Millisecond })
		w.populate(1550)
		o := Options{Guard: w.options().Guard, Resolver: w.dns.addr, Roots: w.roots, UserAgent: w.options().UserAgent}
		p, err := New(o)
		if err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		res := p.Run(context.Background(), Request{URLs: w.urls})
		s := w.score(res)
		b.ReportMetric(time.Since(began).Seconds(), "s")
		b.ReportMetric(float64(len(w.urls)), "URLs")
		b.ReportMetric(float64(w.requests)/float64(len(w.urls)), "requests/URL")
		b.ReportMetric(100*float64(w.bounced)/float64(len(w.urls)), "%429")
		b.ReportMetric(float64(w.peak), "peak")
		b.ReportMetric(float64(s.falseAlarms), "false")
		b.ReportMetric(float64(s.missed), "missed")
		b.ReportMetric(float64(s.overclaimed), "overclaimed")
	}
}
