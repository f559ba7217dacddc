package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"patchbot/internal/store"
)

// fillDisk is a process whose files may not grow beyond 1 MB: what a full disk is to one mail.
func fillDisk() error {
	ctx := context.Background()
	signal.Ignore(syscall.SIGXFSZ)
	s := &site{dir: os.Getenv("STORE_DIR"), now: newClock()}
	db, err := store.Open(ctx, s.options("child"))
	if err != nil {
		return err
	}
	defer db.Close()
	limit := syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	m, raw := s.mail("huge")
	fresh, err := db.Record(ctx, m, append(raw, bytes.Repeat([]byte("x"), 2<<20)...), &store.Cursor{UIDValidity: 7, UID: 1})
	if !errors.Is(err, syscall.EFBIG) || fresh || !strings.HasPrefix(err.Error(), "record message huge@example.org: write raw mail: ") {
		return fmt.Errorf("record beyond the limit: fresh %v, %w", fresh, err)
	}
	m, raw = s.mail("small")
	m.UID = 2
	if fresh, err := db.Record(ctx, m, raw, nil); err != nil || !fresh {
		return fmt.Errorf("the next mail: fresh %v, %w", fresh, err)
	}
	u := s.update("s", 1, store.MessageKey(m.MessageID, m.BodyHash))
	if err := db.SaveAssembly(ctx, []store.SeriesUpdate{u}); err != nil {
		return err
	}
	claim, err := db.ClaimSeries(ctx, 1000000)
	if err != nil {
		return err
	}
	reply := s.reply("s", 1)
	reply.Raw = bytes.Repeat([]byte("y"), 2<<20)
	err = db.FinishSeries(ctx, claim, store.FinishedReview{State: store.StateDone, Outbox: reply})
	if !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("finish with a reply beyond the limit: %w", err)
	}
	return nil
}

// TestDiskFullForBytes: the bytes of a mail do not fit. Nothing is recorded, nothing is left behind, and the error says
// which mail it was; what fits goes on.
func TestDiskFullForBytes(t *testing.T) {
	s := &site{t: t, dir: t.TempDir(), now: newClock()}
	if out, err := child("disk-full", "STORE_DIR="+s.dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	db := s.open("daemon")
	if cur, err := db.Cursor(t.Context(), "INBOX"); err != nil || cur != (store.Cursor{}) {
		t.Errorf("cursor %v, %v", cur, err)
	}
	if list, err := db.MessagesByID(t.Context(), "huge@example.org"); err != nil || len(list) > 0 {
		t.Errorf("recorded %v, %v", list, err)
	}
	if v := s.version(db, "s", 1); v.State != store.StateReady {
		t.Errorf("series %+v", v)
	}
	if s.claim(db).Attempts != 2 {
		t.Error("the review is not due again")
	}
	var files []string
	must(t, filepath.WalkDir(filepath.Join(s.dir, "raw"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	if len(files) != 1 {
		t.Errorf("files of raw mails: %v, want one", files)
	}
}

// TestDiskFullForRows: the bytes fit, the database does not grow. Nothing is recorded; when there is room again, it is.
func TestDiskFullForRows(t *testing.T) {
	ctx := t.Context()
	s := &site{t: t, dir: t.TempDir(), now: newClock()}
	db := s.open("daemon")
	pages := db.WriterPragma(t, "page_count")
	must(t, db.Exec(ctx, "PRAGMA max_page_count = "+pages))
	m, raw := s.mail("p1")
	m.Subject = strings.Repeat("long subject ", 10000)
	cur := &store.Cursor{UIDValidity: 7, UID: 1}
	fresh, err := db.Record(ctx, m, raw, cur, store.Step{Event: "received"})
	if err == nil || fresh || !strings.Contains(err.Error(), "record message p1@example.org") || !strings.Contains(err.Error(), "full") {
		t.Fatalf("record: fresh %v, %v", fresh, err)
	}
	if at, err := db.Cursor(ctx, "INBOX"); err != nil || at != (store.Cursor{}) {
		t.Errorf("cursor %v, %v", at, err)
	}
	if steps, err := db.Journal(ctx, m.MessageID); err != nil || len(steps) > 0 {
		t.Errorf("journal %v, %v", steps, err)
	}
	must(t, db.Exec(ctx, "PRAGMA max_page_count = 1000000"))
	if fresh, err := db.Record(ctx, m, raw, cur); err != nil || !fresh {
		t.Errorf("record with room: fresh %v, %v", fresh, err)
	}
}
