package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbot/internal/store"
)

// shelf is a state with replies in every state, in which a daemon works.
type shelf struct {
	*testing.T
	config string
	db     *store.DB
}

func newShelf(t *testing.T, enabled bool) *shelf {
	t.Helper()
	dir := t.TempDir()
	s := &shelf{T: t, config: filepath.Join(dir, "c.toml")}
	text := fmt.Sprintf("state_dir = %q\ntemplates = \"\"\n[reply]\nenabled = %v\n[smtp]\nhost = \"localhost\"\n", filepath.Join(dir, "state"), enabled)
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.db, err = store.Open(t.Context(), store.Options{Dir: filepath.Join(dir, "state"), Now: time.Now, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.db.Close() })
	return s
}

func (s *shelf) put(key, id, state string) {
	s.Helper()
	_, err := s.db.Enqueue(s.Context(), store.Outbox{
		Key: key, SeriesID: "812", Version: 2, Kind: "clean", MessageID: id, From: "bot@example.org", Recipients: []string{"list@example.org"},
		Raw: []byte("Subject: x\r\n\r\nx\r\n"), State: state, Error: "waits",
	})
	if err != nil {
		s.Fatal(err)
	}
}

// want runs the command and holds its exit status and its words.
func (s *shelf) want(status int, said string, args ...string) {
	s.Helper()
	var out, errs bytes.Buffer
	got := run(s.Context(), append([]string{"release", "--config", s.config}, args...), &Shell{Out: &out, Err: &errs})
	if text := out.String() + errs.String(); got != status || !strings.Contains(text, said) {
		s.Errorf("%v: exit status %d, want %d with %q:\n%s", args, got, status, said, text)
	}
}

func (s *shelf) state(key string) string {
	s.Helper()
	o, err := s.db.OutboxByKey(s.Context(), key)
	if err != nil {
		s.Fatal(err)
	}
	return o.State
}

func TestRelease(t *testing.T) {
	s := newShelf(t, true)
	s.want(exitFailure, `error: no reply "812-v2" is known or held`, "812-v2")
	s.put("812|2|clean", "pb.1@example.org", store.StateHeld)
	s.put("812|2|help", "pb.2@example.org", store.StateHeld)
	s.put("812|2|other", "pb.3@example.org", store.StateHeld)
	s.want(exitFailure, "error: 3 replies about 812-v2 are held: say which\nhint: patchbot release '812|2|clean'\n", "812-v2")
	s.want(exitClean, "released: 812|2|clean to list@example.org", "<pb.1@example.org>")
	s.want(exitClean, "nothing to do: 812|2|clean is on its way already", "pb.1@example.org")
	s.want(exitFailure, "error: 812|2|clean is on its way already", "--drop", "pb.1@example.org")
	s.want(exitClean, "dropped: 812|2|help will never be sent", "--drop", "812|2|help")
	s.want(exitClean, "nothing to do: 812|2|help will never be sent", "--drop", "812|2|help")
	s.want(exitFailure, "error: 812|2|help will never be sent: dropped by a person", "812|2|help")
	s.want(exitClean, "released: 812|2|other", "812-v2") // the only one left
	if s.state("812|2|clean") != store.StateReady || s.state("812|2|help") != store.StateUnsent {
		t.Errorf("states %s and %s", s.state("812|2|clean"), s.state("812|2|help"))
	}
	claim, err := s.db.ClaimOutbox(t.Context(), time.Minute)
	if err != nil || claim == nil || claim.Released.IsZero() {
		t.Fatalf("%+v, %v", claim, err)
	}
	if err := s.db.MarkSending(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	if err := s.db.MarkSent(t.Context(), claim, "q"); err != nil {
		t.Fatal(err)
	}
	s.want(exitFailure, "error: "+claim.Key+" was sent 20", claim.Key)
	s.want(exitFailure, "hint: `patchbot why '"+claim.MessageID+"'`", claim.Key)
}

func TestReleaseNeedsReplies(t *testing.T) {
	s := newShelf(t, false)
	s.put("812|2|clean", "pb.1@example.org", store.StateHeld)
	s.want(exitUsage, "error: replies are not enabled", "pb.1@example.org")
	s.want(exitClean, "dropped: ", "--drop", "pb.1@example.org")
}
