package prober

import (
	"bytes"
	"mime"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"
)

// page is what is kept of an HTML page: facts, no text that could be shown.
type page struct {
	ids      map[string]bool
	title    string // folded, see fold
	heading  string // the first h1, folded
	scripts  bool   // its anchors may be made by a program
	noindex  bool
	password bool // it has a log-in form
	partial  bool // the end was not read
}

// maxText is how much of a title or heading is kept, bytes.
const maxText = 500

func isHTML(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && (t == "text/html" || t == "application/xhtml+xml")
}

// readPage takes the facts from the bytes of a page, the whole of it or its beginning. It reads tokens alone: no tree is
// built that nesting could make large.
func readPage(data []byte, partial bool) *page {
	p := &page{ids: map[string]bool{}, partial: partial}
	z := html.NewTokenizer(bytes.NewReader(data))
	var into *string
	for {
		switch z.Next() {
		case html.ErrorToken:
			p.title, p.heading = fold(p.title), fold(p.heading)
			return p
		case html.TextToken:
			if into != nil {
				text := z.Text()
				*into += string(text[:min(len(text), maxText-len(*into))])
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			into = p.tag(z.Token(), into)
		case html.EndTagToken:
			if name, _ := z.TagName(); into == &p.title && string(name) == "title" || into == &p.heading && string(name) == "h1" {
				into = nil
			}
		}
	}
}

// tag keeps what a tag says; it gives the place where text goes now.
func (p *page) tag(t html.Token, into *string) *string {
	attr := map[string]string{}
	for _, a := range t.Attr {
		attr[a.Key] = a.Val
	}
	if id := attr["id"]; id != "" {
		p.ids[id] = true
	}
	switch t.DataAtom {
	case atom.A:
		if name := attr["name"]; name != "" {
			p.ids[name] = true
		}
	case atom.Title:
		if p.title == "" {
			return &p.title
		}
	case atom.H1:
		if p.heading == "" {
			return &p.heading
		}
	case atom.Script:
		kind := strings.ToLower(attr["type"])
		p.scripts = p.scripts || !strings.Contains(kind, "json") && !strings.Contains(kind, "template")
	case atom.Meta:
		name := strings.ToLower(attr["name"])
		p.noindex = p.noindex || (name == "robots" || name == "googlebot") && strings.Contains(strings.ToLower(attr["content"]), "noindex")
	case atom.Input:
		p.password = p.password || strings.EqualFold(attr["type"], "password")
	}
	return into
}

// fold makes text comparable: lower case without accents, blanks squeezed.
func fold(s string) string {
	if !utf8.ValidString(s) { // Latin-1, or something whose letters do not matter
		var b strings.Builder
		for i := range len(s) {
			b.WriteRune(rune(s[i]))
		}
		s = b.String()
	}
	var b strings.Builder
	for _, r := range norm.NFD.String(html.UnescapeString(s)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == '’' || r == 'ʼ':
			b.WriteByte('\'')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// has reports whether a fragment leads somewhere in the page. The top is everywhere.
func (p *page) has(fragment string) bool {
	decoded, err := url.PathUnescape(fragment)
	if err != nil {
		decoded = fragment
	}
	return strings.EqualFold(decoded, "top") || p.ids[fragment] || p.ids[decoded] || p.ids["user-content-"+decoded]
}

// checkable reports whether a fragment names an anchor, and not a place that a program reads.
func checkable(fragment string) bool {
	return fragment != "" && !strings.HasPrefix(fragment, "/") && !strings.HasPrefix(fragment, "!") && !strings.Contains(fragment, ":~:")
}

// separators part the name of a page from that of its site.
var separators = regexp.MustCompile(` [|–—·•:»-] | [|»] ?|: `)

// missing are the titles of pages that say that there is no page, whole or parted from the site's name.
var missing = regexp.MustCompile(`^(?:(?:http )?(?:error|erreur)[ :]*)?(?:(?:404|410)[ :.!()-]*(?:` + noPage + `)?|` + noPage +
	`[ :(]*(?:(?:error|erreur) ?)?(?:404)?\)?)[ .!)0-9]*$`)

const noPage = `(?:(?:oops|oups|desolee?|sorry)[ ,.!:]*)?(?:(?:the|this|that|la|cette|votre) )?(?:requested )?` +
	`(?:page|file|fichier|document|article|ressource|resource|url|adresse)?` +
	`(?: (?:you requested|you are looking for|demandee?|que vous (?:cherchez|recherchez|demandez)))?` +
	`(?: (?:was|is|could|can|cannot|n'est|n'a|est))*` +
	`(?: ?(?:not found|not be found|be found|does not exist|doesn't exist|introuvable|non trouvee?|pas (?:ete )?trouvee?|inexistante?|n'existe (?:pas|plus)))`

// sorry reports whether title or heading say that there is no page. It proves nothing alone: there are pages about such
// pages.
func (p *page) sorry() bool {
	for _, text := range []string{p.title, p.heading} {
		for _, part := range append(separators.Split(text, -1), text) {
			if part = strings.TrimSpace(part); missing.MatchString(part) {
				return true
			}
		}
	}
	return false
}

// same reports whether two pages say the same in title and heading.
func (p *page) same(other *page) bool {
	return other != nil && p.title == other.title && p.heading == other.heading
}
