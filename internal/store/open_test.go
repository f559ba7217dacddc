package store_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"patchbot/internal/store"
)

// TestSecondDaemon: one state directory has one daemon; the commands that read and those that change a row work beside it.
func TestSecondDaemon(t *testing.T) {
	ctx := t.Context()
	s := &site{t: t, dir: t.TempDir(), now: newClock()}
	db := s.open("first")
	s.queued(db, "s")
	claim := s.claimMail(db)

	if second, err := store.Open(ctx, s.options("second")); !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), s.dir) {
		t.Fatalf("second daemon: %v, %v", second, err)
	}

	o := s.options("reader")
	o.ReadOnly = true
	reader, err := store.Open(ctx, o)
	must(t, err)
	defer reader.Close()
	if steps, err := reader.JournalOf(ctx, "s", 1); err != nil || len(steps) == 0 {
		t.Errorf("read beside the daemon: %v, %v", steps, err)
	}
	m, raw := s.mail("p2")
	if _, err := reader.Record(ctx, m, raw, nil); err == nil {
		t.Error("a reader recorded a message")
	}
	if err := reader.Note(ctx, store.Step{Event: "noted"}); err == nil {
		t.Error("a reader noted a step")
	}
	if raw, err := filepath.Glob(filepath.Join(s.dir, "raw", "*", "*", "*")); err != nil || len(raw) != 2 {
		t.Errorf("raw files %v, %v; want those of one mail and one reply", raw, err)
	}

	o = s.options("command")
	o.Beside = true
	beside, err := store.Open(ctx, o)
	must(t, err)
	defer beside.Close()
	must(t, beside.Note(ctx, store.Step{SeriesID: "s", Version: 1, Event: "noted"}))
	must(t, db.MarkSending(ctx, claim)) // its lease was not freed
	steps, err := db.JournalOf(ctx, "s", 1)
	must(t, err)
	if got := events(steps); got != "reply-recorded noted sending" && got != "reply-recorded sending noted" {
		t.Errorf("journal: %s", got)
	}

	must(t, db.Close())
	third, err := store.Open(ctx, s.options("third"))
	must(t, err)
	must(t, third.Close())
}

// TestReadWithoutDaemon: the files of a stopped daemon can be read.
func TestReadWithoutDaemon(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		db := s.open("daemon")
		s.queued(db, "s")
		must(t, db.Close())
		o := s.options("reader")
		o.ReadOnly = true
		for range 2 {
			reader, err := store.Open(t.Context(), o)
			must(t, err)
			status, err := reader.Status(t.Context())
			must(t, err)
			if status.Outbox[store.StateReady] != 1 || status.Engine != reader.Engine() || status.Schema < 1 {
				t.Errorf("status %+v", status)
			}
			must(t, reader.Close())
		}
		must(t, s.open("daemon").Close()) // the reader left nothing behind that locks the daemon out
	})
}

func TestNothingToRead(t *testing.T) {
	dir := t.TempDir()
	for name, o := range map[string]store.Options{
		"reader":  {Dir: filepath.Join(dir, "none"), ReadOnly: true},
		"command": {Dir: filepath.Join(dir, "none"), Beside: true},
	} {
		if _, err := store.Open(t.Context(), o); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v, want fs.ErrNotExist", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory was made: %v", err)
	}
}

func TestBadOptions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for name, c := range map[string]struct {
		o    store.Options
		want string
	}{
		"no directory":        {store.Options{}, `state directory ""`},
		"a file":              {store.Options{Dir: file}, "not a directory"},
		"another database":    {store.Options{URL: "mysql://u:secret@127.0.0.1/x"}, "postgres://"},
		"unreadable URL":      {store.Options{URL: "postgres://u:secret@127.0.0.1:port/x"}, "cannot be read"},
		"unreachable server":  {store.Options{URL: "postgres://u:secret@127.0.0.1:1/x?password=secret"}, "postgres://u:xxxxx@127.0.0.1:1/x: "},
		"not a database file": {store.Options{Dir: notADatabase(t)}, "not a database"},
	} {
		db, err := store.Open(t.Context(), c.o)
		if err == nil {
			db.Close()
			t.Errorf("%s: opened", name)
			continue
		}
		if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v; want %q in it", name, err, c.want)
		}
	}
}

func notADatabase(t *testing.T) string {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "patchbot.db"), []byte(strings.Repeat("this is a letter\n", 500)), 0o600))
	return dir
}

// TestOddDirectory: the name of the state directory means nothing to SQLite.
func TestOddDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "é ?mode=memory&x=#%41 ;'\"")
	db, err := store.Open(t.Context(), store.Options{Dir: dir})
	must(t, err)
	must(t, db.Close())
	if _, err := os.Stat(filepath.Join(dir, "patchbot.db")); err != nil {
		t.Error(err)
	}
}

func TestSchemaVersions(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		current, err := db.SchemaVersion(ctx)
		must(t, err)
		set := func(statement string) {
			db := s.open("daemon")
			must(t, db.Exec(ctx, statement))
			must(t, db.Close())
		}
		must(t, db.Close())

		set("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, TRUE)")
		for _, readOnly := range []bool{false, true} {
			o := s.options("older program")
			o.ReadOnly = readOnly
			db, err := store.Open(ctx, o)
			if !errors.Is(err, store.ErrNewerSchema) || !strings.Contains(err.Error(), "999") {
				t.Errorf("newer schema, read-only %v: %v, %v", readOnly, db, err)
			}
		}
		if current < 1 {
			t.Errorf("schema version %d", current)
		}
	})
}

// TestMigrationIsForTheDaemon: a reader that finds an unfinished schema says so and leaves it alone.
func TestMigrationIsForTheDaemon(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		if s.url == "" {
			must(t, os.WriteFile(filepath.Join(s.dir, "patchbot.db"), nil, 0o600))
		}
		o := s.options("reader")
		for _, o.Beside = range []bool{false, true} {
			o.ReadOnly = !o.Beside
			if db, err := store.Open(t.Context(), o); !errors.Is(err, store.ErrOlderSchema) {
				t.Errorf("beside %v: %v, %v", o.Beside, db, err)
			}
		}
		s.open("daemon")
	})
}

// TestDaemonsStartTogether: on an empty PostgreSQL database one of several daemons migrates, and all work.
func TestDaemonsStartTogether(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		if s.url == "" {
			testOneOfMany(t, s)
			return
		}
		var wait sync.WaitGroup
		for _, owner := range []string{"a", "b", "c", "d"} {
			wait.Go(func() {
				db, err := store.Open(context.Background(), s.options(owner))
				if err != nil {
					t.Errorf("%s: %v", owner, err)
					return
				}
				defer db.Close()
				if err := db.Note(context.Background(), store.Step{Event: "started", SeriesID: "s", Version: 1}); err != nil {
					t.Errorf("%s: %v", owner, err)
				}
			})
		}
		wait.Wait()
		steps, err := s.open("e").JournalOf(t.Context(), "s", 1)
		if err != nil || len(steps) != 4 {
			t.Errorf("journal %v, %v", steps, err)
		}
	})
}

// testOneOfMany: on a state directory one of several daemons starts, the others are told why they do not.
func testOneOfMany(t *testing.T, s *site) {
	results := make(chan error, 4)
	opened := make(chan *store.DB, 4)
	for range cap(results) {
		go func() {
			db, err := store.Open(context.Background(), s.options("daemon"))
			if err == nil {
				opened <- db
			}
			results <- err
		}()
	}
	locked := 0
	for range cap(results) {
		if err := <-results; errors.Is(err, store.ErrLocked) {
			locked++
		} else if err != nil {
			t.Error(err)
		}
	}
	if locked != 3 {
		t.Errorf("%d were told that another works here, want 3", locked)
	}
	must(t, (<-opened).Close())
}

// TestBinding pins what the queries rely on: both drivers bind $N by its number, not by its place.
func TestBinding(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		db := s.open("daemon")
		got, err := db.QueryText(t.Context(), "SELECT CAST($2 AS TEXT) || CAST($1 AS TEXT) || CAST($2 AS TEXT)", "a", "b")
		if err != nil || len(got) != 1 || got[0] != "bab" {
			t.Errorf("$2$1$2 of a, b: %v, %v, want bab", got, err)
		}
	})
}

// TestDurability pins how the writer of a state directory is set up.
func TestDurability(t *testing.T) {
	s := &site{t: t, dir: t.TempDir(), now: newClock()}
	db := s.open("daemon")
	for pragma, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000",
	} {
		if got := db.WriterPragma(t, pragma); got != want {
			t.Errorf("%s = %s, want %s", pragma, got, want)
		}
	}
	if err := db.Exec(t.Context(), `INSERT INTO mailbox SELECT "no column", 1, 1, 1`); err == nil {
		t.Error("a misspelt column was taken for a text")
	}
	if _, err := db.QueryText(t.Context(), "DELETE FROM mailbox RETURNING name"); err == nil {
		t.Error("a reader wrote")
	}
	for name, want := range map[string]fs.FileMode{
		"raw": 0o700, "patchbot.db": 0o600, "patchbot.db-wal": 0o600, "daemon.lock": 0o600,
	} {
		if info, err := os.Stat(filepath.Join(s.dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want mode %v", name, info, err, want)
		}
	}
}
