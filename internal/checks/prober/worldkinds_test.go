package prober

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"patchbot/internal/checks"
)

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
