// Package store keeps what the bot knows: the messages it took or ignored and why, the series they make, the reports of
// their reviews, the mails to send, and the journal of every step. It is SQLite in the state directory by default, and
// PostgreSQL when several daemons share one database; the schema and the queries are the same text for both.
//
// Its law: recorded before acted on. Every method that writes is one transaction, which either happened or did not when
// the process is killed. The bytes of a mail are durable before the row that names them. Work is claimed by a lease, and
// every write of a claimant carries the epoch of its claim, so a claimant that lost its lease changes nothing
// ([ErrFenced]). A mail is marked as being sent before a connection is made: a crash leaves it [StateSending], to be
// probed for, never silently sent twice.
//
// It refuses to know mail formats, patches, networks and clocks: every time comes from [Options].Now, and every text is
// kept as given, except that bytes no database can hold are replaced (see [Message]).
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

var (
	// ErrLocked means that another daemon works in the same state directory.
	ErrLocked = errors.New("another daemon uses this state directory")
	// ErrNotFound means that there is no such row, or that it is not in a state that the call could change.
	ErrNotFound = errors.New("not found")
	// ErrFenced means that the claim was lost: its lease ended and another claimed the work, or the work itself changed
	// under it. Nothing was written. The claimant drops what it has done.
	ErrFenced = errors.New("the claim was lost")
	// ErrStale means that an assembly did not know all the messages of the series that it would change. Nothing was
	// written. The caller asks for the related messages again and repeats.
	ErrStale = errors.New("the assembly misses messages recorded since")
	// ErrNewerSchema means that a newer patchbot has migrated the database.
	ErrNewerSchema = errors.New("the database belongs to a newer patchbot")
	// ErrOlderSchema means that the database has not been migrated yet and was opened in a mode that does not migrate.
	ErrOlderSchema = errors.New("the database waits for its migration")
	// ErrCorrupt means that stored bytes are not those that were recorded.
	ErrCorrupt = errors.New("stored bytes do not have the recorded hash")
)

// Options says what to open. Now and Log may be nil: the system's clock, no log.
type Options struct {
	Dir string // state directory, made when it does not exist; on PostgreSQL it may be empty
	URL string // empty for SQLite in Dir, else postgres://… as pgx reads it

	// ReadOnly opens for reading alone, beside a daemon or without one. No method that writes works.
	ReadOnly bool
	// Beside opens for writing next to a running daemon, for a command that changes a row: it takes no lock on the
	// directory, migrates nothing and frees no lease.
	Beside bool

	Owner string // names this process in leases and in the journal, unique among all that use the database; empty: made up
	Now   func() time.Time
	Log   *slog.Logger
}

// DB is an open store. It is safe for concurrent use.
type DB struct {
	engine engine
	write  *sql.DB // one connection on SQLite
	read   *sql.DB // the same as write on PostgreSQL
	raws   rawStore
	lock   *os.File // held exclusively by a SQLite daemon, else nil

	owner    string
	now      func() time.Time
	log      *slog.Logger
	readOnly bool
	seq      atomic.Int64 // number of the last journal step written here
}

// Open opens the store, migrates its schema when needed, and, in a daemon's state directory, frees what the last daemon
// held. Errors worth telling apart: ErrLocked, ErrNewerSchema, ErrOlderSchema, and fs.ErrNotExist when there is nothing
// to read yet.
func Open(ctx context.Context, o Options) (*DB, error) {
	db := &DB{owner: o.Owner, now: o.Now, log: o.Log, readOnly: o.ReadOnly}
	if db.now == nil {
		db.now = time.Now
	}
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	if db.owner == "" {
		db.owner = madeUpOwner()
	}
	db.owner = ident(db.owner)

	open := db.openSQLite
	if o.URL != "" {
		if !strings.HasPrefix(o.URL, "postgres://") && !strings.HasPrefix(o.URL, "postgresql://") {
			return nil, errors.New("open store: the URL must begin with postgres://")
		}
		open = db.openPostgres
	}
	err := open(ctx, o)
	if err == nil {
		err = db.start(ctx, o)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), db.Close())
	}
	return db, nil
}

// start brings an opened database to the state in which work can begin.
func (db *DB) start(ctx context.Context, o Options) error {
	if err := db.migrate(ctx, !o.ReadOnly && !o.Beside); err != nil {
		return err
	}
	last, err := db.reads().LastStep(ctx)
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	db.seq.Store(last)
	if db.lock == nil {
		return nil
	}
	return db.freeLeases(ctx)
}

// freeLeases ends the leases of the daemon before us, which is dead since we hold its lock.
func (db *DB) freeLeases(ctx context.Context) error {
	return db.tx(ctx, func(q *sqlgen.Queries) error {
		series, err := q.FreeSeries(ctx)
		if err != nil {
			return fmt.Errorf("free the leases of series: %w", err)
		}
		mails, err := q.FreeOutbox(ctx)
		if err != nil {
			return fmt.Errorf("free the leases of the outbox: %w", err)
		}
		links, err := q.FreeLinkJobs(ctx)
		if err != nil {
			return fmt.Errorf("free the leases of links: %w", err)
		}
		if _, err := q.FreeMarks(ctx); err != nil {
			return fmt.Errorf("free the leases of marks: %w", err)
		}
		if series+mails+links > 0 {
			db.log.Info("work of the last daemon taken over", "series", series, "mails", mails, "links", links)
		}
		return nil
	})
}

// Close ends all connections and gives the state directory free.
func (db *DB) Close() error {
	var errs []error
	if db.read != nil && db.read != db.write {
		errs = append(errs, db.read.Close())
	}
	if db.write != nil {
		errs = append(errs, db.write.Close())
	}
	if db.lock != nil {
		errs = append(errs, unlock(db.lock))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// Owner is the name of this process in leases.
func (db *DB) Owner() string { return db.owner }

// Engine is "sqlite" or "postgresql".
func (db *DB) Engine() string { return db.engine.String() }

// reads runs queries outside a transaction.
func (db *DB) reads() *sqlgen.Queries { return sqlgen.New(db.engine.conn(db.read)) }

// tx runs fn in one write transaction: all of it happens or nothing.
func (db *DB) tx(ctx context.Context, fn func(*sqlgen.Queries) error) error {
	if db.readOnly {
		return errors.New("the store is open for reading only")
	}
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	// After a commit this does nothing; after a failure it adds nothing to what is known of it, even when it fails too.
	defer func() { _ = tx.Rollback() }()
	if err := fn(sqlgen.New(db.engine.conn(tx))); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// fenced turns the count of changed rows of a fenced write into its verdict.
func fenced(rows int64, err error) error {
	if err == nil && rows == 0 {
		return ErrFenced
	}
	return err
}

// found makes the absence of a row the sentinel of this package.
func found(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}
