package store_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbot/internal/store"
	"patchbot/internal/store/storetest"
)

// live fills a store with one of everything: a series that was answered, one that waits, and mails that were left alone.
func live(s *site, db *store.DB) {
	s.t.Helper()
	ctx := s.t.Context()
	for _, id := range []string{"p1", "p2"} {
		m, raw := s.mail(id, "root")
		_, err := db.Record(ctx, m, raw, &store.Cursor{UIDValidity: 7, UID: 1}, store.Step{Event: "received", Detail: "INBOX"})
		must(s.t, err)
		must(s.t, db.SaveAssembly(ctx, []store.SeriesUpdate{s.update("series-"+id, 1, store.MessageKey(m.MessageID, m.BodyHash))}))
	}
	claim := s.claim(db)
	must(s.t, db.FinishSeries(ctx, claim, store.FinishedReview{State: store.StateDone, Verdict: "clean", Report: []byte(`{"verdict":"clean"}`), Outbox: s.reply(claim.ID, 1)}))
	out, err := db.ClaimOutbox(ctx, time.Minute)
	must(s.t, err)
	must(s.t, db.MarkSending(ctx, out))
	must(s.t, db.MarkSent(ctx, out, "queue-1"))
	other, raw := s.mail("talk", "")
	other.Kind, other.Reason, other.Author = "reply", "reply", "Someone@example.org"
	_, err = db.Record(ctx, other, raw, nil)
	must(s.t, err)
	must(s.t, db.SetHealth(ctx, "imap", true, "connected"))
}

// contents reads a whole store by its own methods.
func contents(t *testing.T, db *store.DB) map[string]any {
	t.Helper()
	ctx := t.Context()
	out := map[string]any{}
	status, err := db.Status(ctx)
	must(t, err)
	status.Engine = ""
	out["status"] = status
	all, err := db.Recent(ctx, 100, time.Time{})
	must(t, err)
	for _, v := range all {
		name := v.ID
		out["series "+name] = v
		if report, err := db.Report(ctx, v.ID, v.Version); err == nil {
			out["report "+name] = *report
		}
		mails, err := db.OutboxOf(ctx, v.ID, v.Version)
		must(t, err)
		for _, m := range mails {
			whole, err := db.OutboxByKey(ctx, m.Key)
			must(t, err)
			out["outbox "+m.Key] = string(whole.Raw)
		}
		messages, err := db.MessagesOf(ctx, v.ID, v.Version)
		must(t, err)
		for _, m := range messages {
			raw, err := db.Raw(ctx, m.Key)
			must(t, err)
			out["message "+m.Key] = []any{m, string(raw)}
			journal, err := db.Journal(ctx, m.MessageID)
			must(t, err)
			out["journal "+m.Key] = journal
		}
	}
	return out
}

// forEachPair runs a test with a fresh store of each engine on either side.
func forEachPair(t *testing.T, test func(t *testing.T, from, to *site)) {
	forEachEngine(t, func(t *testing.T, like *site) {
		forEachEngine(t, func(t *testing.T, to *site) {
			from := &site{t: t, dir: t.TempDir(), now: to.now}
			if like.url != "" {
				from.url = storetest.NewSchema(t, os.Getenv("PATCHBOT_TEST_POSTGRES"))
			}
			test(t, from, to)
		})
	})
}

func TestCopy(t *testing.T) {
	forEachPair(t, func(t *testing.T, a, b *site) {
		from := a.open("a")
		live(a, from)
		want := contents(t, from)
		to := b.open("b")
		rows, mails, err := store.Copy(t.Context(), from, to)
		must(t, err)
		if rows < 10 || mails != 4 {
			t.Errorf("%d rows and %d mails", rows, mails)
		}
		if diff := cmp.Diff(want, contents(t, to), cmp.AllowUnexported(store.Outbox{})); diff != "" {
			t.Errorf("the copy (-from +to):\n%s", diff)
		}
		if _, _, err := store.Copy(t.Context(), from, to); !errors.Is(err, store.ErrNotEmpty) {
			t.Errorf("a second copy: %v", err)
		}
		// The copy is no picture: work goes on in it.
		if claim := a.claim(to); claim.ID != "series-p2" {
			t.Errorf("claimed %+v", claim)
		}
	})
}

// Every table is copied but that of the bytes, which are, and that of the migrations, which the target has done.
func TestCopyKnowsEveryTable(t *testing.T) {
	s := &site{t: t, dir: t.TempDir(), now: newClock()}
	have, err := s.open("a").QueryText(t.Context(), "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT IN ('raw', 'goose_db_version')")
	must(t, err)
	want := store.Tables()
	slices.Sort(have)
	slices.Sort(want)
	if diff := cmp.Diff(have, want); diff != "" {
		t.Errorf("tables of the schema (-) and of Copy (+):\n%s", diff)
	}
}

// A backup is a state directory, of either engine, made while a daemon works.
func TestBackup(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		db := s.open("daemon")
		live(s, db)
		want := contents(t, db)
		o := s.options("backup")
		o.Beside = true
		beside, err := store.Open(t.Context(), o)
		must(t, err)
		defer beside.Close()
		var archive bytes.Buffer
		must(t, beside.Backup(t.Context(), &archive, t.TempDir()))

		dir := filepath.Join(t.TempDir(), "restored")
		unpack(t, &archive, dir)
		restored, err := store.Open(t.Context(), store.Options{Dir: dir, Now: s.now.Now})
		must(t, err)
		defer restored.Close()
		if diff := cmp.Diff(want, contents(t, restored), cmp.AllowUnexported(store.Outbox{})); diff != "" {
			t.Errorf("the backup (-state +backup):\n%s", diff)
		}
	})
}

func unpack(t *testing.T, archive io.Reader, dir string) {
	t.Helper()
	in := tar.NewReader(archive)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		must(t, err)
		if h.Mode != 0o600 || !filepath.IsLocal(h.Name) {
			t.Errorf("%s has mode %o", h.Name, h.Mode)
		}
		file := filepath.Join(dir, h.Name)
		must(t, os.MkdirAll(filepath.Dir(file), 0o700))
		data, err := io.ReadAll(in)
		must(t, err)
		must(t, os.WriteFile(file, data, 0o600))
	}
}

// Bytes that are lost, or a database that is damaged, make no backup.
func TestBackupRefuses(t *testing.T) {
	s := &site{t: t, dir: t.TempDir(), now: newClock()}
	db := s.open("daemon")
	live(s, db)
	var lost string
	must(t, filepath.WalkDir(filepath.Join(s.dir, "raw"), func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			lost = path
		}
		return err
	}))
	must(t, os.Remove(lost))
	err := db.Backup(t.Context(), io.Discard, t.TempDir())
	if !errors.Is(err, store.ErrNotFound) || !strings.Contains(err.Error(), filepath.Base(lost)) {
		t.Errorf("a backup without bytes: %v", err)
	}
}
