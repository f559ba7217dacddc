package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// tables are all tables that hold state, each after those that it refers to. Raw mails are copied as bytes, whatever holds
// them.
func tables() []string {
	return []string{"mailbox", "wiki", "message", "message_ref", "step", "series", "report", "outbox", "health", "link", "link_use", "link_job", "need", "incident", "mark"}
}

// ErrNotEmpty means that a store which should take over another one's state has one of its own.
var ErrNotEmpty = errors.New("the store is not empty")

// Copy puts the state of one store, of either engine, into an empty one, of either engine. What it reads is of one moment.
// The bytes of mails come before the rows that name them. It returns how many rows and mails it copied, and fails with
// ErrNotEmpty rather than mixing two states.
func Copy(ctx context.Context, from, to *DB) (rows, mails int, err error) {
	if to.readOnly {
		return 0, 0, errors.New("copy: the target is open for reading only")
	}
	for _, table := range tables() {
		var n int
		if err := to.read.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
			return 0, 0, fmt.Errorf("copy: look at the target: %w", err)
		}
		if n > 0 {
			return 0, 0, fmt.Errorf("copy: table %s: %w", table, ErrNotEmpty)
		}
	}
	source, err := from.read.BeginTx(ctx, &sql.TxOptions{Isolation: from.engine.snapshot(), ReadOnly: from.engine == postgresql})
	if err != nil {
		return 0, 0, fmt.Errorf("copy: begin: %w", err)
	}
	defer func() { _ = source.Rollback() }() // it only reads
	if mails, err = copyRaws(ctx, source, from, to); err != nil {
		return 0, 0, fmt.Errorf("copy mails: %w", err)
	}
	target, err := to.write.BeginTx(ctx, nil)
	if err != nil {
		return 0, 0, fmt.Errorf("copy: begin: %w", err)
	}
	defer func() { _ = target.Rollback() }() // after a commit this does nothing
	for _, table := range tables() {
		n, err := copyTable(ctx, source, target, table)
		if err != nil {
			return 0, 0, fmt.Errorf("copy table %s: %w", table, err)
		}
		rows += n
	}
	if err := target.Commit(); err != nil {
		return 0, 0, fmt.Errorf("copy: commit: %w", err)
	}
	return rows, mails, nil
}

// snapshot is the isolation that shows one moment to a whole transaction.
func (e engine) snapshot() sql.IsolationLevel {
	if e == postgresql {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault // SQLite knows no other
}

// rawHashes are the names of all bytes that rows refer to.
const rawHashes = "SELECT raw_hash FROM message WHERE raw_hash <> '' UNION SELECT raw_hash FROM outbox WHERE raw_hash <> ''"

func copyRaws(ctx context.Context, source *sql.Tx, from, to *DB) (int, error) {
	rows, err := source.QueryContext(ctx, rawHashes)
	if err != nil {
		return 0, err
	}
	hashes, err := scanColumn(rows)
	if err != nil {
		return 0, err
	}
	for _, hash := range hashes {
		raw, err := from.getRaw(ctx, hash)
		if err != nil {
			return 0, err
		}
		if _, err := to.putRaw(ctx, raw); err != nil {
			return 0, err
		}
	}
	return len(hashes), nil
}

func copyTable(ctx context.Context, source, target *sql.Tx, table string) (int, error) {
	rows, err := source.QueryContext(ctx, "SELECT * FROM "+table)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	marks := make([]string, len(columns))
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for i := range columns {
		marks[i], places[i] = "$"+strconv.Itoa(i+1), &values[i]
	}
	insert, err := target.PrepareContext(ctx, "INSERT INTO "+table+" ("+strings.Join(columns, ", ")+") VALUES ("+strings.Join(marks, ", ")+")")
	if err != nil {
		return 0, err
	}
	defer insert.Close()
	n := 0
	for ; rows.Next(); n++ {
		if err := rows.Scan(places...); err != nil {
			return 0, err
		}
		if _, err := insert.ExecContext(ctx, values...); err != nil {
			return 0, err
		}
	}
	return n, rows.Err()
}
