package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbot/internal/store"
)

// everything is all text of a database, and the bytes of all mails.
func everything(s *site, db *store.DB) string {
	s.t.Helper()
	var all []string
	for _, table := range store.Tables() {
		if s.url != "" {
			rows, err := db.QueryText(s.t.Context(), "SELECT CAST(t AS TEXT) FROM "+table+" AS t")
			must(s.t, err)
			all = append(all, rows...)
		}
	}
	if s.url != "" {
		rows, err := db.QueryText(s.t.Context(), "SELECT encode(bytes, 'escape') FROM raw")
		must(s.t, err)
		return strings.Join(append(all, rows...), "\n")
	}
	must(s.t, filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			data, err := os.ReadFile(path)
			all = append(all, string(data))
			return err
		}
		return err
	}))
	return strings.Join(all, "\n")
}

// Of a person who is forgotten nothing is left, on the disk neither; others stay, and no mail is answered again when the
// mailbox shows it once more.
func TestForget(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		db := s.open("daemon")
		live(s, db)
		m, raw := s.mail("p1", "root")
		if text := everything(s, db); !strings.Contains(text, m.Author) || !strings.Contains(text, m.MessageID) {
			t.Fatal("the test looks in the wrong place")
		}
		got, err := db.Forget(t.Context(), strings.ToUpper(m.Author))
		must(t, err)
		if got.Series != 2 || got.Messages != 0 {
			t.Errorf("erased %+v", got)
		}
		for _, trace := range []string{m.Author, m.MessageID, m.Subject, "queue-1"} {
			if text := everything(s, db); strings.Contains(text, trace) {
				t.Errorf("%q is still there", trace)
			}
		}
		if rows, err := db.MessagesByID(t.Context(), "talk@example.org"); err != nil || len(rows) != 1 {
			t.Errorf("the mail of another person: %v, %v", rows, err)
		}
		fresh, err := db.Record(t.Context(), m, raw, &store.Cursor{UIDValidity: 8, UID: 1}, store.Step{Event: "received"})
		if err != nil || fresh {
			t.Errorf("the same mail again: fresh %v, %v", fresh, err)
		}
		if text := everything(s, db); strings.Contains(text, m.MessageID) {
			t.Error("it came back with its Message-ID")
		}
		if got, err := db.Forget(t.Context(), "someone@EXAMPLE.org"); err != nil || got.Messages != 1 {
			t.Errorf("the other person: %+v, %v", got, err)
		}
	})
}

// The pages of a database that has grown hold old copies of rows that have moved: they go too.
func TestForgetInAGrownDatabase(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		db := s.open("daemon")
		const people = 4
		for i := range 400 {
			// Keys are hashes: the rows land between one another, and pages split.
			m, raw := s.mail(fmt.Sprintf("m%d", i), "")
			m.Key, m.Author, m.Kind = "", fmt.Sprintf("person%d@example.org", i%people), "ignored"
			m.Subject = fmt.Sprintf("subject of person%d@example.org, %s", i%people, strings.Repeat("long ", i%23))
			_, err := db.Record(t.Context(), m, raw, nil, store.Step{At: s.now.Now(), MessageID: m.MessageID, Event: "received", Detail: m.Subject})
			must(t, err)
		}
		got, err := db.Forget(t.Context(), "person1@example.org")
		must(t, err)
		if got.Messages != 100 {
			t.Errorf("erased %+v", got)
		}
		text := everything(s, db)
		if n := strings.Count(text, "person1@example.org"); n != 0 {
			t.Errorf("%d traces are left", n)
		}
		if !strings.Contains(text, "person2@example.org") {
			t.Error("others are gone too")
		}
	})
}

// What rests is purged when its time has come; what is open, or has moved since, stays as a whole.
func TestPurge(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		db := s.open("daemon")
		live(s, db)
		if got, err := db.Purge(t.Context(), s.now.In(-time.Hour)); err != nil || got != (store.Erased{}) {
			t.Errorf("too early: %+v, %v", got, err)
		}
		_, err := db.Enqueue(t.Context(), store.Outbox{Key: "alert|x", Kind: store.KindAlert, MessageID: "alert@example.org", Recipients: []string{"x@example.org"}, Raw: []byte("alert")})
		must(t, err)
		alert, err := db.ClaimOutbox(t.Context(), time.Minute)
		must(t, err)
		must(t, db.MarkSending(t.Context(), alert))
		must(t, db.MarkSent(t.Context(), alert, "q"))
		s.now.Sleep(400 * 24 * time.Hour)
		got, err := db.Purge(t.Context(), s.now.In(-365*24*time.Hour))
		must(t, err)
		if got.Series != 1 || got.Messages != 1 {
			t.Errorf("erased %+v, want the answered series and the loose mail", got)
		}
		status, err := db.Status(t.Context())
		must(t, err)
		if status.Series[store.StateReady] != 1 || status.Series[store.StateDone] != 0 || status.Outbox[store.StateSent] != 0 {
			t.Errorf("series %v, outbox %v", status.Series, status.Outbox)
		}
		if claim := s.claim(db); claim.ID != "series-p2" {
			t.Errorf("the open series: %+v", claim)
		}
		if again, err := db.Purge(t.Context(), s.now.In(-365*24*time.Hour)); err != nil || again != (store.Erased{}) {
			t.Errorf("once more: %+v, %v", again, err)
		}
	})
}

// Bytes that another row names stay.
func TestEraseKeepsSharedBytes(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		db := s.open("daemon")
		a, raw := s.mail("a", "")
		b := a
		b.MessageID, b.Key, b.Author, b.Kind = "b@example.org", "", "other@example.org", "ignored"
		for _, m := range []store.Message{a, b} {
			_, err := db.Record(t.Context(), m, raw, nil)
			must(t, err)
		}
		_, err := db.Forget(t.Context(), a.Author)
		must(t, err)
		got, err := db.Raw(t.Context(), store.MessageKey(b.MessageID, b.BodyHash))
		if err != nil || string(got) != string(raw) {
			t.Errorf("%q, %v", got, err)
		}
	})
}
