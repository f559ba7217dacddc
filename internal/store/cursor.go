package store

import (
	"context"
	"errors"
	"fmt"

	"patchbot/internal/store/internal/sqlgen"
)

// Cursor is how far a mailbox has been read: every message up to UID is recorded (RFC 9051, section 2.3.1.1). A UID means
// nothing under another UIDValidity. The zero Cursor is that of a mailbox never read.
type Cursor struct {
	UIDValidity, UID uint32
}

// Cursor reads the cursor of a mailbox.
func (db *DB) Cursor(ctx context.Context, mailbox string) (Cursor, error) {
	row, err := db.reads().MailboxByName(ctx, ident(mailbox))
	if err = found(err); errors.Is(err, ErrNotFound) {
		return Cursor{}, nil
	}
	if err != nil {
		return Cursor{}, fmt.Errorf("read cursor of %s: %w", mailbox, err)
	}
	return Cursor{UIDValidity: uint32(row.UidValidity), UID: uint32(row.Uid)}, nil
}

// SetCursor puts the cursor of a mailbox anywhere, also back.
func (db *DB) SetCursor(ctx context.Context, mailbox string, c Cursor) error {
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		return q.SetMailbox(ctx, sqlgen.SetMailboxParams{
			Name: ident(mailbox), UidValidity: int64(c.UIDValidity), Uid: int64(c.UID), Moved: millis(db.now()),
		})
	})
	if err != nil {
		return fmt.Errorf("set cursor of %s: %w", mailbox, err)
	}
	return nil
}

// advance moves a cursor forward; under the same UIDValidity it never goes back, whatever the order of two daemons.
func (db *DB) advance(ctx context.Context, q *sqlgen.Queries, mailbox string, c *Cursor) error {
	if c == nil {
		return nil
	}
	err := q.AdvanceMailbox(ctx, sqlgen.AdvanceMailboxParams{
		Name: ident(mailbox), UidValidity: int64(c.UIDValidity), Uid: int64(c.UID), Moved: millis(db.now()),
	})
	if err != nil {
		return fmt.Errorf("move cursor of %s: %w", mailbox, err)
	}
	return nil
}
