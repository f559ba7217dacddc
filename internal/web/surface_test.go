package web_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbot/internal/store"
	"patchbot/internal/web"
)

// everyPath is an address of each kind of page, over the site that crowded makes.
func everyPath(keys []string) []string {
	return []string{
		"/", "/?state=all", "/s/one", "/s/one?lang=en", "/m/" + keys[0], "/m/x@example.org", "/rules", "/accessibility", "/feed.atom",
		"/feed.atom?lang=en", "/api/series", "/api/series/one", "/healthz", "/readyz", "/robots.txt", "/none",
	}
}

// crowded makes a site whose every text is from somebody who means no good.
func crowded(t *testing.T) (*site, []string) {
	s := newSite(t, nil)
	hostile := `<script>alert(1)</script>" onmouseover="x ` + authorAddress + ` %3Cevil%40evil.example%3E ` + "\u202egpj\x1b[31m"
	finding := map[string]any{
		"index": 1, "path": hostile, "line": 1, "column": 1, "rule": "<b>" + authorAddress, "severity": "error", "message": hostile, "suggestion": hostile,
	}
	check, err := json.Marshal(map[string]any{
		"id": "one", "total": 1, "cover": "<" + authorAddress + ">", "author": map[string]any{"name": hostile, "email": authorAddress},
		"parts": []any{map[string]any{
			"index": 1, "message_id": authorAddress, "subject": hostile, "message": "Signed-off-by: C <" + authorAddress + ">",
			"author": map[string]any{"name": hostile, "email": authorAddress}, "files": []any{map[string]any{"path": hostile, "old_path": hostile, "status": "R"}},
		}},
		"apply": map[string]any{"status": "applied", "failed": nil}, "findings": []any{finding},
		"unchecked": []any{map[string]any{"url": "https://u:" + authorAddress + "/", "reason": hostile}},
		"base":      map[string]any{"commit": strings.Repeat("a", 40), "branch": hostile},
	})
	must(t, err)
	report := stubReport{Text: map[string]string{"fr": "> +" + hostile + "\nEnvoyer : --to='" + listAddress + "'", "en": hostile}, Check: check}
	keys := s.add(series{id: "one", version: 1, subject: hostile, author: hostile, verdict: "changes-needed", report: report})
	s.mail(store.Message{MessageID: "x@example.org", Subject: hostile, Kind: "ignored", Reason: "not-a-patch", List: "wiki"})
	must(t, s.db.Note(t.Context(), store.Step{SeriesID: "one", Version: 1, MessageID: "x@example.org", Event: "assembled", Detail: hostile},
		store.Step{SeriesID: "one", Version: 1, Event: "<i>" + authorAddress, Detail: hostile}))
	return s, keys
}

func TestForeignTextIsEscaped(t *testing.T) {
	s, keys := crowded(t)
	for _, path := range everyPath(keys) {
		w := s.get(path)
		body := w.Body.String()
		if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			lacks(t, body, "<script", `" onmouseover`, "<b>", "<i>")
		}
		lacks(t, body, "\u202e", "\x1b")
	}
	wants(t, s.page("/"), "&lt;script&gt;alert(1)&lt;/script&gt;&#34; onmouseover=&#34;x …@… …@…%3E gpj [31m")
}

func TestNoAddressIsShown(t *testing.T) {
	s, keys := crowded(t)
	for _, path := range everyPath(keys) {
		w := s.get(path)
		all := w.Body.String() + w.Header().Get("Location")
		if path == "/m/x@example.org" {
			all = strings.ReplaceAll(all, "x@example.org", "") // who asks for a Message-ID knows it
		}
		lacks(t, all, "camille", "contributors.example", "evil", "robots.example")
	}
	wants(t, s.page("/s/one"), "--to=&#39;"+listAddress+"&#39;", "Les adresses et les identifiants de messages sont masqués")
	wants(t, s.page("/s/one?lang=en"), "Addresses and Message-IDs are hidden")
}

func TestHeaders(t *testing.T) {
	s, keys := crowded(t)
	for _, path := range everyPath(keys) {
		w := s.get(path)
		for name, value := range map[string]string{
			"Content-Security-Policy":    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":     "nosniff",
			"Referrer-Policy":            "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := w.Header().Get(name); got != value {
				t.Errorf("%s: %s: %q", path, name, got)
			}
		}
		if w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s sets a cookie", path)
		}
		head := s.ask(http.MethodHead, path)
		if head.Code != w.Code || head.Body.Len() != 0 || head.Header().Get("Content-Length") != w.Header().Get("Content-Length") || w.Header().Get("Content-Length") == "" {
			t.Errorf("HEAD %s: %d with %d bytes, Content-Length %q; GET %d %q", path, head.Code, head.Body.Len(), head.Header().Get("Content-Length"), w.Code, w.Header().Get("Content-Length"))
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
		w := s.ask(method, "/s/one")
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d, Allow %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
}

func TestETag(t *testing.T) {
	s := newSite(t, nil)
	s.add(series{id: "one", subject: "One", verdict: "clean"})
	for _, path := range []string{"/", "/s/one", "/feed.atom", "/api/series"} {
		tag := s.get(path).Header().Get("ETag")
		if w := s.get(path, "If-None-Match", `"other", W/`+tag); tag == "" || w.Code != http.StatusNotModified || w.Body.Len() != 0 {
			t.Errorf("%s with its own ETag %s: %d, %d bytes", path, tag, w.Code, w.Body.Len())
		}
		if other := s.get(path, "Accept-Language", "en").Header().Get("ETag"); path == "/" && other == tag {
			t.Error("two languages have one ETag")
		}
	}
	before := s.get("/s/one").Header().Get("ETag")
	must(t, s.db.Note(t.Context(), store.Step{SeriesID: "one", Version: 1, Event: "assembled", Detail: "again"}))
	if w := s.get("/s/one", "If-None-Match", before); w.Code != http.StatusOK {
		t.Errorf("the page has changed, but its ETag has not: %d", w.Code)
	}
}

func TestLanguage(t *testing.T) {
	s := newSite(t, nil)
	for _, c := range []struct{ path, accept, want string }{
		{"/", "", "fr"}, {"/", "de, it;q=0.5", "fr"}, {"/", "en-GB,fr;q=0.5", "en"}, {"/", "fr-CA, en;q=0.9", "fr"}, {"/", "de, en;q=0.3", "en"},
		{"/?lang=en", "fr", "en"}, {"/?lang=fr", "en", "fr"}, {"/?lang=xx", "en", "en"}, {"/", "\x00;;q=9,,", "fr"},
	} {
		w := s.get(c.path, "Accept-Language", c.accept)
		if got := w.Header().Get("Content-Language"); got != c.want || !strings.Contains(w.Body.String(), `<html lang="`+c.want+`">`) || w.Header().Get("Vary") != "Accept-Language" {
			t.Errorf("%s, Accept-Language %q: %s, Vary %q", c.path, c.accept, got, w.Header().Get("Vary"))
		}
	}
	page := s.page("/?q=a+b&lang=en")
	wants(t, page, `<link rel="alternate" hreflang="fr" href="/?lang=fr&amp;q=a&#43;b">`, `<input type="hidden" name="lang" value="en">`, `href="/rules?lang=en"`)
	lacks(t, s.page("/", "Accept-Language", "en"), `href="/rules?lang=en"`)
}

func TestFeed(t *testing.T) {
	s := newSite(t, nil)
	s.add(series{id: "one", subject: "Guides & pages", author: "Camille Dupont", verdict: "clean", report: stubReport{Text: map[string]string{"fr": "Rien à signaler.", "en": "Clean."}}})
	s.add(series{id: "two", subject: "Waits"})
	var feed struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		Lang    string   `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
		ID      string   `xml:"id"`
		Updated string   `xml:"updated"`
		Entries []struct {
			ID      string `xml:"id"`
			Title   string `xml:"title"`
			Updated string `xml:"updated"`
			Author  string `xml:"author>name"`
			Content string `xml:"content"`
			Link    struct {
				Href string `xml:"href,attr"`
			} `xml:"link"`
		} `xml:"entry"`
	}
	w := s.get("/feed.atom?lang=en")
	must(t, xml.Unmarshal(w.Body.Bytes(), &feed))
	if len(feed.Entries) != 1 || feed.Lang != "en" || feed.Updated != "2026-11-24T09:30:00Z" || feed.ID != "https://patchbot.example.org/feed.atom?lang=en" {
		t.Fatalf("feed %+v", feed)
	}
	e := feed.Entries[0]
	if e.ID != "https://patchbot.example.org/s/one?v=1" || e.Link.Href != e.ID || e.Title != "✓ clean: Guides & pages (v1)" || e.Author != "Camille Dupont" || e.Content != "Clean." {
		t.Errorf("entry %+v", e)
	}
	if w.Header().Get("Content-Type") != "application/atom+xml; charset=utf-8" {
		t.Errorf("type %s", w.Header().Get("Content-Type"))
	}
}

func TestAPI(t *testing.T) {
	s := newSite(t, nil)
	report := stubReport{
		Text:  map[string]string{"en": "Does not apply.", "fr": "Ne s'applique pas."},
		Check: json.RawMessage(strings.Replace(check, `"total":3`, `"total":3,"cover":"<x@y>","author":{"name":"C","email":"c@d"}`, 1)),
	}
	s.add(series{id: "one", subject: "Guides", author: "Camille Dupont", verdict: "does-not-apply", report: report, newer: 2})
	s.add(series{id: "one", version: 2, subject: "Guides", author: "Camille Dupont"})

	type object = map[string]any
	read := func(path string) object {
		var o object
		must(t, json.Unmarshal([]byte(s.page(path)), &o))
		return o
	}
	list := read("/api/series?state=all&limit=1")
	rows := list["series"].([]any)
	row := rows[0].(object)
	if len(rows) != 1 || row["version"] != 2.0 || row["verdict"] != nil || row["state"] != "ready" || row["url"] != "https://patchbot.example.org/s/one?v=2" ||
		row["received"] != "2026-11-24T09:31:00Z" || row["author"].(object)["name"] != "Camille Dupont" {
		t.Errorf("row %v", row)
	}
	next, _ := list["next"].(string)
	rest := read(strings.TrimPrefix(next, "https://patchbot.example.org"))
	if rows = rest["series"].([]any); len(rows) != 1 || rest["next"] != nil || rows[0].(object)["superseded_by"] != 2.0 {
		t.Errorf("next page %q: %v", next, rest)
	}

	one := read("/api/series/one?lang=en")
	versions := one["versions"].([]any)
	v1 := versions[0].(object)
	findings := v1["report"].(object)["findings"].([]any)
	if len(versions) != 2 || v1["text"] != "Does not apply." || len(findings) != 2 || findings[0].(object)["rule"] != "broken-link" ||
		v1["mails"].([]any)[0].(object)["kind"] != "patch" || v1["replies"].([]any)[0].(object)["state"] != "sent" || len(v1["journal"].([]any)) == 0 {
		t.Errorf("series %v", one)
	}
	if _, ok := v1["report"].(object)["cover"]; ok || v1["report"].(object)["author"].(object)["email"] != nil {
		t.Errorf("report %v", v1["report"])
	}
	if got := read("/api/series/one?v=2")["versions"].([]any); len(got) != 1 || got[0].(object)["report"] != nil {
		t.Errorf("v2 %v", got)
	}
	for path, status := range map[string]int{"/api/series/none": 404, "/api/series?limit=201": 400, "/api/series?limit=x": 400, "/api/none": 404, "/api/series?state=x": 400} {
		w := s.get(path)
		var problem struct{ Error string }
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || w.Code != status || problem.Error == "" || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestRules(t *testing.T) {
	s := newSite(t, nil)
	wants(t, s.page("/rules"), `<h2 id="rule-broken-link"><code>broken-link</code></h2>`, "Un lien interne ne mène à rien", "a &lt; b &amp; c",
		"[x](&lt;missing.md&gt;)", "[x](found.md)", "désactivée")
	wants(t, s.page("/rules?lang=en"), "An internal link leads nowhere")

	broken := newSite(t, func(o *web.Options) {
		o.Rules = func(string) ([]web.Rule, error) { return nil, errors.New("host mx.internal is down") }
	})
	w := broken.get("/rules")
	if w.Code != http.StatusInternalServerError {
		t.Errorf("%d", w.Code)
	}
	wants(t, w.Body.String(), "<h1>Panne</h1>")
	lacks(t, w.Body.String(), "mx.internal")
	wants(t, broken.log.String(), "mx.internal")
}

func TestReady(t *testing.T) {
	trouble := errors.New("IMAP host mx.internal: refused")
	s := newSite(t, func(o *web.Options) { o.Ready = func() error { return trouble } })
	if w := s.get("/readyz"); w.Code != http.StatusServiceUnavailable || w.Body.String() != "not ready\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	wants(t, s.log.String(), "mx.internal")
	trouble = nil
	if w := s.get("/readyz"); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	must(t, s.db.Close())
	if w := s.get("/readyz"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("without a store: %d", w.Code)
	}
	if w := s.get("/healthz"); w.Code != http.StatusOK {
		t.Errorf("the process lives: %d", w.Code)
	}
	w := s.get("/")
	if w.Code != http.StatusInternalServerError {
		t.Errorf("the list without a store: %d", w.Code)
	}
	lacks(t, w.Body.String(), "sql", "closed")
}

func TestPanicIsAPage(t *testing.T) {
	s := newSite(t, func(o *web.Options) {
		o.Render = func([]byte, string) (string, error) { panic("out of words") }
	})
	s.add(series{id: "one", subject: "One", verdict: "clean"})
	if w := s.get("/s/one"); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "Panne") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	wants(t, s.log.String(), "out of words")
}

func TestBelowAPath(t *testing.T) {
	s := newSite(t, func(o *web.Options) { o.BaseURL = "https://example.org/bot/" })
	s.add(series{id: "one", subject: "One", verdict: "clean"})
	for _, path := range []string{"/bot/", "/", "/bot"} {
		page := s.page(path)
		wants(t, page, `href="/bot/s/one?v=1"`, `href="/bot/static/`, `action="/bot/m"`, `href="/bot/?lang=en"`)
	}
	wants(t, s.page("/bot/s/one"), "One")
	wants(t, s.page("/bot/feed.atom"), "<id>https://example.org/bot/s/one?v=1</id>")
	for path, status := range map[string]int{"/bottom": 404, "/bot/none": 404, "/bot//x": 404} {
		if w := s.get(path); w.Code != status && w.Code != http.StatusMovedPermanently && w.Code != http.StatusTemporaryRedirect {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestStaticFiles(t *testing.T) {
	s := newSite(t, nil)
	_, rest, _ := strings.Cut(s.page("/"), `<link rel="stylesheet" href="`)
	path, _, _ := strings.Cut(rest, `"`)
	w := s.get(path)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %d %v", path, w.Code, w.Header())
	}
	if w := s.get("/static/style.css"); w.Code != http.StatusNotFound {
		t.Errorf("a style sheet without its mark: %d", w.Code)
	}
}

func TestServe(t *testing.T) {
	s := newSite(t, nil)
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			address := "127.0.0.1:0"
			if network == "unix" {
				dir, err := os.MkdirTemp("", "web")
				must(t, err)
				t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
				address = "unix:" + filepath.Join(dir, "s")
			}
			l, err := web.Listen(address)
			must(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			done := make(chan error, 1)
			go func() { done <- s.server.Serve(ctx, l) }()
			client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
				DisableKeepAlives: true,
				DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
					return new(net.Dialer).DialContext(ctx, network, l.Addr().String())
				},
			}}
			r, err := client.Get("http://patchbot/healthz")
			must(t, err)
			body, err := io.ReadAll(r.Body)
			must(t, err)
			must(t, r.Body.Close())
			if string(body) != "ok\n" {
				t.Errorf("answer %q", body)
			}
			cancel()
			must(t, <-done)
			if _, err := client.Get("http://patchbot/healthz"); err == nil {
				t.Error("still answers after its end")
			}
		})
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, l.Close())
	if err := s.server.Serve(t.Context(), l); err == nil {
		t.Error("serves on a closed listener")
	}
}

func TestListenOnAnAbandonedSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "web")
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	path := filepath.Join(dir, "s")
	first, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	must(t, err)
	if l, err := web.Listen("unix:" + path); err == nil {
		must(t, l.Close())
		t.Error("took a socket that is in use")
	}
	first.SetUnlinkOnClose(false)
	must(t, first.Close())
	second, err := web.Listen("unix:" + path)
	must(t, err)
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o660 {
		t.Errorf("mode %v", info.Mode())
	}
	must(t, second.Close())
	must(t, os.WriteFile(path, []byte("precious"), 0o600))
	if _, err := web.Listen("unix:" + path); err == nil {
		t.Error("took the place of a file")
	}
	if _, err := web.Listen("256.0.0.1:http"); err == nil {
		t.Error("listens nowhere")
	}
}
