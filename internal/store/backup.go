package store

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"
)

// Backup writes the whole state as a tar archive that is a state directory: the database as it was at one moment, and the
// bytes of all mails that it names. A daemon may work meanwhile. The state of a PostgreSQL database comes as SQLite, which
// Copy puts back. scratch is a directory with room for the database.
func (db *DB) Backup(ctx context.Context, w io.Writer, scratch string) error {
	dir, err := os.MkdirTemp(scratch, "patchbot-backup-")
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, databaseFile)
	if db.engine == sqlite {
		_, err = db.write.ExecContext(ctx, "VACUUM INTO $1", file)
	} else {
		err = db.copyTo(ctx, dir)
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	saved := &DB{engine: sqlite, raws: db.raws}
	if err := saved.connectSQLite(ctx, file, true); err != nil {
		return errors.Join(fmt.Errorf("backup: %w", err), saved.Close())
	}
	err = saved.archive(ctx, w, file)
	if err = errors.Join(err, saved.Close()); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// copyTo makes a state directory of another engine's state.
func (db *DB) copyTo(ctx context.Context, dir string) error {
	to, err := Open(ctx, Options{Dir: dir, Now: db.now, Log: db.log})
	if err != nil {
		return err
	}
	_, _, err = Copy(ctx, db, to)
	return errors.Join(err, to.Close())
}

// archive writes a database file that nobody changes, and the bytes that it names. A damaged one is refused: a backup that
// cannot be restored is worse than none.
func (db *DB) archive(ctx context.Context, w io.Writer, file string) error {
	var verdict string
	if err := db.read.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("the database is damaged: %s", verdict)
	}
	hashes, err := db.column(ctx, rawHashes)
	if err != nil {
		return err
	}
	out := tar.NewWriter(w)
	if err := addFile(out, databaseFile, file); err != nil {
		return err
	}
	for _, hash := range hashes {
		raw, err := db.getRaw(ctx, hash)
		if err != nil {
			return err
		}
		name := path.Join(rawDir, hash[:2], hash[2:4], hash)
		if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(raw)), ModTime: time.Unix(0, 0)}); err != nil {
			return err
		}
		if _, err := out.Write(raw); err != nil {
			return err
		}
	}
	return out.Close()
}

func addFile(out *tar.Writer, name, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), ModTime: time.Unix(0, 0)}); err != nil {
		return err
	}
	_, err = io.Copy(out, f)
	return err
}
