package web_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"patchbot/internal/store"
	"patchbot/internal/web"
)

// scrape asks for a path and gives the status and the body.
func scrape(t *testing.T, m *web.Metrics, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

func TestMetrics(t *testing.T) {
	s := newSite(t, nil)
	for i, kind := range []string{"patch", "patch", "ignored"} {
		id := string(rune('a'+i)) + "@example.org"
		row := store.Message{MessageID: id, BodyHash: id, Mailbox: "INBOX", Arrived: s.now, Kind: kind, Author: authorAddress, Wiki: "wiki", List: "list"}
		if _, err := s.db.Record(t.Context(), row, []byte(id), nil); err != nil {
			t.Fatal(err)
		}
	}
	late := store.SeriesUpdate{ID: "one", Version: 1, Wiki: "wiki", List: "list", Total: 1, Digest: "d", State: store.StateReady,
		RunAt: s.now.Add(-90 * time.Second), Messages: []string{store.MessageKey("a@example.org", "a@example.org")}}
	if err := s.db.SaveAssembly(t.Context(), []store.SeriesUpdate{late}); err != nil {
		t.Fatal(err)
	}
	if err := s.db.SetHealth(t.Context(), "repository wiki", false, "no route"); err != nil {
		t.Fatal(err)
	}
	recorded := s.now
	s.now = s.now.Add(30 * time.Second)
	m := web.NewMetrics(web.MetricsOptions{
		Store: s.db, Version: "1.2.3", Now: s.o.Now,
		Mailbox: func() (bool, time.Time) { return true, recorded },
		Loops:   func() map[string]time.Time { return map[string]time.Time{"worker": recorded.Add(20 * time.Second)} },
	})
	status, body := scrape(t, m, "/metrics")
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, body)
	}
	for _, want := range []string{
		`patchbot_build_info{goversion="go1`, `version="1.2.3"} 1`,
		`patchbot_mails{kind="patch"} 2`, `patchbot_mails{kind="ignored"} 1`, `patchbot_mails{kind="cover"} 0`,
		`patchbot_series{state="ready"} 1`, `patchbot_series{state="failed"} 0`, `patchbot_outbox{state="held"} 0`,
		`patchbot_last_mail_age_seconds 30`, `patchbot_oldest_due_seconds 120`, `patchbot_imap_connected 1`, `patchbot_imap_idle_seconds 30`,
		`patchbot_partner_up{partner="repository wiki"} 0`, `patchbot_loop_still_seconds{loop="worker"} 10`, `patchbot_errors 0`, "go_goroutines ",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
	if strings.Contains(body, "example.org") {
		t.Error("an address is shown")
	}
	problems, err := promlint.New(strings.NewReader(body)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "patchbot_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// A store that cannot be read fails the scrape, and readiness tells why; that the process lives is another question.
func TestMetricsTrouble(t *testing.T) {
	s := newSite(t, nil)
	var trouble error
	m := web.NewMetrics(web.MetricsOptions{Store: s.db, Now: s.o.Now, Ready: func() error { return trouble }})
	if status, body := scrape(t, m, "/readyz"); status != http.StatusOK {
		t.Errorf("ready: %d %s", status, body)
	}
	trouble = net.ErrClosed
	if status, body := scrape(t, m, "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "closed") {
		t.Errorf("not ready: %d %s", status, body)
	}
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	if status, _ := scrape(t, m, "/metrics"); status != http.StatusInternalServerError {
		t.Errorf("a closed store: %d", status)
	}
	if status, _ := scrape(t, m, "/healthz"); status != http.StatusOK {
		t.Errorf("alive: %d", status)
	}
}
