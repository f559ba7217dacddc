package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"patchbot/internal/config"
	"patchbot/internal/store"
)

type backupCommand struct {
	File string `arg:"" help:"The archive to write, or - for standard output."`
}

// Help is shown by --help.
func (backupCommand) Help() string {
	return "The archive is a tar of a state directory: database and mails as they were at one moment. The daemon may run.\n" +
		"To restore it, stop the daemon and unpack it into an empty state directory. Mirrors of repositories are not in it: the\ndaemon makes them anew.\n\n" +
		examples("patchbot backup /var/backups/patchbot.tar", "patchbot backup - | zstd >patchbot.tar.zst")
}

// Run writes the backup. A file appears under its name only when it is complete.
func (c backupCommand) Run(ctx context.Context, sh *Shell) error {
	conf, err := loadConfig(sh, false)
	if err != nil {
		return err
	}
	db, err := besideStore(ctx, conf)
	if err != nil {
		return err
	}
	defer db.Close()
	if c.File == "-" {
		return db.Backup(ctx, sh.Out, os.TempDir())
	}
	return writeWhole(c.File, func(w io.Writer) error { return db.Backup(ctx, w, filepath.Dir(c.File)) })
}

// writeWhole writes a private file that appears under its name when it is complete and on the disk.
func writeWhole(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, rootCause(err))
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// besideStore opens the state for writing, next to a daemon or without one.
func besideStore(ctx context.Context, conf *config.Config) (*store.DB, error) {
	db, err := store.Open(ctx, store.Options{Dir: conf.StateDir, URL: conf.Store.URL, Now: time.Now, Beside: true})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &failure{status: exitFailure, err: fmt.Errorf("no state in %s", conf.StateDir), hints: []string{"the daemon has never run with this configuration"}}
	}
	return db, err
}

type storeCommand struct {
	Copy storeCopy `cmd:"" help:"Copy a whole state into an empty place, also from SQLite to PostgreSQL and back."`
}

type storeCopy struct {
	From string `arg:"" help:"State directory, or postgres:// URL."`
	To   string `arg:"" help:"State directory, or postgres:// URL: empty, or not there yet."`
}

// Help is shown by --help.
func (storeCopy) Help() string {
	return "Stop the daemon first; then set [store] url or state_dir to the new place, and start it. The password of a database\nstands in PGPASSWORD or ~/.pgpass rather than in the URL, which others can see in the list of processes.\n\n" +
		examples("patchbot store copy /var/lib/patchbot postgres://patchbot@db.example.org/patchbot", "patchbot store copy postgres://patchbot@db.example.org/patchbot ./state")
}

// Run copies.
func (c storeCopy) Run(ctx context.Context, sh *Shell) error {
	from, err := openPlace(ctx, c.From, true)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := openPlace(ctx, c.To, false)
	if err != nil {
		return err
	}
	defer to.Close()
	rows, mails, err := store.Copy(ctx, from, to)
	if errors.Is(err, store.ErrNotEmpty) {
		return usage(err, "copy into a fresh directory or database; two states cannot be mixed")
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(sh.Out, "copied %d rows and %d mails from %s to %s\n", rows, mails, from.Engine(), to.Engine())
	return nil
}

// openPlace opens a state by its directory or URL. A directory that is copied from must not change meanwhile: a daemon that
// works in it is an error.
func openPlace(ctx context.Context, place string, source bool) (*store.DB, error) {
	o := store.Options{Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	if remote(place) {
		o.URL, o.ReadOnly = place, source
	} else {
		o.Dir = place
		if _, err := os.Stat(filepath.Join(place, "patchbot.db")); source && err != nil {
			return nil, usage(fmt.Errorf("no state in %s", place), "name the state_dir of the daemon")
		}
	}
	db, err := store.Open(ctx, o)
	if errors.Is(err, store.ErrLocked) {
		return nil, &failure{status: exitFailure, err: err, hints: []string{"stop the daemon first"}}
	}
	return db, err
}
