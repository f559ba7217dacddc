package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver named "sqlite"; binds $N by number, as the queries need
)

const (
	databaseFile = "patchbot.db"
	lockFile     = "daemon.lock"
	rawDir       = "raw"
)

// openSQLite opens the database of a state directory.
func (db *DB) openSQLite(ctx context.Context, o Options) error {
	db.engine = sqlite
	dir, err := filepath.Abs(o.Dir)
	if err != nil || o.Dir == "" {
		return fmt.Errorf("state directory %q: not usable as a path", o.Dir)
	}
	file := filepath.Join(dir, databaseFile)
	files := newRawFiles(filepath.Join(dir, rawDir))
	db.raws = files
	if o.ReadOnly || o.Beside {
		if _, err := os.Stat(file); err != nil {
			return fmt.Errorf("no database yet: %w", err)
		}
		return db.connectSQLite(ctx, file, o.ReadOnly)
	}
	if err := db.takeDir(dir, file); err != nil {
		return err
	}
	if err := files.prepare(); err != nil {
		return err
	}
	return db.connectSQLite(ctx, file, false)
}

// takeDir makes a state directory, holds its lock, and makes the database file.
func (db *DB) takeDir(dir, file string) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if db.lock, err = lockExclusively(filepath.Join(dir, lockFile)); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	// Mails are private even where the directory is not. The files that SQLite puts beside this one take over its mode.
	made, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return made.Close()
}

// connectSQLite opens the writer, of one connection since SQLite has one writer at a time, and the pool of readers, which
// WAL lets work beside it. The writer comes first: it makes the file and turns WAL on.
func (db *DB) connectSQLite(ctx context.Context, file string, readOnly bool) (err error) {
	if !readOnly {
		db.write, err = sql.Open("sqlite", sqliteDSN(file, "rwc", "immediate",
			"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"))
		if err != nil {
			return err
		}
		db.write.SetMaxOpenConns(1)
		if err := db.write.PingContext(ctx); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	db.read, err = sql.Open("sqlite", sqliteDSN(file, "ro", "deferred", "query_only(1)"))
	if err != nil {
		return err
	}
	db.read.SetMaxOpenConns(4)
	if err := db.read.PingContext(ctx); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// sqliteDSN names a database file and how each connection to it behaves. Every transaction takes its lock at once
// (txlock): one that reads first and writes later could not wait for the other writer and would fail.
func sqliteDSN(file, mode, txlock string, pragmas ...string) string {
	query := url.Values{
		"mode": {mode}, "_txlock": {txlock}, "_dqs": {"0"},
		"_pragma": append([]string{"busy_timeout(10000)"}, pragmas...),
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(file), OmitHost: true, RawQuery: query.Encode()}).String()
}
