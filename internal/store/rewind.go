package store

import (
	"context"
	"fmt"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

const (
	// skewed is by how much the clocks of two daemons may differ without one correcting the other.
	skewed = time.Minute
	// longestWait is more than any mail, link or mark waits for its turn by intention.
	longestWait = 26 * time.Hour
)

// Rewind repairs what a clock that went ahead has left behind once it is right again: work that was stamped later than now
// would else rest until that time comes. It keeps the waits that were meant, counted from now. It gives the number of rows
// that it changed.
func (db *DB) Rewind(ctx context.Context) (int, error) {
	now := db.now()
	var changed int64
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		series, err := q.RewindSeries(ctx, sqlgen.RewindSeriesParams{
			Never: never, Now: millis(now), Latest: millis(now.Add(skewed)), Future: millis(now.Add(skewed)),
		})
		if err != nil {
			return err
		}
		mails, err := q.RewindOutbox(ctx, sqlgen.RewindOutboxParams{
			Never: never, Now: millis(now), Latest: millis(now.Add(skewed)), Future: millis(now.Add(skewed)), Longest: longestWait.Milliseconds(),
		})
		if err != nil {
			return err
		}
		links, err := q.RewindLinkJobs(ctx, sqlgen.RewindLinkJobsParams{Now: millis(now), Longest: longestWait.Milliseconds()})
		if err != nil {
			return err
		}
		marks, err := q.RewindMarks(ctx, sqlgen.RewindMarksParams{Now: millis(now), Longest: longestWait.Milliseconds()})
		changed = series + mails + links + marks
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("rewind what a wrong clock left: %w", err)
	}
	return int(changed), nil
}
