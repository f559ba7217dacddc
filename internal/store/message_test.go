package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbot/internal/store"
)

func TestDuplicates(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		m, raw := s.mail("p1")
		for uid := uint32(1); uid <= 3; uid++ {
			m.UID = uid
			fresh, err := db.Record(ctx, m, raw, &store.Cursor{UIDValidity: 7, UID: uid}, store.Step{Event: "received"})
			if err != nil || fresh != (uid == 1) {
				t.Fatalf("copy %d: fresh %v, %v", uid, fresh, err)
			}
		}
		if cur, err := db.Cursor(ctx, "INBOX"); err != nil || cur.UID != 3 {
			t.Errorf("cursor %v, %v; want UID 3", cur, err)
		}
		steps, err := db.Journal(ctx, m.MessageID)
		must(t, err)
		if got := events(steps); got != "received duplicate duplicate" {
			t.Errorf("journal: %s", got)
		}
		if last := steps[2].Detail; last != "INBOX, UIDVALIDITY 7, UID 3" {
			t.Errorf("detail of the last duplicate: %s", last)
		}

		other := m
		other.BodyHash = "another body under the same id"
		if fresh, err := db.Record(ctx, other, raw, nil); err != nil || !fresh {
			t.Errorf("another body: fresh %v, %v", fresh, err)
		}
		both, err := db.MessagesByID(ctx, m.MessageID)
		must(t, err)
		if len(both) != 2 {
			t.Errorf("%d messages bear the id, want 2", len(both))
		}
		// A message that merely refers to the id does not bear it.
		s.record(db, "answer", "p1")
		if both, err = db.MessagesByID(ctx, m.MessageID); err != nil || len(both) != 2 {
			t.Errorf("%d messages bear the id after an answer, %v", len(both), err)
		}
	})
}

// TestDirectCopyFirst: the author sends a mail to the list and to the bot. The direct copy, which counts for nothing, is
// faster.
func TestDirectCopyFirst(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		direct, rawDirect := s.mail("p1")
		direct.Kind, direct.Reason, direct.Wiki, direct.List = "ignored", "private-mail", "", ""
		if fresh, err := db.Record(ctx, direct, rawDirect, nil, store.Step{Event: "ignored"}); err != nil || !fresh {
			t.Fatalf("direct copy: fresh %v, %v", fresh, err)
		}
		copied, rawList := s.mail("p1", "cover")
		copied.UID = 2
		rawList = append([]byte("List-Id: <list.example.org>\r\n"), rawList...)
		for _, want := range []bool{true, false} {
			fresh, err := db.Record(ctx, copied, rawList, nil, store.Step{Event: "taken"})
			if err != nil || fresh != want {
				t.Fatalf("copy of the list: fresh %v, %v, want %v", fresh, err, want)
			}
		}
		if fresh, err := db.Record(ctx, direct, rawDirect, nil); err != nil || fresh {
			t.Errorf("direct copy after it: fresh %v, %v", fresh, err)
		}
		key := store.MessageKey(copied.MessageID, copied.BodyHash)
		m, err := db.MessageByKey(ctx, key)
		must(t, err)
		if m.Kind != store.KindPatch || m.Reason != "" || m.UID != 2 || m.Wiki != "wiki" || len(m.Refs) != 1 {
			t.Errorf("message %+v", m)
		}
		if raw, err := db.Raw(ctx, key); err != nil || string(raw) != string(rawList) {
			t.Errorf("raw %q, %v", raw, err)
		}
		steps, err := db.Journal(ctx, copied.MessageID)
		must(t, err)
		if got := events(steps); got != "ignored replaced taken duplicate duplicate" {
			t.Errorf("journal: %s", got)
		}
	})
}

func TestCursor(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		if cur, err := db.Cursor(ctx, "INBOX"); err != nil || cur != (store.Cursor{}) {
			t.Errorf("cursor of an unread mailbox: %v, %v", cur, err)
		}
		m, raw := s.mail("p1")
		for _, step := range []struct {
			name       string
			move, want store.Cursor
			set        bool
		}{
			{"forward", store.Cursor{UIDValidity: 7, UID: 10}, store.Cursor{UIDValidity: 7, UID: 10}, false},
			{"a slower daemon does not move it back", store.Cursor{UIDValidity: 7, UID: 9}, store.Cursor{UIDValidity: 7, UID: 10}, false},
			{"the mailbox was made anew", store.Cursor{UIDValidity: 8, UID: 1}, store.Cursor{UIDValidity: 8, UID: 1}, false},
			{"set back", store.Cursor{UIDValidity: 8}, store.Cursor{UIDValidity: 8}, true},
			{"largest values", store.Cursor{UIDValidity: 1<<32 - 1, UID: 1<<32 - 1}, store.Cursor{UIDValidity: 1<<32 - 1, UID: 1<<32 - 1}, false},
		} {
			if step.set {
				must(t, db.SetCursor(ctx, "INBOX", step.move))
			} else if _, err := db.Record(ctx, m, raw, &step.move); err != nil {
				t.Fatal(err)
			}
			if cur, err := db.Cursor(ctx, "INBOX"); err != nil || cur != step.want {
				t.Errorf("%s: cursor %v, %v, want %v", step.name, cur, err, step.want)
			}
		}
		if cur, err := db.Cursor(ctx, "Archive"); err != nil || cur != (store.Cursor{}) {
			t.Errorf("cursor of another mailbox: %v, %v", cur, err)
		}
	})
}

// TestRecordIsOneTransaction: when the row cannot be written, neither cursor nor journal move; the next try finds
// everything as it was, and the bytes that were left behind do no harm.
func TestRecordIsOneTransaction(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		must(t, db.Exec(ctx, "ALTER TABLE mailbox RENAME TO mailbox_away"))
		m, raw := s.mail("p1")
		_, err := db.Record(ctx, m, raw, &store.Cursor{UIDValidity: 7, UID: 1}, store.Step{Event: "received"})
		if err == nil || !strings.HasPrefix(err.Error(), "record message p1@example.org: move cursor of INBOX: ") {
			t.Fatalf("error %v", err)
		}
		must(t, db.Exec(ctx, "ALTER TABLE mailbox_away RENAME TO mailbox"))
		if _, err := db.MessageByKey(ctx, store.MessageKey(m.MessageID, m.BodyHash)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the message is there: %v", err)
		}
		if steps, err := db.Journal(ctx, m.MessageID); err != nil || len(steps) > 0 {
			t.Errorf("journal %v, %v", steps, err)
		}
		if fresh, err := db.Record(ctx, m, raw, &store.Cursor{UIDValidity: 7, UID: 1}); err != nil || !fresh {
			t.Errorf("second try: fresh %v, %v", fresh, err)
		}
	})
}

// TestHostileTexts: what a mail may hold and a database may not is replaced alike on both engines, and found again.
func TestHostileTexts(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		long := strings.Repeat("é", 4000)
		m, raw := s.mail("p1")
		m.MessageID = "\x00" + long + "1@example.org"
		m.Subject = "caf\xe9 \x00 ✓"
		m.Author = long + "@example.org"
		m.Detail = long
		m.Refs = []string{long + "2@example.org", "\xff@example.org"}
		key := store.MessageKey(m.MessageID, m.BodyHash)
		if fresh, err := db.Record(ctx, m, raw, nil, store.Step{Event: "received", Detail: "\x00\xff"}); err != nil || !fresh {
			t.Fatalf("fresh %v, %v", fresh, err)
		}
		got, err := db.MessageByKey(ctx, key)
		must(t, err)
		if got.Subject != "caf\uFFFD \uFFFD ✓" || got.Detail != long || len(got.MessageID) > 500 || len(got.Author) > 500 {
			t.Errorf("message %+v", got)
		}
		if byID, err := db.MessagesByID(ctx, m.MessageID); err != nil || len(byID) != 1 {
			t.Errorf("by its long id: %v, %v", byID, err)
		}
		if steps, err := db.Journal(ctx, m.MessageID); err != nil || len(steps) != 1 || steps[0].Detail != "\uFFFD\uFFFD" {
			t.Errorf("journal %v, %v", steps, err)
		}
		// Ids that differ only beyond the limit stay different, and refer to what they referred to.
		for _, c := range []struct {
			id      string
			related int
		}{{long + "2@example.org", 2}, {long + "3@example.org", 1}} {
			other, _ := s.mail("other")
			other.MessageID, other.Author = c.id, fmt.Sprintf("author%d@example.org", c.related)
			if _, err := db.Record(ctx, other, raw, nil); err != nil {
				t.Fatal(err)
			}
			related, err := db.Related(ctx, store.MessageKey(other.MessageID, other.BodyHash), time.Hour)
			if err != nil || len(related) != c.related {
				t.Errorf("related to …%s: %d, %v, want %d", c.id[len(c.id)-13:], len(related), err, c.related)
			}
		}
	})
}

func TestUnassembled(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		s.ready(db, "s")
		ignored, raw := s.mail("noise")
		ignored.Kind = "ignored"
		if _, err := db.Record(ctx, ignored, raw, nil); err != nil {
			t.Fatal(err)
		}
		s.now.Sleep(time.Second)
		want := []string{s.record(db, "left by a crash")}
		left, err := db.Unassembled(ctx)
		must(t, err)
		var keys []string
		for _, m := range left {
			keys = append(keys, m.Key)
		}
		if diff := cmp.Diff(want, keys); diff != "" {
			t.Errorf("unassembled (-want +got):\n%s", diff)
		}
	})
}

func TestMissing(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		for name, read := range map[string]func() error{
			"raw":        func() error { _, err := db.Raw(ctx, "none"); return err },
			"message":    func() error { _, err := db.MessageByKey(ctx, "none"); return err },
			"related":    func() error { _, err := db.Related(ctx, "none", time.Hour); return err },
			"series":     func() error { _, err := db.SeriesVersion(ctx, "none", 1); return err },
			"report":     func() error { _, err := db.Report(ctx, "none", 1); return err },
			"mail":       func() error { _, err := db.OutboxByKey(ctx, "none"); return err },
			"mail by id": func() error { _, err := db.OutboxByMessageID(ctx, "none"); return err },
			"release":    func() error { return db.Release(ctx, "none") },
			"update":     func() error { return db.SaveAssembly(ctx, []store.SeriesUpdate{s.update("s", 1, "none")}) },
		} {
			if err := read(); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
		if list, err := db.MessagesByID(ctx, "none"); err != nil || len(list) > 0 {
			t.Errorf("messages %v, %v", list, err)
		}
		if list, err := db.SeriesByID(ctx, "none"); err != nil || len(list) > 0 {
			t.Errorf("series %v, %v", list, err)
		}
		if _, ok, err := db.NextDue(ctx); ok || err != nil {
			t.Errorf("due in an empty store: %v, %v", ok, err)
		}
		if list, err := db.SeriesByID(ctx, "s"); err != nil || len(list) > 0 {
			t.Errorf("the refused update left %v, %v", list, err)
		}
	})
}
