package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"patchbot/internal/store"
)

// messagePage is the view of one mail, or of the few that bear one Message-ID.
type messagePage struct {
	*frame
	ID      string // as the reader asked for it; empty when the page was reached by a key
	Copies  []copyView
	Journal []stepView
}

// copyView is one mail.
type copyView struct {
	Subject foreign
	Private bool
	Kind    string
	Size    int
	Reason  string
	At      *moment
	Series  string // address of its series, empty for none
	Thread  string // address of its thread in an archive, empty for none
	Taken   bool
}

// find sends the form that asks for a Message-ID to its page.
func (s *Server) find(w http.ResponseWriter, r *http.Request) error {
	id := bareID(r.URL.Query().Get("id"))
	if id == "" || len(id) > 1000 {
		return problem(http.StatusBadRequest)
	}
	s.redirect(w, r, s.frame(r, "").Link("/m/"+url.PathEscape(id)))
	return nil
}

// bareID is a Message-ID without what people copy along with it.
func bareID(s string) string {
	s = strings.TrimSpace(s)
	if name, rest, ok := strings.Cut(s, ":"); ok && strings.EqualFold(name, "message-id") {
		s = strings.TrimSpace(rest)
	}
	return strings.TrimSuffix(strings.TrimPrefix(s, "<"), ">")
}

// message tells what became of a mail. A Message-ID leads to its series when it has one; a key of the store leads to the
// mail alone.
func (s *Server) message(w http.ResponseWriter, r *http.Request) error {
	id := bareID(r.PathValue("id"))
	if isKey(id) {
		m, err := s.o.Store.MessageByKey(r.Context(), id)
		if err == nil {
			return s.showMessages(w, r, "", []store.Message{*m})
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	if id == "" {
		return problem(http.StatusNotFound)
	}
	mails, err := s.o.Store.MessagesByID(r.Context(), id)
	if err != nil {
		return err
	}
	to, err := s.seriesOf(r.Context(), s.frame(r, ""), id, mails)
	switch {
	case err != nil:
		return err
	case to != "":
		s.redirect(w, r, to)
		return nil
	case len(mails) == 0:
		return problem(http.StatusNotFound)
	}
	return s.showMessages(w, r, id, mails)
}

// isKey reports whether s has the form of store.MessageKey.
func isKey(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// seriesOf is the address of the series version that a mail belongs to or, for a reply of the bot, answers; empty for none.
func (s *Server) seriesOf(ctx context.Context, f *frame, id string, mails []store.Message) (string, error) {
	for _, m := range mails {
		if m.SeriesID != "" && public(m.List) {
			return f.Link(seriesPath(m.SeriesID)+"#"+mailAnchor(m.Key), "v", strconv.Itoa(m.Version)), nil
		}
	}
	reply, err := s.o.Store.OutboxByMessageID(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return "", nil
	case err != nil:
		return "", err
	case reply.SeriesID == "":
		return "", nil
	}
	return f.Link(seriesPath(reply.SeriesID)+"#replies", "v", strconv.Itoa(reply.Version)), nil
}

func (s *Server) showMessages(w http.ResponseWriter, r *http.Request, id string, mails []store.Message) error {
	f := s.frame(r, "")
	f.NoIndex = true
	view := messagePage{frame: f, ID: clean(id)}
	shared := true
	for i := range mails {
		view.Copies = append(view.Copies, f.copy(&mails[i]))
		shared = shared && public(mails[i].List)
	}
	f.Name = f.word("message.name")
	if shared {
		f.Name += " " + view.Copies[0].Subject.Text
	}
	all, err := s.o.Store.Journal(r.Context(), mails[0].MessageID)
	if err != nil {
		return err
	}
	var own []store.Step
	for _, step := range all {
		if step.MessageID == mails[0].MessageID {
			own = append(own, step)
		}
	}
	view.Journal = f.steps(own)
	return s.page(w, r, "message", f, view)
}

func (f *frame) copy(m *store.Message) copyView {
	c := copyView{
		Kind: f.wordOr("kind.", m.Kind), Size: m.Size, At: f.At(arrival(m)), Private: !public(m.List),
		Taken: m.Kind == store.KindPatch || m.Kind == store.KindCover,
	}
	switch {
	case m.Reason != "":
		c.Reason = f.reason(m.Reason)
	case !c.Taken:
		c.Reason = f.reason(m.Kind)
	}
	if c.Private {
		return c
	}
	c.Subject = f.subject(m.Subject, m.List)
	if m.SeriesID != "" {
		c.Series = f.Link(seriesPath(m.SeriesID), "v", strconv.Itoa(m.Version))
	}
	if f.server.archived(m) != "" {
		c.Thread = f.Link("/t/" + m.Key)
	}
	return c
}

// archived is where the archive of its list has a mail, empty when there is no such place.
func (s *Server) archived(m *store.Message) string {
	if s.o.Archive == nil || !public(m.List) {
		return ""
	}
	return s.o.Archive(m.List, m.MessageID)
}

// thread leads to a mail in the archive of its list. The detour keeps the Message-ID, and with it somebody's address, out
// of the pages.
func (s *Server) thread(w http.ResponseWriter, r *http.Request) error {
	m, err := s.o.Store.MessageByKey(r.Context(), r.PathValue("key"))
	if errors.Is(err, store.ErrNotFound) {
		return problem(http.StatusNotFound)
	}
	if err != nil {
		return err
	}
	to := s.archived(m)
	if to == "" {
		return problem(http.StatusNotFound)
	}
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	s.redirect(w, r, to)
	return nil
}
