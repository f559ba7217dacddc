package store_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"patchbot/internal/store"
	"patchbot/internal/store/storetest"
)

func TestMain(m *testing.M) {
	if run, ok := children()[os.Getenv(childEnv)]; ok {
		if err := run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// site is one database of either engine that a test opens, closes and opens again.
type site struct {
	t   testing.TB
	dir string
	url string // empty for SQLite
	now clock
}

// clock is the time of a test in unix milliseconds. It stands still unless the test moves it.
type clock struct{ ms *atomic.Int64 }

func newClock() clock {
	c := clock{new(atomic.Int64)}
	c.ms.Store(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC).UnixMilli())
	return c
}

func (c clock) Now() time.Time               { return time.UnixMilli(c.ms.Load()).UTC() }
func (c clock) Sleep(d time.Duration)        { c.ms.Add(d.Milliseconds()) }
func (c clock) In(d time.Duration) time.Time { return c.Now().Add(d) }

// forEachEngine runs a test on a fresh database of each engine. PostgreSQL is the one that PATCHBOT_TEST_POSTGRES names;
// where the whole product is tested (PATCHBOT_E2E=1) it may not be missing.
func forEachEngine(t *testing.T, test func(t *testing.T, s *site)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, &site{t: t, dir: t.TempDir(), now: newClock()})
	})
	server := os.Getenv("PATCHBOT_TEST_POSTGRES")
	if server == "" {
		if os.Getenv("PATCHBOT_E2E") == "1" {
			t.Fatal("PATCHBOT_E2E=1 needs PATCHBOT_TEST_POSTGRES=postgres://…")
		}
		return
	}
	t.Run("postgresql", func(t *testing.T) {
		t.Parallel()
		test(t, &site{t: t, dir: t.TempDir(), url: storetest.NewSchema(t, server), now: newClock()})
	})
}

// options are those of a daemon of this site.
func (s *site) options(owner string) store.Options {
	return store.Options{Dir: s.dir, URL: s.url, Owner: owner, Now: s.now.Now}
}

// open opens the site as a daemon, until the test ends or closes it.
func (s *site) open(owner string) *store.DB {
	s.t.Helper()
	db, err := store.Open(context.Background(), s.options(owner))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { db.Close() })
	return db
}

// mail makes a message and its bytes. Its Message-ID is name@example.org; refs are names too.
func (s *site) mail(name string, refs ...string) (store.Message, []byte) {
	raw := fmt.Appendf(nil, "Message-ID: <%s@example.org>\r\nSubject: [PATCH] %s\r\n\r\nbody of %[1]s\r\n", name, name)
	m := store.Message{
		MessageID: name + "@example.org", BodyHash: "body of " + name, Mailbox: "INBOX", UIDValidity: 7, UID: 1,
		Size: len(raw), Arrived: s.now.Now(), Author: "ada@example.org", Subject: "[PATCH] " + name,
		Kind: store.KindPatch, Wiki: "wiki", List: "list@example.org",
	}
	for _, ref := range refs {
		m.Refs = append(m.Refs, ref+"@example.org")
	}
	return m, raw
}

// record records mail(name, refs) as fresh and gives its key.
func (s *site) record(db *store.DB, name string, refs ...string) string {
	s.t.Helper()
	m, raw := s.mail(name, refs...)
	fresh, err := db.Record(context.Background(), m, raw, nil)
	if err != nil || !fresh {
		s.t.Fatalf("record %s: fresh %v, %v", name, fresh, err)
	}
	return store.MessageKey(m.MessageID, m.BodyHash)
}

// update is an assembly of one version out of messages, ready at once.
func (s *site) update(id string, version int, keys ...string) store.SeriesUpdate {
	return store.SeriesUpdate{
		ID: id, Version: version, Wiki: "wiki", List: "list@example.org", Prefix: "wiki", Total: len(keys),
		Subject: "Title of " + id, AuthorName: "Ada", AuthorEmail: "ada@example.org", Root: id + "@example.org",
		Digest: strings.Join(keys, "+"), State: store.StateReady, RunAt: s.now.Now(), Messages: keys,
	}
}

// reply is the mail that answers a version.
func (s *site) reply(id string, version int) *store.Outbox {
	key := fmt.Sprintf("%s|%d|review|1", id, version)
	return &store.Outbox{
		Key: key, Kind: "review", MessageID: fmt.Sprintf("reply-%s-%d@example.org", id, version), From: "bot@example.org",
		Recipients: []string{"ada@example.org", "list@example.org"}, Raw: []byte("Subject: Re: " + key + "\r\n\r\n\xE9\x00\r\n"),
	}
}

// ready records one message and assembles version 1 of the series id out of it.
func (s *site) ready(db *store.DB, id string) {
	s.t.Helper()
	key := s.record(db, id)
	must(s.t, db.SaveAssembly(context.Background(), []store.SeriesUpdate{s.update(id, 1, key)}))
}

// claim claims the series that is due, which there must be.
func (s *site) claim(db *store.DB) *store.Series {
	s.t.Helper()
	claim, err := db.ClaimSeries(context.Background(), time.Minute)
	if err != nil || claim == nil {
		s.t.Fatalf("claim series: %v, %v", claim, err)
	}
	return claim
}

// queued makes a series, reviews it and leaves its reply in the outbox.
func (s *site) queued(db *store.DB, id string) {
	s.t.Helper()
	s.ready(db, id)
	claim := s.claim(db)
	must(s.t, db.FinishSeries(context.Background(), claim, store.FinishedReview{
		State: store.StateDone, Verdict: "clean", Report: []byte(`{"verdict":"clean"}`), Outbox: s.reply(claim.ID, claim.Version),
	}))
}

// claimMail claims the mail that is due, which there must be.
func (s *site) claimMail(db *store.DB) *store.Outbox {
	s.t.Helper()
	claim, err := db.ClaimOutbox(context.Background(), time.Minute)
	if err != nil || claim == nil {
		s.t.Fatalf("claim mail: %v, %v", claim, err)
	}
	return claim
}

// events are the words of a journal in order.
func events(steps []store.Step) string {
	var words []string
	for _, s := range steps {
		words = append(words, s.Event)
	}
	return strings.Join(words, " ")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
