package store

import (
	"context"
	"fmt"
	"time"
)

// Clock is what time the database server thinks it is. It is false on SQLite, which has no clock of its own. The store
// never uses it: it is for telling an operator that two machines disagree.
func (db *DB) Clock(ctx context.Context) (time.Time, bool, error) {
	if db.engine != postgresql {
		return time.Time{}, false, nil
	}
	var at int64
	err := db.read.QueryRowContext(ctx, "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)").Scan(&at)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("ask the database for the time: %w", err)
	}
	return moment(at), true, nil
}
