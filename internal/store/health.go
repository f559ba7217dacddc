package store

import (
	"context"
	"fmt"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

// Health is how one partner of the daemon is: its mailbox, a repository.
type Health struct {
	Name   string
	OK     bool
	Detail string    // for people, in English
	Since  time.Time // when OK last changed
	At     time.Time // when it was last looked at
}

// SetHealth notes how a partner is now.
func (db *DB) SetHealth(ctx context.Context, name string, ok bool, detail string) error {
	set := sqlgen.SetHealthParams{Name: ident(name), Detail: text(detail), At: millis(db.now())}
	if ok {
		set.Ok = 1
	}
	err := db.tx(ctx, func(q *sqlgen.Queries) error { return q.SetHealth(ctx, set) })
	if err != nil {
		return fmt.Errorf("write health of %s: %w", name, err)
	}
	return nil
}

// Health reads how all partners are, by name.
func (db *DB) Health(ctx context.Context) ([]Health, error) {
	rows, err := db.reads().Health(ctx)
	if err != nil {
		return nil, fmt.Errorf("read health: %w", err)
	}
	out := make([]Health, len(rows))
	for i, r := range rows {
		out[i] = Health{Name: r.Name, OK: r.Ok == 1, Detail: r.Detail, Since: moment(r.Since), At: moment(r.At)}
	}
	return out, nil
}
