package prober

import (
	"bytes"
	"compress/gzip"
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
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

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

// everyKind is every behaviour of the world. n is how many behave so in a world of size 1,000.
func (w *world) everyKind() []kind {
	classes := func(c ...checks.Class) []checks.Class { return c }
	fine, broken, looks, unknown := classes(checks.Fine), classes(checks.Broken), classes(checks.LooksBroken), classes(checks.Unknown)
	html := func(title, more string) func(http.ResponseWriter, *http.Request, int) {
		return func(rw http.ResponseWriter, _ *http.Request, _ int) {
			rw.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(rw, "<!doctype html><html><head><title>%s</title></head><body><h1>%s</h1>%s</body></html>", title, title, more)
		}
	}
	code := func(c int, header ...string) func(http.ResponseWriter, *http.Request, int) {
		return func(rw http.ResponseWriter, _ *http.Request, _ int) {
			for i := 0; i+1 < len(header); i += 2 {
				rw.Header().Set(header[i], header[i+1])
			}
			rw.WriteHeader(c)
		}
	}
	first := func(h, then func(http.ResponseWriter, *http.Request, int)) func(http.ResponseWriter, *http.Request, int) {
		return func(rw http.ResponseWriter, r *http.Request, n int) {
			if n == 0 {
				h(rw, r, n)
			} else {
				then(rw, r, n)
			}
		}
	}
	reset := func(rw http.ResponseWriter, _ *http.Request, _ int) {
		if c, _, err := http.NewResponseController(rw).Hijack(); err == nil {
			_ = c.(*net.TCPConn).SetLinger(0)
			c.Close()
		}
	}
	hang := func(_ http.ResponseWriter, r *http.Request, _ int) { <-r.Context().Done() }
	ok := html("Une page", "")
	return []kind{
		{name: "plain", n: 680, fate: alive, want: fine, serve: ok},
		{name: "secure", n: 40, fate: alive, want: fine, scheme: "https", serve: ok},
		{name: "pdf", n: 20, fate: alive, want: fine, serve: code(200, "Content-Type", "application/pdf")},
		{name: "head-405", n: 30, fate: alive, want: fine, serve: getOnly(405, ok)},
		{name: "head-404", n: 20, fate: alive, want: fine, serve: getOnly(404, ok)},
		{name: "head-403", n: 10, fate: alive, want: fine, serve: getOnly(403, ok)},
		{name: "temporary", n: 60, fate: alive, want: fine, serve: w.redirect(302, "/plain/x")},
		{name: "permanent", n: 25, fate: alive, want: classes(checks.Moved, checks.Fine), serve: w.redirect(301, "/plain/y")},
		{name: "away", n: 5, fate: alive, want: fine, serve: func(rw http.ResponseWriter, _ *http.Request, _ int) {
			rw.Header().Set("Location", "http://www.example.test:"+w.port+"/plain/z")
			rw.WriteHeader(301)
		}},
		{name: "chain", n: 10, fate: alive, want: fine, serve: w.chain(3, "/plain/z")},
		{name: "cookie", n: 5, fate: alive, want: fine, serve: cookieWall(ok)},
		{name: "503-once", n: 20, fate: alive, want: fine, serve: first(code(503), ok)},
		{name: "503-once-after", n: 5, fate: alive, want: fine, serve: first(code(503, "Retry-After", "1"), ok)},
		{name: "503-once-date", n: 5, fate: alive, want: fine, serve: first(func(rw http.ResponseWriter, r *http.Request, n int) {
			code(503, "Retry-After", time.Now().Add(time.Second).UTC().Format(http.TimeFormat))(rw, r, n)
		}, ok)},
		{name: "429-past", n: 3, fate: alive, want: fine, serve: first(code(429, "Retry-After", "Thu, 01 Jan 2015 00:00:00 GMT"), ok)},
		{name: "429-negative", n: 3, fate: alive, want: fine, serve: first(code(429, "Retry-After", "-5"), ok)},
		{name: "reset-once", n: 10, fate: alive, want: fine, serve: first(reset, ok)},
		{name: "404-once", n: 5, fate: alive, want: fine, serve: first(code(404), ok)},
		{name: "429-once", n: 10, fate: alive, want: fine, serve: first(code(429, "Retry-After", "1"), ok)},
		{name: "429-date", n: 5, fate: alive, want: fine, serve: first(func(rw http.ResponseWriter, r *http.Request, n int) {
			code(429, "Retry-After", time.Now().Add(time.Second).UTC().Format(http.TimeFormat))(rw, r, n)
		}, ok)},
		{name: "429-bare", n: 5, fate: alive, want: fine, serve: first(code(429), ok)},
		{name: "429-junk", n: 5, fate: alive, want: fine, serve: first(code(429, "Retry-After", "bientôt"), ok)},
		{name: "bucket", n: 50, fate: alive, want: fine, host: "bucket", serve: w.bucket(150, ok)},
		{name: "anchor", n: 15, fate: alive, want: fine, fragment: "ancre", serve: html("Une page", `<p id="ancre">`)},
		{name: "anchor-name", n: 5, fate: alive, want: fine, fragment: "vieux", serve: html("Une page", `<a name="vieux"></a>`)},
		{name: "anchor-accent", n: 5, fate: alive, want: fine, fragment: "%C3%A9t%C3%A9", serve: html("Une page", `<h2 id="été">`)},
		{name: "anchor-script", n: 5, fate: alive, want: fine, fragment: "plus-tard", serve: html("Une page", `<script src="/x.js"></script>`)},
		{name: "route", n: 5, fate: alive, want: fine, fragment: "/room/#salon:example.org", serve: ok},
		{name: "bang", n: 3, fate: alive, want: fine, fragment: "!page", serve: ok},
		{name: "highlight", n: 3, fate: alive, want: fine, fragment: ":~:text=bonjour", serve: ok},
		{name: "big", n: 3, fate: alive, want: fine, fragment: "loin", serve: bigBody(50 << 20)},
		{name: "bomb", n: 3, fate: alive, want: fine, serve: gzipBomb(64 << 20)},
		{name: "drip", n: 3, fate: alive, want: fine, serve: drip},
		{name: "exact", n: 40, fate: alive, want: fine, serve: nil},
		{name: "slow", n: 5, fate: alive, want: fine, serve: func(rw http.ResponseWriter, r *http.Request, n int) {
			time.Sleep(300 * time.Millisecond)
			ok(rw, r, n)
		}},
		{name: "idn", n: 5, fate: alive, want: fine, serve: ok},
		{name: "401", n: 5, fate: alive, want: fine, serve: code(401, "WWW-Authenticate", "Basic")},
		{name: "login", n: 5, fate: alive, want: fine, serve: w.redirect(302, "/auth/login")},
		{name: "login-form", n: 5, fate: alive, want: fine, serve: w.redirect(302, "/form/404")},
		{name: "405", n: 2, fate: alive, want: fine, serve: code(405)},
		{name: "451", n: 2, fate: alive, want: fine, serve: code(451)},
		{name: "999", n: 3, fate: alive, want: fine, serve: code(999)},
		{name: "challenge", n: 5, fate: alive, want: fine, serve: code(403, "Cf-Mitigated", "challenge")},
		{name: "about-404", n: 5, fate: alive, want: fine, serve: html("Comprendre l'erreur 404 en dix minutes", "")},
		{name: "titled-404", n: 5, fate: alive, want: fine, serve: html("404", "La Peugeot 404")},
		{name: "latin1", n: 3, fate: alive, want: fine, serve: func(rw http.ResponseWriter, _ *http.Request, _ int) {
			rw.Header().Set("Content-Type", "text/html")
			_, _ = rw.Write([]byte("<title>\xe9t\xe9</title>"))
		}},

		{name: "404", n: 50, fate: dead, want: broken, serve: code(404)},
		{name: "410", n: 10, fate: dead, want: broken, serve: code(410)},
		{name: "to-404", n: 5, fate: dead, want: broken, serve: w.redirect(302, "/404/x")},
		{name: "loop", n: 5, fate: dead, want: broken, serve: w.redirect(302, "/loop/%s")},
		{name: "endless", n: 2, fate: dead, want: looks, serve: func(rw http.ResponseWriter, r *http.Request, _ int) {
			rw.Header().Set("Location", "?"+r.URL.RawQuery+"x")
			rw.WriteHeader(302)
		}},
		{name: "refused", n: 5, fate: dead, want: looks},
		{name: "nxdomain", n: 5, fate: dead, want: broken},
		{name: "no-anchor", n: 10, fate: dead, want: looks, fragment: "absent", serve: html("Une page", `<p id="autre">`)},
		{name: "soft-noindex", n: 3, fate: dead, want: looks, serve: html("Page introuvable | Exemple", `<meta name="robots" content="noindex">`)},
		{name: "soft-same", n: 3, fate: dead, want: looks, serve: html("Erreur 404 - Page non trouvée", "")},
		{name: "to-front", n: 3, fate: dead, want: looks, serve: w.redirect(302, "/")},
		{name: "malformed", n: 2, fate: dead, want: broken},
		{name: "private", n: 2, fate: dead, want: broken},

		{name: "hang", n: 10, fate: undecidable, want: unknown, serve: hang},
		{name: "403", n: 8, fate: undecidable, want: unknown, serve: code(403)},
		{name: "503", n: 5, fate: undecidable, want: unknown, serve: code(503)},
		{name: "500", n: 5, fate: undecidable, want: unknown, serve: code(500)},
		{name: "522", n: 3, fate: undecidable, want: unknown, serve: code(522)},
		{name: "reset", n: 3, fate: undecidable, want: unknown, serve: reset},
		{name: "400", n: 2, fate: undecidable, want: unknown, serve: code(400)},
		{name: "429", n: 2, fate: undecidable, want: classes(checks.Fine), serve: code(429, "Retry-After", "0")},
		{name: "429-long", n: 4, fate: undecidable, want: unknown, host: "long", serve: code(429, "Retry-After", "3600")},
		{name: "429-huge", n: 4, fate: undecidable, want: unknown, host: "huge", serve: code(429, "Retry-After", "99999999999999999999")},
		{name: "429-far", n: 4, fate: undecidable, want: unknown, host: "far", serve: code(429, "Retry-After", "Fri, 01 Jan 2100 00:00:00 GMT")},
		{name: "503-long", n: 4, fate: undecidable, want: unknown, host: "later", serve: code(503, "Retry-After", "86400")},
		{name: "wall", n: 4, fate: undecidable, want: unknown, host: "wall", serve: code(404)},
		{name: "wall-403", n: 4, fate: undecidable, want: unknown, host: "wall403", serve: code(404)},
		{name: "servfail", n: 3, fate: undecidable, want: unknown},
		{name: "dns-silent", n: 2, fate: undecidable, want: unknown},
		{name: "untrusted", n: 3, fate: undecidable, want: unknown},
		{name: "expired", n: 2, fate: undecidable, want: unknown},
		{name: "wrong-name", n: 2, fate: undecidable, want: unknown, scheme: "https"},
		{name: "junk", n: 2, fate: undecidable, want: unknown},
		{name: "tls-plain", n: 2, fate: undecidable, want: unknown},
		{name: "action", n: 2, fate: undecidable, want: classes(checks.NotAsked)},
	}
}

// kind is one behaviour.
type kind struct {
	name     string
	n        int
	fate     fate
	want     []checks.Class
	scheme   string
	host     string // of its own
	fragment string
	serve    func(w http.ResponseWriter, r *http.Request, n int)
}

// populate makes the URLs, a third more than size, spread over 20 hosts.
func (w *world) populate(size int) {
	hosts := make([]string, 20)
	for i := range hosts {
		hosts[i] = fmt.Sprintf("h%02d.lab.test", i)
	}
	named := 0
	for _, name := range append(hosts, "bucket.lab.test", "long.lab.test", "huge.lab.test", "far.lab.test", "later.lab.test", "wall.lab.test", "wall403.lab.test", "xn--dpt-bma0d.lab.test", "www.example.test", "www.other.test") {
		w.dns.set(name, w.addrs[named%len(w.addrs)])
		named++
	}
	w.dns.answer("servfail.lab.test", func(int) ([]netip.Addr, string, dnsmessage.RCode) { return nil, "", dnsmessage.RCodeServerFailure })
	w.dns.answer("silent.lab.test", func(int) ([]netip.Addr, string, dnsmessage.RCode) { return nil, "", silence })
	next := 0
	for _, k := range w.kinds {
		for i := range max(1, k.n*size/1000) {
			next++
			host, scheme, port := hosts[next%len(hosts)], "http", w.port
			if k.host != "" {
				host = k.host + ".lab.test"
			}
			if k.scheme != "" {
				scheme, port = "https", w.tls
			}
			u := fmt.Sprintf("%s://%s:%s/%s/%d", scheme, host, port, k.name, i)
			switch k.name {
			case "exact":
				if i/len(exact())%2 == 1 { // over HTTP/2, which has its own idea of a path
					scheme, port = "https", w.tls
				}
				u = fmt.Sprintf("%s://%s:%s/exact/%d", scheme, host, port, i) + exact()[i%len(exact())].written
			case "idn":
				u = fmt.Sprintf("http://dépôt.lab.test:%s/plain/idn%d", w.port, i)
			case "loop":
				u = fmt.Sprintf("http://%s:%s/loop/%d", host, w.port, i)
			case "to-front", "login":
				u += "/deep/page"
			case "refused":
				u = fmt.Sprintf("http://%s:%s/%d", host, w.shut, i)
			case "nxdomain":
				u = fmt.Sprintf("http://gone%d.lab.test/", i)
			case "malformed":
				u = fmt.Sprintf("http://exa mple%d..org/", i)
			case "private":
				u = fmt.Sprintf("http://192.168.0.%d/wiki", i)
			case "servfail", "dns-silent":
				u = fmt.Sprintf("http://%s.lab.test/%d", strings.TrimPrefix(k.name, "dns-"), i)
			case "untrusted":
				u = fmt.Sprintf("https://%s:%s/plain/%d", host, w.bad, i)
			case "expired":
				u = fmt.Sprintf("https://%s:%s/plain/%d", host, w.stale, i)
			case "wrong-name":
				u = fmt.Sprintf("https://www.other.test:%s/plain/%d", w.tls, i)
			case "junk":
				u = fmt.Sprintf("http://%s:%s/%d", host, w.junk, i)
			case "tls-plain":
				u = fmt.Sprintf("https://%s:%s/%d", host, w.port, i)
			case "action":
				u = fmt.Sprintf("http://%s:%s/plain/%d?unsubscribe=me", host, w.port, i)
			}
			if k.fragment != "" {
				u += "#" + k.fragment
			}
			w.urls = append(w.urls, u)
			w.truth[u] = truth{k.name, k.fate, k.want}
		}
	}
}

// spelling is a URL's end and the bytes that must arrive.
type spelling struct{ written, sent string }

func exact() []spelling {
	return []spelling{
		{"/a%2Fb", "/a%2Fb"}, {"?q=a%26b", "?q=a%26b"}, {"/100%25", "/100%25"}, {"/été", "/%C3%A9t%C3%A9"}, {"?q=été", "?q=%C3%A9t%C3%A9"},
		{"/a b", "/a%20b"}, {"/a%20b", "/a%20b"}, {"/a+b", "/a+b"}, {"/%7Euser", "/%7Euser"}, {"/~user", "/~user"}, {"/a%2fb", "/a%2fb"},
		{"/(x)", "/(x)"}, {"/a;b=c", "/a;b=c"}, {"?a[]=1|2", "?a[]=1|2"}, {"/a'b", "/a'b"}, {"?", "?"}, {"//double", "//double"},
		{"/{id}", "/{id}"}, {"?x=%zz", "?x=%zz"}, {"/a,b!c'd", "/a,b!c'd"},
	}
}

// ServeHTTP is every host of the world.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	host, _, _ := net.SplitHostPort(r.Host)
	w.mu.Lock()
	n := w.seen[r.Host+r.RequestURI]
	w.seen[r.Host+r.RequestURI]++
	w.requests++
	w.busy[host]++
	w.peak = max(w.peak, w.busy[host])
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.busy[host]--
		w.mu.Unlock()
	}()
	if w.delay != nil {
		time.Sleep(w.delay())
	}
	if r.Header.Get("Referer") != "" || r.Header.Get("Authorization") != "" || r.Method != http.MethodGet || !strings.HasPrefix(r.UserAgent(), "patchbot/") {
		w.t.Errorf("%s %s: %v", r.Method, r.URL, r.Header)
	}
	w.route(&counter{ResponseWriter: rw, w: w}, r, host, n)
}

// counter counts the answers 429.
type counter struct {
	http.ResponseWriter
	w *world
}

func (c *counter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *counter) WriteHeader(code int) {
	if code == 429 {
		c.w.mu.Lock()
		c.w.bounced++
		c.w.mu.Unlock()
	}
	c.ResponseWriter.WriteHeader(code)
}

func (w *world) route(rw http.ResponseWriter, r *http.Request, host string, n int) {
	uri := r.RequestURI
	if i := strings.Index(uri, "://"); i >= 0 {
		uri = uri[strings.Index(uri[i+3:], "/")+i+3:]
	}
	name, rest, _ := strings.Cut(strings.TrimPrefix(uri, "/"), "/")
	name, _, _ = strings.Cut(name, "?")
	switch {
	case host == "wall.lab.test":
		rw.WriteHeader(404)
		return
	case host == "wall403.lab.test" && uri == "/":
		rw.WriteHeader(403)
		return
	case uri == "/":
		fmt.Fprintln(rw, "accueil")
		return
	case name == "form":
		rw.Header().Set("Content-Type", "text/html")
		fmt.Fprint(rw, `<title>404</title><form><input type="password"></form>`)
		return
	case name == "soft-same" && rest != "":
		rest = "0"
	case name == "titled-404" && strings.Trim(rest, "0123456789") != "":
		rw.WriteHeader(404)
		return
	case name == "exact":
		w.exact(rw, rest)
		return
	}
	for _, k := range w.kinds {
		if k.name == name && k.serve != nil {
			k.serve(rw, r, n)
			return
		}
	}
	fmt.Fprintln(rw, "page")
}

// exact answers 404 unless the bytes are those that were written.
func (w *world) exact(rw http.ResponseWriter, rest string) {
	i := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if i < 0 {
		i = len(rest)
	}
	n, err := strconv.Atoi(rest[:i])
	if err != nil || rest[i:] != exact()[n%len(exact())].sent {
		rw.WriteHeader(404)
	}
}

// redirect sends to a path of the same host; "%s" in it is the last element of the one that was asked.
func (w *world) redirect(code int, to string) func(http.ResponseWriter, *http.Request, int) {
	return func(rw http.ResponseWriter, r *http.Request, _ int) {
		target := to
		if strings.Contains(to, "%s") {
			target = fmt.Sprintf(to, r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
		}
		rw.Header().Set("Location", target)
		rw.WriteHeader(code)
	}
}

// chain takes n redirections to get there.
func (w *world) chain(n int, to string) func(http.ResponseWriter, *http.Request, int) {
	return func(rw http.ResponseWriter, r *http.Request, _ int) {
		step, _ := strconv.Atoi(r.URL.Query().Get("step"))
		rw.Header().Set("Location", fmt.Sprintf("?step=%d", step+1))
		if step == n-1 {
			rw.Header().Set("Location", to)
		}
		rw.WriteHeader(302)
	}
}

func getOnly(code int, h func(http.ResponseWriter, *http.Request, int)) func(http.ResponseWriter, *http.Request, int) {
	return func(rw http.ResponseWriter, r *http.Request, n int) {
		if r.Method == http.MethodHead {
			rw.WriteHeader(code)
			return
		}
		h(rw, r, n)
	}
}

// cookieWall sends in a circle whoever has no cookie.
func cookieWall(h func(http.ResponseWriter, *http.Request, int)) func(http.ResponseWriter, *http.Request, int) {
	return func(rw http.ResponseWriter, r *http.Request, n int) {
		if c, err := r.Cookie("seen"); err == nil && c.Value == "1" {
			h(rw, r, n)
			return
		}
		http.SetCookie(rw, &http.Cookie{Name: "seen", Value: "1", Path: "/"})
		rw.Header().Set("Location", r.URL.Path)
		rw.WriteHeader(302)
	}
}

type bucket struct {
	level float64
	at    time.Time
}

// bucket lets a host be asked rate times a second, with a little to spare.
func (w *world) bucket(rate float64, h func(http.ResponseWriter, *http.Request, int)) func(http.ResponseWriter, *http.Request, int) {
	return func(rw http.ResponseWriter, r *http.Request, n int) {
		w.mu.Lock()
		b := w.buckets[r.Host]
		if b == nil {
			b = &bucket{level: 5, at: time.Now()}
			w.buckets[r.Host] = b
		}
		now := time.Now()
		b.level = min(5, b.level+now.Sub(b.at).Seconds()*rate)
		b.at = now
		ok := b.level >= 1
		if ok {
			b.level--
		}
		w.mu.Unlock()
		if !ok {
			rw.Header().Set("Retry-After", "1")
			rw.WriteHeader(429)
			return
		}
		h(rw, r, n)
	}
}

func bigBody(size int) func(http.ResponseWriter, *http.Request, int) {
	return func(rw http.ResponseWriter, _ *http.Request, _ int) {
		rw.Header().Set("Content-Type", "text/html")
		block := bytes.Repeat([]byte("<p>mot "), 1<<12)
		for sent := 0; sent < size; sent += len(block) {
			if _, err := rw.Write(block); err != nil {
				return
			}
		}
	}
}

func gzipBomb(size int) func(http.ResponseWriter, *http.Request, int) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for range size >> 20 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	_ = z.Close()
	return func(rw http.ResponseWriter, _ *http.Request, _ int) {
		rw.Header().Set("Content-Type", "text/html")
		rw.Header().Set("Content-Encoding", "gzip")
		_, _ = rw.Write(packed.Bytes())
	}
}

func drip(rw http.ResponseWriter, r *http.Request, _ int) {
	rw.Header().Set("Content-Type", "text/html")
	for r.Context().Err() == nil {
		if _, err := rw.Write([]byte("<p>")); err != nil {
			return
		}
		_ = http.NewResponseController(rw).Flush()
		time.Sleep(20 * time.Millisecond)
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
