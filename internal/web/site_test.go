package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"patchbot/internal/store"
	"patchbot/internal/web"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a store with its pages, and the log of what went wrong in them.
type site struct {
	t      testing.TB
	db     *store.DB
	now    time.Time
	o      web.Options
	log    strings.Builder
	server *web.Server
}

// The addresses that the store of every test holds. None of them may ever be shown but that of the list.
const (
	authorAddress = "camille.dupont@contributors.example.org"
	listAddress   = "~etalab/wiki@lists.example.org"
	botAddress    = "bot@robots.example.org"
)

// newSite opens an empty store. change may alter the options.
func newSite(t testing.TB, change func(*web.Options)) *site {
	t.Helper()
	s := &site{t: t, now: time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC)}
	db, err := store.Open(context.Background(), store.Options{Dir: t.TempDir(), Owner: "test", Now: func() time.Time { return s.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
	s.db = db
	s.o = web.Options{
		Store: db, Title: "patchbot", BaseURL: "https://patchbot.example.org", Render: renderStub, Describe: describeStub,
		Rules:    rulesStub,
		Archive:  func(list, id string) string { return "https://lists.example.org/" + list + "/" + id },
		Language: func(string) string { return "fr" },
		Public:   []string{listAddress},
		Now:      func() time.Time { return s.now },
		Log:      slog.New(slog.NewTextHandler(&s.log, nil)),
	}
	if change != nil {
		change(&s.o)
	}
	s.server = web.New(s.o)
	return s
}

// stubReport is what the tests store as a report: the answers of the two functions that would read a real one.
type stubReport struct {
	Text  map[string]string `json:"text"`
	Check json.RawMessage   `json:"check,omitempty"`
}

func renderStub(report []byte, lang string) (string, error) {
	var r stubReport
	if err := json.Unmarshal(report, &r); err != nil {
		return "", err
	}
	text, ok := r.Text[lang]
	if !ok {
		return "", errors.New("no words in " + lang)
	}
	return text, nil
}

func describeStub(report []byte, _ string) (json.RawMessage, error) {
	var r stubReport
	if err := json.Unmarshal(report, &r); err != nil {
		return nil, err
	}
	if r.Check == nil {
		return nil, errors.New("nothing to describe")
	}
	return r.Check, nil
}

func rulesStub(lang string) ([]web.Rule, error) {
	title := map[string]string{"fr": "Un lien interne ne mène à rien", "en": "An internal link leads nowhere"}[lang]
	return []web.Rule{
		{ID: "broken-link", Severity: "error", Title: title, Why: "a < b & c", Bad: "[x](<missing.md>)", Good: "[x](found.md)"},
		{ID: "hard-tabs", Severity: "off", Title: "Tab"},
	}, nil
}

// series is what a test wants to see in the store.
type series struct {
	applied string // commit that brought it
	id      string
	version int
	subject string
	author  string
	list    string // "-" for none
	verdict string // empty: not reviewed yet
	state   string // of the version, default ready
	report  stubReport
	newer   int // version that supersedes it in the end
	mails   int // default 1
}

// add records the mails of a series version, assembles and, when it has a verdict, reviews and answers it.
func (s *site) add(x series) []string {
	s.t.Helper()
	ctx := context.Background()
	if x.version == 0 {
		x.version = 1
	}
	if x.list == "" {
		x.list = "wiki"
	}
	if x.list == "-" {
		x.list = ""
	}
	var keys []string
	for i := range max(x.mails, 1) {
		keys = append(keys, s.mail(store.Message{
			MessageID: x.messageID(i), Subject: fmt.Sprintf("[PATCH wiki v%d %d/%d] %s", x.version, i+1, max(x.mails, 1), x.subject),
			Kind: store.KindPatch, Wiki: "wiki", List: x.list,
		}))
	}
	u := store.SeriesUpdate{
		ID: x.id, Version: x.version, Wiki: "wiki", List: x.list, Prefix: "wiki", Total: len(keys), Subject: x.subject,
		AuthorName: x.author, AuthorEmail: authorAddress, Root: x.messageID(0), Digest: "d", State: x.state, Messages: keys,
	}
	switch u.State {
	case "":
		u.State = store.StateReady
	case store.StateIncomplete:
		u.RunAt = s.now.Add(24 * time.Hour)
	}
	must(s.t, s.db.SaveAssembly(ctx, []store.SeriesUpdate{u}))
	if x.verdict != "" {
		s.review(x)
	}
	if u.SupersededBy = x.newer; x.newer != 0 {
		must(s.t, s.db.SaveAssembly(ctx, []store.SeriesUpdate{u}))
	}
	s.now = s.now.Add(time.Minute)
	return keys
}

// messageID is made like git's, with an address in it.
func (x series) messageID(n int) string {
	return fmt.Sprintf("20261124093000.%s%d-%d-%s", x.id, x.version, n+1, authorAddress)
}

func (s *site) mail(m store.Message) string {
	s.t.Helper()
	m.BodyHash, m.Mailbox, m.UIDValidity, m.UID = "body of "+m.MessageID, botAddress+"/INBOX", 7, 1
	m.Size, m.Arrived, m.Author = 2048, s.now, authorAddress
	steps := []store.Step{{Event: "received", Detail: "2048 bytes, UID 1 of " + m.Mailbox}}
	if m.Reason != "" {
		steps = append(steps, store.Step{Event: "ignored", Detail: m.Reason})
	} else {
		steps = append(steps, store.Step{Event: "taken", Detail: "patch 1/1 v1 for wiki wiki"})
	}
	_, err := s.db.Record(context.Background(), m, []byte("Message-ID: <"+m.MessageID+">\r\n\r\nbody\r\n"), nil, steps...)
	must(s.t, err)
	return store.MessageKey(m.MessageID, m.BodyHash)
}

func (s *site) review(x series) {
	s.t.Helper()
	ctx := context.Background()
	claim, err := s.db.ClaimSeries(ctx, time.Minute)
	if err != nil || claim == nil || claim.ID != x.id || claim.Version != x.version {
		s.t.Fatalf("claim %s v%d: %+v, %v", x.id, x.version, claim, err)
	}
	body, err := json.Marshal(x.report)
	must(s.t, err)
	key := fmt.Sprintf("%s|%d|%s", x.id, x.version, x.verdict)
	must(s.t, s.db.FinishSeries(ctx, claim, store.FinishedReview{
		State: store.StateDone, Verdict: x.verdict, Applied: x.applied, BaseCommit: "4af2a96cef5b4af2a96cef5b4af2a96cef5b4af2", Report: body,
		Outbox: &store.Outbox{
			Key: key, Kind: x.verdict, MessageID: fmt.Sprintf("reply-%s-%d@robots.example.org", x.id, x.version),
			From: botAddress, Recipients: []string{authorAddress}, Raw: []byte("Subject: Re: x\r\n\r\nx\r\n"),
		},
		Steps: []store.Step{{Event: "reviewed", Detail: x.verdict + " on main 4af2a96cef5b"}},
	}))
	mail, err := s.db.ClaimOutbox(ctx, time.Minute)
	must(s.t, err)
	must(s.t, s.db.MarkSending(ctx, mail))
	must(s.t, s.db.MarkSent(ctx, mail, "queued by mx."+authorAddress))
}

// get asks for a path as a browser would, with pairs of header fields.
func (s *site) get(path string, header ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.ask(http.MethodGet, path, header...)
}

func (s *site) ask(method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://patchbot.example.org"+path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.server.Handler().ServeHTTP(w, r)
	return w
}

// page is get for a page that there must be.
func (s *site) page(path string, header ...string) string {
	s.t.Helper()
	w := s.get(path, header...)
	if w.Code != http.StatusOK {
		s.t.Fatalf("%s: %d\n%s\n%s", path, w.Code, w.Body, s.log.String())
	}
	return w.Body.String()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants fails unless the page holds every text.
func wants(t testing.TB, page string, texts ...string) {
	t.Helper()
	holds(t, page, true, texts)
}

// lacks fails if the page holds any of the texts.
func lacks(t testing.TB, page string, texts ...string) {
	t.Helper()
	holds(t, page, false, texts)
}

func holds(t testing.TB, page string, want bool, texts []string) {
	t.Helper()
	wrong := false
	for _, text := range texts {
		if strings.Contains(page, text) != want {
			wrong = true
			t.Errorf("%q in the page: %v, want %v", text, !want, want)
		}
	}
	if wrong {
		t.Logf("the page:\n%s", page)
	}
}
