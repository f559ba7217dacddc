package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchbot/internal/store"
)

// seriesPage is the view of one version of a series.
type seriesPage struct {
	*frame
	Row      *store.Series
	Subject  foreign
	Author   string
	Badge    badge
	Wiki     string
	Received *moment
	Due      *moment
	Trouble  bool // the last attempt failed
	Base     string
	Applied  string // commit that brought it, empty while it is open
	Versions []versionLink
	Parts    int
	Report   *reportView
	Mails    []mailView
	Replies  []replyView
	Journal  []stepView
	JSON     string
	NewerBy  int    // version that supersedes this one, 0 for none
	Newer    string // its address
}

type versionLink struct {
	Version int
	Badge   badge
	Href    string
	Current bool
}

type mailView struct {
	Anchor, Href string
	Subject      foreign
	Kind         string
	At           *moment
}

type replyView struct {
	Verdict, State badge
	At             *moment
}

func (s *Server) series(w http.ResponseWriter, r *http.Request) error {
	versions, err := s.versions(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	row, err := chosenVersion(versions, r.URL.Query().Get("v"))
	if err != nil {
		return err
	}
	f := s.frame(r, "")
	view := &seriesPage{
		frame: f, Row: row, Subject: f.subject(row.Subject, row.List), Author: f.author(row), Badge: f.badge(row),
		Wiki: f.server.safe(row.Wiki), Received: f.At(row.Created), Base: shortCommit(row.BaseCommit), Applied: shortCommit(row.Applied), Parts: row.Total,
		JSON: f.Link(apiPath(row.ID)),
	}
	f.Name = view.Subject.Text + " (v" + strconv.Itoa(row.Version) + ")"
	f.open(view, row, versions)
	if err := f.story(r.Context(), view, row); err != nil {
		return err
	}
	return s.page(w, r, "series", f, view)
}

// versions reads all versions of a series that may be shown; there is a problem when there are none.
func (s *Server) versions(ctx context.Context, id string) ([]store.Series, error) {
	rows, err := s.o.Store.SeriesByID(ctx, id)
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(row store.Series) bool { return !public(row.List) })
	if len(rows) == 0 {
		return nil, problem(http.StatusNotFound)
	}
	return rows, nil
}

// chosenVersion is the version that ?v= asks for, by default the newest.
func chosenVersion(versions []store.Series, asked string) (*store.Series, error) {
	if asked == "" {
		return &versions[len(versions)-1], nil
	}
	for i := range versions {
		if strconv.Itoa(versions[i].Version) == asked {
			return &versions[i], nil
		}
	}
	return nil, problem(http.StatusNotFound)
}

// open fills in where the version stands among the others, and what is still to come.
func (f *frame) open(view *seriesPage, row *store.Series, versions []store.Series) {
	for i := range versions {
		v := &versions[i]
		href := f.Link(seriesPath(v.ID), "v", strconv.Itoa(v.Version))
		b := f.badge(v)
		if v.Verdict != "" && v.State != store.StateApplied {
			b = f.verdict(v.Verdict)
		}
		view.Versions = append(view.Versions, versionLink{v.Version, b, href, v.Version == row.Version})
		if row.SupersededBy == v.Version && v.Version != row.Version {
			view.NewerBy, view.Newer = v.Version, href
		}
	}
	switch row.State {
	case store.StateReady, store.StateIncomplete:
		view.Due = f.At(row.RunAt)
		view.Trouble = row.Error != ""
	case store.StateFailed:
		view.Trouble = true
	}
}

// story reads what belongs to a version: its report, mails, replies and journal.
func (f *frame) story(ctx context.Context, view *seriesPage, row *store.Series) error {
	db := f.server.o.Store
	report, err := db.Report(ctx, row.ID, row.Version)
	switch {
	case err == nil:
		view.Report = f.report(report, row)
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	mails, err := db.MessagesOf(ctx, row.ID, row.Version)
	if err != nil {
		return err
	}
	for i := range mails {
		view.Mails = append(view.Mails, f.mail(&mails[i]))
	}
	replies, err := db.OutboxOf(ctx, row.ID, row.Version)
	if err != nil {
		return err
	}
	for i := range replies {
		if replies[i].Kind != store.KindModerator { // it went to one person, and shows a reply that stands here
			view.Replies = append(view.Replies, f.reply(&replies[i]))
		}
	}
	steps, err := db.JournalOf(ctx, row.ID, row.Version)
	if err != nil {
		return err
	}
	view.Journal = f.steps(steps)
	return nil
}

func (f *frame) mail(m *store.Message) mailView {
	return mailView{
		Anchor: mailAnchor(m.Key), Href: f.Link("/m/" + m.Key), Subject: f.subject(m.Subject, m.List),
		Kind: f.wordOr("kind.", m.Kind), At: f.At(arrival(m)),
	}
}

// mailAnchor is where a mail stands on the page of its series.
func mailAnchor(key string) string { return "m-" + key[:min(len(key), 16)] }

// arrival is when a message came, as well as it is known.
func arrival(m *store.Message) time.Time {
	if m.Arrived.IsZero() {
		return m.Recorded
	}
	return m.Arrived
}

// replyKind is what a reply tells: a verdict, or something else.
func (f *frame) replyKind(kind string) badge {
	if slices.Contains(verdicts(), kind) {
		return f.verdict(kind)
	}
	word, _, _ := strings.Cut(kind, "-") // links-2
	return badge{Sign: "·", Word: f.wordOr("reply.", word), Class: "off"}
}

func (f *frame) reply(o *store.Outbox) replyView {
	v := replyView{Verdict: f.replyKind(o.Kind), State: badge{Word: f.wordOr("outbox.", o.State)}, At: f.At(o.Created)}
	switch o.State {
	case store.StateSent:
		v.State.Sign, v.State.Class, v.At = "✓", "good", f.At(o.Sent)
	case store.StateHeld:
		v.State.Sign, v.State.Class = "!", "note"
	case store.StateFailed:
		v.State.Sign, v.State.Class = "✗", "bad"
	default:
		v.State.Sign, v.State.Class = "→", "wait"
	}
	return v
}
