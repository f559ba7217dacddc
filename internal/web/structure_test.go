package web_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"patchbot/internal/store"
	"patchbot/internal/web"
)

// everyPage makes a site in which every page has something to show, and lists their addresses without their language.
func everyPage(t testing.TB) (*site, []string) {
	s := newSite(t, func(o *web.Options) { o.Contact = "https://example.org/contact" })
	report := stubReport{Text: map[string]string{"fr": "> +a\nfin bob@example.org", "en": "> -a\nend"}, Check: json.RawMessage(check)}
	keys := s.add(series{id: "one", subject: "First title", author: "Camille Dupont", verdict: "does-not-apply", report: report, mails: 2, newer: 2})
	s.add(series{id: "one", version: 2, subject: "Second title", author: "Camille Dupont"})
	for i := range 60 {
		s.add(series{id: fmt.Sprint("more", i), subject: fmt.Sprint("Another ", i)})
	}
	s.add(series{id: "wait", subject: "Waits", state: store.StateIncomplete})
	s.mail(store.Message{MessageID: "talk@example.org", Subject: "Re: talk", Kind: "reply", Reason: "reply", List: "wiki"})
	s.mail(store.Message{MessageID: "secret@example.org", Subject: "Secret", Kind: "ignored", Reason: "private-mail"})
	return s, []string{
		"/", "/?before=" + ms(s.now), "/?q=nothing", "/s/one", "/s/one?v=1", "/s/wait", "/m/" + keys[0], "/m/talk@example.org", "/m/secret@example.org",
		"/rules", "/accessibility", "/none", "/?before=x",
	}
}

// TestStructure holds what makes a page usable with a screen reader, a keyboard or no style sheet.
func TestStructure(t *testing.T) {
	s, paths := everyPage(t)
	for _, lang := range []string{"fr", "en"} {
		titles := map[string]string{}
		for _, path := range paths {
			with := path + "?lang=" + lang
			if strings.Contains(path, "?") {
				with = path + "&lang=" + lang
			}
			w := s.get(with)
			if w.Code >= http.StatusInternalServerError {
				t.Fatalf("%s: %d\n%s", with, w.Code, s.log.String())
			}
			root, err := html.Parse(w.Body)
			must(t, err)
			p := &pageCheck{t: t, path: with, ids: map[string]bool{}, labels: map[string]bool{}}
			p.walk(root)
			p.finish(lang)
			list, _, isList := strings.Cut(path, "?")
			if other, taken := titles[p.title]; taken && !(isList && strings.HasPrefix(other, list)) {
				t.Errorf("%s and %s have one title, %q", path, other, p.title)
			}
			titles[p.title] = path
		}
	}
}

// pageCheck gathers what a page must have one of, or one for each.
type pageCheck struct {
	t      *testing.T
	path   string
	title  string
	lang   string
	h1     int
	level  int // of the last heading
	main   int
	ids    map[string]bool
	labels map[string]bool // ids that have a label
	fields []string
	within []string // fragments that links lead to on this page
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// words is the text of an element and what is in it.
func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func (p *pageCheck) walk(n *html.Node) {
	if n.Type == html.ElementNode {
		p.element(n)
		if id := attr(n, "id"); id != "" {
			if p.ids[id] {
				p.t.Errorf("%s: two elements have the id %q", p.path, id)
			}
			p.ids[id] = true
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				p.t.Errorf("%s: <%s %s>", p.path, n.Data, a.Key)
			}
		}
	}
	for c := range n.ChildNodes() {
		p.walk(c)
	}
}

func (p *pageCheck) element(n *html.Node) {
	switch n.Data {
	case "html":
		p.lang = attr(n, "lang")
	case "title":
		p.title = words(n)
	case "main":
		p.main++
	case "h1", "h2", "h3", "h4":
		level := int(n.Data[1] - '0')
		if level > p.level+1 {
			p.t.Errorf("%s: <%s> %q after level %d", p.path, n.Data, words(n), p.level)
		}
		p.level = level
		if level == 1 {
			p.h1++
		}
		if words(n) == "" {
			p.t.Errorf("%s: an empty <%s>", p.path, n.Data)
		}
	case "table":
		p.table(n)
	case "a":
		if words(n) == "" || attr(n, "href") == "" {
			p.t.Errorf("%s: a link with text %q to %q", p.path, words(n), attr(n, "href"))
		}
		if fragment, ok := strings.CutPrefix(attr(n, "href"), "#"); ok {
			p.within = append(p.within, fragment)
		}
	case "label":
		p.labels[attr(n, "for")] = words(n) != ""
	case "input", "select", "textarea":
		if attr(n, "type") != "hidden" {
			p.fields = append(p.fields, attr(n, "id"))
		}
	case "script", "iframe", "object", "img", "font", "style", "meta":
		if n.Data != "meta" || strings.EqualFold(attr(n, "http-equiv"), "refresh") {
			p.t.Errorf("%s: <%s>", p.path, n.Data)
		}
	}
	if strings.HasPrefix(attr(n, "class"), "badge ") {
		sign := n.FirstChild
		if sign == nil || attr(sign, "aria-hidden") != "true" || words(sign) == "" || words(n) == words(sign) {
			p.t.Errorf("%s: a state without a sign or a word: %q", p.path, words(n))
		}
	}
}

func (p *pageCheck) table(n *html.Node) {
	caption, headers, rows := "", 0, 0
	for d := range n.Descendants() {
		switch {
		case d.Type != html.ElementNode:
		case d.Data == "caption":
			caption = words(d)
		case d.Data == "th":
			headers++
			if scope := attr(d, "scope"); scope != "col" && scope != "row" {
				p.t.Errorf("%s: a header %q without a scope", p.path, words(d))
			}
		case d.Data == "tr":
			rows++
		}
	}
	if caption == "" || headers == 0 || rows < 2 {
		p.t.Errorf("%s: a table with caption %q, %d headers, %d rows", p.path, caption, headers, rows)
	}
}

func (p *pageCheck) finish(lang string) {
	if p.lang != lang || p.h1 != 1 || p.main != 1 || p.title == "" {
		p.t.Errorf("%s: lang %q, %d h1, %d main, title %q", p.path, p.lang, p.h1, p.main, p.title)
	}
	for _, id := range p.fields {
		if !p.labels[id] {
			p.t.Errorf("%s: the field %q has no label", p.path, id)
		}
	}
	for _, id := range p.within {
		if !p.ids[id] {
			p.t.Errorf("%s: a link leads to #%s, which is not there", p.path, id)
		}
	}
	if len(p.within) == 0 || p.within[0] != "content" {
		p.t.Errorf("%s: the first link does not skip to the content: %q", p.path, p.within)
	}
}

// TestLinksLeadSomewhere follows every link of the site to the site.
func TestLinksLeadSomewhere(t *testing.T) {
	s, paths := everyPage(t)
	seen := map[string]bool{"/none": true}
	for len(paths) > 0 {
		path := paths[0]
		paths = paths[1:]
		path, _, _ = strings.Cut(path, "#")
		if seen[path] || path == "/?before=x" {
			continue
		}
		seen[path] = true
		w := s.get(path)
		if w.Code != http.StatusOK && !(w.Code == http.StatusFound && strings.HasPrefix(path, "/t/")) {
			t.Errorf("%s: %d", path, w.Code)
		}
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			continue
		}
		root, err := html.Parse(w.Body)
		must(t, err)
		for d := range root.Descendants() {
			if href := attr(d, "href"); strings.HasPrefix(href, "/") {
				paths = append(paths, href)
			}
		}
	}
	if len(seen) < 100 {
		t.Errorf("only %d pages were found", len(seen))
	}
}

// FuzzRequest holds that no address makes the server fail.
func FuzzRequest(f *testing.F) {
	s, paths := everyPage(f)
	for _, path := range append(paths, "/m?id=%3Cx%40y%3E", "/api/series?limit=3&before=9", "/api/series/one?v=1", "/m/%2F..%2f%00", "/s/%ff?v=%ff&lang=%ff", "/t/x") {
		f.Add(path, "fr;q=0.5, *")
	}
	f.Fuzz(func(t *testing.T, path, accept string) {
		line := fmt.Sprintf("GET %s HTTP/1.0\r\nHost: patchbot.example.org\r\nAccept-Language: %s\r\n\r\n", path, accept)
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(line)))
		if err != nil {
			return // net/http would not have handed it over
		}
		w := httptest.NewRecorder()
		s.server.Handler().ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError {
			t.Errorf("%s: %d\n%s", path, w.Code, s.log.String())
		}
	})
}
