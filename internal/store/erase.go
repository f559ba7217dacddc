package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// KindErased is the kind of a message of which nothing is left but its key, which is a hash: enough to know the mail if
// the mailbox shows it again, so that it is not answered a second time.
const KindErased = "erased"

// Erased counts what was taken away.
type Erased struct {
	Series   int // with all their versions, messages, reports and replies
	Messages int // of no such series, with their bytes and journals
}

// eraseAtOnce bounds one transaction, so that a daemon can work between two of them.
const eraseAtOnce = 100

// Purge erases what has rested since before a time: series of which no version is open or has changed since, and messages
// of no series that arrived before. What it erases cannot be brought back but from a backup.
func (db *DB) Purge(ctx context.Context, before time.Time) (Erased, error) {
	series, err := db.column(ctx, `SELECT id FROM series GROUP BY id
		HAVING MAX(updated) < $1 AND MAX(CASE WHEN state IN ('incomplete', 'ready') AND run_at < $2 THEN 1 ELSE 0 END) = 0`,
		millis(before), int64(never))
	if err != nil {
		return Erased{}, fmt.Errorf("find what to purge: %w", err)
	}
	loose, err := db.column(ctx, "SELECT key FROM message WHERE series_id = '' AND arrived < $1 AND kind <> $2", millis(before), KindErased)
	if err != nil {
		return Erased{}, fmt.Errorf("find what to purge: %w", err)
	}
	done, err := db.erase(ctx, series, loose)
	if err == nil {
		err = db.eraseNotices(ctx, before)
	}
	if err == nil && done != (Erased{}) {
		err = db.scrub(ctx)
	}
	if err != nil {
		return done, fmt.Errorf("purge: %w", err)
	}
	return done, nil
}

// eraseNotices takes away the mails of the bot about no series that have left, or never will, and are older than a time.
func (db *DB) eraseNotices(ctx context.Context, before time.Time) error {
	keys, err := db.column(ctx, "SELECT key FROM outbox WHERE series_id = '' AND version = 0 AND state IN ('sent', 'failed') AND created < $1", millis(before))
	if err != nil {
		return err
	}
	for batch := range slices.Chunk(keys, eraseAtOnce) {
		if err := db.eraseSome(ctx, batch, eraseNotice); err != nil {
			return err
		}
	}
	return nil
}

func eraseNotice(ctx context.Context, tx *sql.Tx, key string) ([]string, error) {
	return takeAway(ctx, tx, key, "SELECT raw_hash FROM outbox WHERE key = $1",
		"DELETE FROM step WHERE message_id IN (SELECT message_id FROM outbox WHERE key = $1)",
		"DELETE FROM outbox WHERE key = $1")
}

// Forget erases everything of a person, by the address that patches and other mails came from: the series, open ones
// too, with what was answered, and every other message. Mails of other people that quote the person stay.
func (db *DB) Forget(ctx context.Context, address string) (Erased, error) {
	who := strings.ToLower(ident(address))
	fail := func(done Erased, err error) (Erased, error) { return done, fmt.Errorf("forget: %w", err) }
	series, err := db.column(ctx, "SELECT DISTINCT id FROM series WHERE LOWER(author_email) = $1", who)
	if err != nil {
		return fail(Erased{}, err)
	}
	done, err := db.erase(ctx, series, nil)
	if err != nil {
		return fail(done, err)
	}
	messages, err := db.column(ctx, "SELECT key FROM message WHERE LOWER(author) = $1", who)
	if err != nil {
		return fail(done, err)
	}
	loose, err := db.erase(ctx, nil, messages)
	done.Messages = loose.Messages
	if err == nil {
		_, err = db.write.ExecContext(ctx, "DELETE FROM link_use WHERE LOWER(sender) = $1", who)
	}
	if err == nil {
		err = db.scrub(ctx)
	}
	if err != nil {
		return fail(done, err)
	}
	return done, nil
}

// column reads the only column of all rows of a query.
func (db *DB) column(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return scanColumn(rows)
}

func scanColumn(rows *sql.Rows) ([]string, error) {
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, rows.Err()
}

// erase takes series and messages away, some at a time.
func (db *DB) erase(ctx context.Context, series, messages []string) (Erased, error) {
	var done Erased
	if db.readOnly {
		return done, errors.New("the store is open for reading only")
	}
	for batch := range slices.Chunk(series, eraseAtOnce) {
		if err := db.eraseSome(ctx, batch, eraseSeries); err != nil {
			return done, err
		}
		done.Series += len(batch)
	}
	for batch := range slices.Chunk(messages, eraseAtOnce) {
		if err := db.eraseSome(ctx, batch, eraseMessage); err != nil {
			return done, err
		}
		done.Messages += len(batch)
	}
	return done, nil
}

// scrub writes the file of SQLite anew, without what was erased. Overwriting the places of the rows would not do: pages that
// were split or filled anew hold older copies of them, and so does the log.
func (db *DB) scrub(ctx context.Context) error {
	if db.engine != sqlite {
		return nil
	}
	for _, statement := range []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} {
		if _, err := db.write.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("write the database anew: %w", err)
		}
	}
	return nil
}

// eraseSome takes a few away in one transaction, and then the bytes that no row names any more.
func (db *DB) eraseSome(ctx context.Context, ids []string, one func(context.Context, *sql.Tx, string) ([]string, error)) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // after a commit this does nothing
	var hashes []string
	for _, id := range ids {
		more, err := one(ctx, tx, id)
		if err != nil {
			return err
		}
		hashes = append(hashes, more...)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return db.dropRaws(ctx, hashes)
}

// takeAway reads the hashes of the bytes that go with something, then runs the statements that take it away.
func takeAway(ctx context.Context, tx *sql.Tx, id, hashes string, statements ...string) ([]string, error) {
	rows, err := tx.QueryContext(ctx, hashes, id)
	if err != nil {
		return nil, err
	}
	found, err := scanColumn(rows)
	if err != nil {
		return nil, err
	}
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement, id); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// eraseSeries takes a series away with everything that hangs on it, and gives the hashes of its bytes.
func eraseSeries(ctx context.Context, tx *sql.Tx, id string) ([]string, error) {
	return takeAway(ctx, tx, id, "SELECT raw_hash FROM message WHERE series_id = $1 UNION SELECT raw_hash FROM outbox WHERE series_id = $1",
		"DELETE FROM step WHERE series_id = $1 OR message_id IN (SELECT message_id FROM message WHERE series_id = $1 UNION SELECT message_id FROM outbox WHERE series_id = $1)",
		"DELETE FROM message_ref WHERE message_key IN (SELECT key FROM message WHERE series_id = $1)",
		"DELETE FROM message_ref WHERE id IN (SELECT message_id FROM outbox WHERE series_id = $1)",
		"UPDATE message SET "+tombstone+" WHERE series_id = $1",
		"DELETE FROM outbox WHERE series_id = $1",
		"DELETE FROM series WHERE id = $1") // reports and jobs go with it
}

// tombstone is what stays of a message.
const tombstone = "message_id = '', body_hash = '', raw_hash = '', author = '', subject = '', kind = '" + KindErased +
	"', reason = '', detail = '', refs = '[]', series_id = '', version = 0, position = 0"

// eraseMessage takes one message away, and gives the hash of its bytes.
func eraseMessage(ctx context.Context, tx *sql.Tx, key string) ([]string, error) {
	return takeAway(ctx, tx, key, "SELECT raw_hash FROM message WHERE key = $1 AND raw_hash <> ''",
		"DELETE FROM step WHERE message_id IN (SELECT message_id FROM message WHERE key = $1 AND message_id <> '')",
		"DELETE FROM message_ref WHERE message_key = $1",
		"UPDATE message SET "+tombstone+" WHERE key = $1")
}

// dropRaws removes the bytes of those hashes that no row names.
func (db *DB) dropRaws(ctx context.Context, hashes []string) error {
	slices.Sort(hashes)
	hashes = slices.DeleteFunc(slices.Compact(hashes), func(h string) bool { return h == "" })
	if len(hashes) == 0 {
		return nil
	}
	marks, args := make([]string, len(hashes)), make([]any, len(hashes))
	for i, h := range hashes {
		marks[i], args[i] = "$"+strconv.Itoa(i+1), h
	}
	in := "(" + strings.Join(marks, ", ") + ")"
	rows, err := db.write.QueryContext(ctx, "SELECT raw_hash FROM message WHERE raw_hash IN "+in+" UNION SELECT raw_hash FROM outbox WHERE raw_hash IN "+in, args...)
	if err != nil {
		return err
	}
	kept, err := scanColumn(rows)
	if err != nil {
		return err
	}
	for _, h := range hashes {
		if slices.Contains(kept, h) {
			continue
		}
		if err := db.raws.remove(ctx, h); err != nil {
			return fmt.Errorf("remove raw mail: %w", err)
		}
	}
	return nil
}

func (r *rawFiles) remove(_ context.Context, hash string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := os.Remove(r.path(hash)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (r rawRows) remove(ctx context.Context, hash string) error {
	_, err := r.db.write.ExecContext(ctx, "DELETE FROM raw WHERE hash = $1", hash)
	return err
}
