package web

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"patchbot/internal/store"
)

// The types of this file are Atom (RFC 4287).

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Author  atomAuthor  `xml:"author"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomEntry struct {
	ID        string       `xml:"id"`
	Title     string       `xml:"title"`
	Updated   string       `xml:"updated"`
	Published string       `xml:"published"`
	Author    atomAuthor   `xml:"author"`
	Link      atomLink     `xml:"link"`
	Category  atomCategory `xml:"category"`
	Content   atomContent  `xml:"content"`
}

type atomCategory struct {
	Term  string `xml:"term,attr"`
	Label string `xml:"label,attr"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

// feedSize is how many of the newest series versions are in the feed once they have a verdict.
const feedSize = 50

// reviewed is a series version with its last report.
type reviewed struct {
	row    *store.Series
	report *store.Report
}

// feed answers with the verdicts, the last one first. The entry of a series version keeps its id when the verdict changes.
func (s *Server) feed(w http.ResponseWriter, r *http.Request) error {
	page, err := s.search(r.Context(), filter{State: allStates}, feedSize)
	if err != nil {
		return err
	}
	var all []reviewed
	for i := range page.Rows {
		row := &page.Rows[i]
		report, err := s.o.Store.Report(r.Context(), row.ID, row.Version)
		switch {
		case err == nil:
			all = append(all, reviewed{row, report})
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
	}
	slices.SortStableFunc(all, func(a, b reviewed) int { return b.report.Created.Compare(a.report.Created) })

	f := s.frame(r, "")
	self := s.absolute(r, "/feed.atom?lang="+f.lang)
	feed := atomFeed{
		Lang: f.lang, ID: self, Title: s.o.Title + f.colon() + f.word("feed.name"), Updated: atomTime(time.Unix(0, 0)), Author: atomAuthor{s.o.Title},
		Links: []atomLink{{"self", "application/atom+xml", self}, {"alternate", "text/html", s.absolute(r, "/?lang="+f.lang)}},
	}
	for _, entry := range all {
		feed.Entries = append(feed.Entries, f.entry(r, entry))
	}
	if len(all) > 0 {
		feed.Updated = atomTime(all[0].report.Created)
	}
	body := bytes.NewBufferString(xml.Header)
	enc := xml.NewEncoder(body)
	enc.Indent("", "  ")
	if err := enc.Encode(feed); err != nil {
		return fmt.Errorf("encode feed: %w", err)
	}
	body.WriteByte('\n')
	translated(w.Header(), f.lang)
	send(w, r, atomType, body.Bytes())
	return nil
}

func (f *frame) entry(r *http.Request, v reviewed) atomEntry {
	href := f.server.absolute(r, seriesPath(v.row.ID)+"?v="+strconv.Itoa(v.row.Version))
	verdict := f.verdict(v.report.Verdict)
	subject := f.subject(v.row.Subject, v.row.List).Text
	e := atomEntry{
		ID: href, Title: fmt.Sprintf("%s %s%s%s (v%d)", verdict.Sign, verdict.Word, f.colon(), subject, v.row.Version),
		Updated: atomTime(v.report.Created), Published: atomTime(v.row.Created), Author: atomAuthor{f.author(v.row)},
		Link: atomLink{"alternate", "text/html", href}, Category: atomCategory{v.report.Verdict, verdict.Word},
		Content: atomContent{Type: "text", Text: verdict.Word},
	}
	if text, ok := f.server.words(v.report, f.lang); ok {
		e.Content.Text = text.text
	}
	return e
}

// colon separates two parts of a line as the language does.
func (f *frame) colon() string {
	if f.lang == "fr" {
		return "\u00a0: "
	}
	return ": "
}

func atomTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
