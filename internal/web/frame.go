package web

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"patchbot/internal/store"
)

// frame is what every page needs: the language, and where things are. Pages embed it, and templates call its methods.
type frame struct {
	*voice
	Name    string // of the page, in the title
	Site    string
	Here    string // the place in the navigation: its path
	NoIndex bool   // not for search engines
	CSS     string
	Icon    string
	Zone    string
	Others  []otherLang
	Contact string

	server *Server
	chosen bool // the language was asked for in the address, and links carry it on
}

// otherLang is the same page in another language.
type otherLang struct{ Lang, Name, Href string }

// frame begins a page. here is the place in the navigation.
func (s *Server) frame(r *http.Request, here string) *frame {
	query := r.URL.Query()
	v, chosen := s.voiceFor(query.Get("lang"), r.Header.Get("Accept-Language"))
	f := &frame{
		voice: v, chosen: chosen, server: s, Site: s.o.Title, Here: here, Contact: s.o.Contact,
		CSS: s.root + "/static/" + s.files["style.css"].name, Icon: s.root + "/static/" + s.files["icon.svg"].name,
		Zone: s.o.Now().In(s.o.Zone).Format("MST"),
	}
	for _, lang := range s.langs() {
		query.Set("lang", lang)
		href := s.root + s.unprefixed(r).URL.EscapedPath() + "?" + query.Encode()
		f.Others = append(f.Others, otherLang{lang, s.voices[lang].name, href})
	}
	return f
}

// Lang is the language of the page.
func (f *frame) Lang() string { return f.lang }

// T is a text of the page's language.
func (f *frame) T(id string) string { return f.word(id) }

// N is a text with a number.
func (f *frame) N(id string, n int) string { return f.count(id, n) }

// Link is the address of a page of this site from its path below the root and pairs of parameters.
func (f *frame) Link(path string, params ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		if params[i+1] != "" {
			q.Set(params[i], params[i+1])
		}
	}
	return f.link(path, q)
}

func (f *frame) link(path string, q url.Values) string {
	if f.chosen {
		q = maps.Clone(q)
		q.Set("lang", f.lang)
	}
	path, fragment, marked := strings.Cut(path, "#")
	href := f.server.root + path
	if len(q) > 0 {
		href += "?" + q.Encode()
	}
	if marked {
		href += "#" + fragment
	}
	return href
}

// Chosen is the language when the reader asked for it, for forms to carry it on.
func (f *frame) Chosen() string {
	if f.chosen {
		return f.lang
	}
	return ""
}

// moment is a time on a page.
type moment struct{ Machine, Human, Brief string }

// At is a time on the page; zero for none.
func (f *frame) At(t time.Time) *moment {
	if t.IsZero() {
		return nil
	}
	t = t.In(f.server.o.Zone)
	return &moment{t.Format(time.RFC3339), f.dateTime(t, false), f.dateTime(t, true)}
}

// wordOr is the text for a word of the store below a prefix, or the word itself: the store may know more of them.
func (f *frame) wordOr(prefix, word string) string {
	if text, ok := f.words[prefix+word]; ok {
		return text
	}
	return f.server.safe(word)
}

// foreign is a text that somebody wrote, made fit to be shown.
type foreign struct {
	Text string
	Lang string // of the text, empty when it is not known or that of the page
}

// text makes foreign text of a list fit to be shown.
func (f *frame) text(s, list string) foreign {
	t := foreign{Text: f.server.safe(s)}
	if f.server.o.Language != nil {
		if lang := f.server.o.Language(list); lang != f.lang {
			t.Lang = lang
		}
	}
	return t
}

// subject is the subject of a series or mail, or the words for one without.
func (f *frame) subject(s, list string) foreign {
	if t := f.text(s, list); t.Text != "" {
		return t
	}
	return foreign{Text: f.word("no-subject")}
}

// author is the name of the author of a series. Who gives none stays without: an address is no substitute.
func (f *frame) author(row *store.Series) string {
	if name := f.server.authorName(row); name != "" {
		return name
	}
	return f.word("no-name")
}

// authorName is the name of an author as it may be shown, empty when there is none.
func (s *Server) authorName(row *store.Series) string {
	name := s.veil(clean(row.AuthorName))
	if name.hidden && strings.Trim(strings.ReplaceAll(name.text, veiled, ""), " <>\"'()") == "" {
		return ""
	}
	return name.text
}
