package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"patchbot/internal/store"
)

// The types of this file are the JSON of the pages: their keys are a contract. Times are RFC 3339 in UTC; what is not
// known is null.

type apiSeries struct {
	ID           string     `json:"id"`
	Version      int        `json:"version"`
	Wiki         string     `json:"wiki"`
	List         string     `json:"list"`
	Prefix       string     `json:"prefix"`
	Total        int        `json:"total"`
	Subject      string     `json:"subject"`
	Author       apiAuthor  `json:"author"`
	State        string     `json:"state"`
	SupersededBy *int       `json:"superseded_by"`
	Verdict      *string    `json:"verdict"`
	Base         *string    `json:"base"`    // commit
	Applied      *string    `json:"applied"` // commit that brought it into the branch
	Received     *time.Time `json:"received"`
	Updated      *time.Time `json:"updated"`
	URL          string     `json:"url"`
}

type apiAuthor struct {
	Name string `json:"name"`
}

type apiVersion struct {
	apiSeries
	Report  any        `json:"report"` // as `patchbot check --format json` has it, without addresses and Message-IDs
	Text    *string    `json:"text"`   // of the reply
	Mails   []apiMail  `json:"mails"`
	Replies []apiReply `json:"replies"`
	Journal []apiStep  `json:"journal"`
}

type apiMail struct {
	Kind    string     `json:"kind"`
	Subject string     `json:"subject"`
	Arrived *time.Time `json:"arrived"`
	URL     string     `json:"url"`
}

type apiReply struct {
	Kind    string     `json:"kind"`
	State   string     `json:"state"`
	Created *time.Time `json:"created"`
	Sent    *time.Time `json:"sent"`
}

type apiStep struct {
	At     *time.Time `json:"at"`
	Event  string     `json:"event"`
	Detail string     `json:"detail"`
}

func apiPath(id string) string { return "/api/series/" + url.PathEscape(id) }

// apiList answers with series versions, newest first. It takes the parameters of the list page and limit, at most 200.
func (s *Server) apiList(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	want, err := readFilter(q)
	if err != nil {
		return err
	}
	limit := pageSize
	if asked := q.Get("limit"); asked != "" {
		if limit, err = strconv.Atoi(asked); err != nil || limit < 1 || limit > 200 {
			return problem(http.StatusBadRequest)
		}
	}
	page, err := s.search(r.Context(), want, limit)
	if err != nil {
		return err
	}
	out := struct {
		Series []apiSeries `json:"series"`
		Next   *string     `json:"next"` // URL of the next page
	}{Series: make([]apiSeries, 0, len(page.Rows))}
	for i := range page.Rows {
		out.Series = append(out.Series, s.apiRow(r, &page.Rows[i]))
	}
	if !page.Next.IsZero() {
		params := want.params(page.Next)
		params.Set("limit", strconv.Itoa(limit))
		next := s.absolute(r, "/api/series?"+params.Encode())
		out.Next = &next
	}
	return sendJSON(w, r, out)
}

// apiSeries answers with all that may be known about all versions of a series, or about the one that ?v= names.
func (s *Server) apiSeries(w http.ResponseWriter, r *http.Request) error {
	rows, err := s.versions(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if asked := r.URL.Query().Get("v"); asked != "" {
		row, err := chosenVersion(rows, asked)
		if err != nil {
			return err
		}
		rows = []store.Series{*row}
	}
	f := s.frame(r, "")
	out := struct {
		ID       string       `json:"id"`
		Versions []apiVersion `json:"versions"`
	}{ID: rows[0].ID}
	for i := range rows {
		v, err := s.apiVersion(r, f.lang, &rows[i])
		if err != nil {
			return err
		}
		out.Versions = append(out.Versions, v)
	}
	translated(w.Header(), f.lang)
	return sendJSON(w, r, out)
}

func (s *Server) apiRow(r *http.Request, row *store.Series) apiSeries {
	a := apiSeries{
		ID: row.ID, Version: row.Version, Wiki: s.safe(row.Wiki), List: s.safe(row.List), Prefix: s.safe(row.Prefix),
		Total: row.Total, Subject: s.safe(row.Subject), Author: apiAuthor{s.authorName(row)}, State: row.State,
		Verdict: optional(row.Verdict), Base: optional(row.BaseCommit), Applied: optional(row.Applied), Received: instant(row.Created), Updated: instant(row.Updated),
		URL: s.absolute(r, seriesPath(row.ID)+"?v="+strconv.Itoa(row.Version)),
	}
	if row.SupersededBy != 0 {
		a.SupersededBy = &row.SupersededBy
	}
	return a
}

func (s *Server) apiVersion(r *http.Request, lang string, row *store.Series) (apiVersion, error) {
	ctx, db := r.Context(), s.o.Store
	v := apiVersion{apiSeries: s.apiRow(r, row), Mails: []apiMail{}, Replies: []apiReply{}, Journal: []apiStep{}}
	report, err := db.Report(ctx, row.ID, row.Version)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return v, err
	}
	if err == nil {
		if v.Report, err = s.apiReport(report, lang); err != nil {
			return v, err
		}
		if text, ok := s.words(report, lang); ok {
			v.Text = &text.text
		}
	}
	mails, err := db.MessagesOf(ctx, row.ID, row.Version)
	if err != nil {
		return v, err
	}
	for _, m := range mails {
		v.Mails = append(v.Mails, apiMail{m.Kind, s.safe(m.Subject), instant(arrival(&m)), s.absolute(r, "/m/"+m.Key)})
	}
	replies, err := db.OutboxOf(ctx, row.ID, row.Version)
	if err != nil {
		return v, err
	}
	for _, o := range replies {
		if o.Kind == store.KindModerator {
			continue
		}
		reply := apiReply{Kind: o.Kind, State: o.State, Created: instant(o.Created)}
		if o.State == store.StateSent {
			reply.Sent = instant(o.Sent)
		}
		v.Replies = append(v.Replies, reply)
	}
	steps, err := db.JournalOf(ctx, row.ID, row.Version)
	if err != nil {
		return v, err
	}
	english := &frame{voice: s.voices["en"], server: s}
	for _, step := range steps {
		detail, _ := english.detail(step)
		v.Journal = append(v.Journal, apiStep{instant(step.At), s.safe(step.Event), detail})
	}
	return v, nil
}

// apiReport is the report without what says how to write to somebody.
func (s *Server) apiReport(report *store.Report, lang string) (any, error) {
	raw, _ := s.describe(report, lang)
	if raw == nil {
		return nil, nil
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	return s.veilJSON(value), nil
}

// veilJSON veils every text of a JSON value, and leaves out the keys that hold nothing but an address or Message-ID.
func (s *Server) veilJSON(value any) any {
	switch v := value.(type) {
	case string:
		return s.veil(cleanLines(v)).text
	case []any:
		for i := range v {
			v[i] = s.veilJSON(v[i])
		}
	case map[string]any:
		for key, inner := range v {
			switch key {
			case "email", "message_id", "cover":
				delete(v, key)
			default:
				v[key] = s.veilJSON(inner)
			}
		}
	}
	return value
}

// absolute is the address of a page for readers elsewhere: below BaseURL or, without one, below the host they asked.
func (s *Server) absolute(r *http.Request, path string) string {
	if s.base != "" {
		return s.base + path
	}
	return (&url.URL{Scheme: "http", Host: r.Host}).String() + path
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
