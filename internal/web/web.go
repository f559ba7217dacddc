// Package web shows what the bot knows, to people and to programs: pages, a feed and JSON over the store.
//
// Its law: it only reads. No request changes anything, no page needs a script, a cookie or a log-in, and everything that
// people can find here they can find in a text browser. What is shown is what came through a list: a mail that was sent
// to the bot alone is named by its fate, never by its content. Addresses of people are shown nowhere, and neither are
// Message-IDs, which often hold them: links to mails go by the store's own keys, and texts are veiled before they are
// shown (see veil). All foreign text is escaped by html/template.
//
// It refuses to know mails, patches, rules and the words of replies: the text of a report, its JSON and the rules come
// in as functions (Options), in the shapes that the command line prints.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"patchbot/internal/store"
)

// Options says what to show and how. Only Store is needed; what depends on a function that is nil is left out.
type Options struct {
	Store   *store.DB
	Title   string // of the site; default "patchbot"
	BaseURL string // where people reach the pages, with a path when they do not begin at the root; empty: wherever they ask

	// Render puts a stored report into the words of its reply. lang is "fr" or "en", the text is plain with LF line ends.
	Render func(report []byte, lang string) (string, error)
	// Describe gives a stored report as one element of "series" in the JSON of `patchbot check`.
	Describe func(report []byte, lang string) (json.RawMessage, error)
	// Rules lists the rules with the severity they have here, in the order in which to show them.
	Rules func(lang string) ([]Rule, error)
	// Archive is the URL of a mail in the archive of its list, empty when there is none. list is the name that the store has.
	Archive func(list, messageID string) string
	// Language is the language that people write in on a list, such as "fr"; empty when it is not known.
	Language func(list string) string
	// Ready says why the bot cannot do its work at present, nil when it can.
	Ready func() error

	Public  []string // addresses that may be shown, those of the lists
	Contact string   // URL where to reach the people who run the bot; https or mailto

	Zone *time.Location // of the times shown; default UTC
	Now  func() time.Time
	Log  *slog.Logger
}

// Rule is a rule as the page of rules shows it.
type Rule struct {
	ID       string `json:"id"`
	Severity string `json:"severity"` // error, warning, note or off
	Title    string `json:"title"`
	Why      string `json:"why"`
	Bad      string `json:"bad"`  // Markdown that the rule finds fault with, may be empty
	Good     string `json:"good"` // the same without the fault, may be empty
}

// Server answers requests for the pages. It is safe for concurrent use.
type Server struct {
	o       Options
	base    string // BaseURL without a final slash
	root    string // path of base, empty or "/path"
	pages   map[string]*template.Template
	voices  map[string]*voice
	files   map[string]file
	handler http.Handler
}

// file is an embedded file that is served as it is.
type file struct {
	name        string // with a part that changes with the content
	contentType string
	body        []byte
}

//go:embed templates/*.html static
var embedded embed.FS

// New makes a server. The embedded templates and files are part of the program: that they cannot be read is a defect of
// the program, and panics.
func New(o Options) *Server {
	if o.Title == "" {
		o.Title = "patchbot"
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{o: o, voices: voices(), base: strings.TrimRight(o.BaseURL, "/")}
	if u, err := url.Parse(s.base); err == nil {
		s.root = strings.TrimRight(u.EscapedPath(), "/")
	}
	s.readFiles()
	s.readPages()
	s.handler = s.guard(s.routes())
	return s
}

// Handler answers all requests below the path of Options.BaseURL, with that path or without it.
func (s *Server) Handler() http.Handler { return s.handler }

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, answer := range map[string]answer{
		"/{$}":             s.list,
		"/s/{id}":          s.series,
		"/m":               s.find,
		"/m/{id...}":       s.message,
		"/t/{key}":         s.thread,
		"/rules":           s.rules,
		"/accessibility":   s.accessibility,
		"/feed.atom":       s.feed,
		"/api/series":      s.apiList,
		"/api/series/{id}": s.apiSeries,
		"/healthz":         s.healthz,
		"/readyz":          s.readyz,
		"/robots.txt":      s.robots,
		"/":                s.missing,
	} {
		mux.Handle(pattern, s.handle(answer))
	}
	for _, f := range s.files {
		mux.Handle("/static/"+f.name, s.handle(f.serve))
	}
	return mux
}

func (s *Server) readFiles() {
	s.files = map[string]file{}
	for name, contentType := range map[string]string{"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"} {
		body, err := embedded.ReadFile("static/" + name)
		if err != nil {
			panic(fmt.Sprintf("web: read %s: %v", name, err))
		}
		sum := sha256.Sum256(body)
		s.files[name] = file{name: hex.EncodeToString(sum[:6]) + "-" + name, contentType: contentType, body: body}
	}
}

// readPages parses every page together with the frame around it.
func (s *Server) readPages() {
	s.pages = map[string]*template.Template{}
	for _, name := range []string{"list", "series", "message", "rules", "accessibility", "problem"} {
		t := template.New("frame.html").Option("missingkey=error")
		s.pages[name] = template.Must(t.ParseFS(embedded, "templates/frame.html", "templates/parts.html", "templates/"+name+".html"))
	}
}

// render fills a page. view is a struct that embeds frame.
func (s *Server) render(name string, view any) ([]byte, error) {
	var b bytes.Buffer
	if err := s.pages[name].Execute(&b, view); err != nil {
		return nil, fmt.Errorf("fill page %s: %w", name, err)
	}
	return b.Bytes(), nil
}
