package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

// Mark is what is to be shown of a series version where people look at patches. FinishSeries and FinishLinks put it in
// their transaction, PutMark alone.
type Mark struct {
	SeriesID string
	Version  int
	Body     []byte    // JSON, kept as it is
	Put      time.Time // when it became true
	Attempts int       // claims so far
	Epoch    int64
}

// PutMark makes a mark due now, in the place of one that was not shown yet. A claim of that one is void, but nobody else
// gets one before it ends: what is on its way must not arrive after what came later.
func (db *DB) PutMark(ctx context.Context, seriesID string, version int, body []byte) error {
	err := db.tx(ctx, func(q *sqlgen.Queries) error { return db.putMark(ctx, q, seriesID, version, body) })
	if err != nil {
		return fmt.Errorf("put mark of series %s v%d: %w", seriesID, version, err)
	}
	return nil
}

func (db *DB) putMark(ctx context.Context, q *sqlgen.Queries, seriesID string, version int, body []byte) error {
	if len(body) == 0 {
		return nil
	}
	return q.PutMark(ctx, sqlgen.PutMarkParams{
		SeriesID: ident(seriesID), Version: int64(version), Body: text(string(body)), PutAt: millis(db.now()),
	})
}

// ClaimMark takes the mark that is due the longest, for as long as lease lasts. Nil when none is due.
func (db *DB) ClaimMark(ctx context.Context, lease time.Duration) (*Mark, error) {
	now := db.now()
	var m *Mark
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		r, err := q.ClaimMark(ctx, sqlgen.ClaimMarkParams{Owner: db.owner, Lease: millis(now.Add(lease)), Now: millis(now)})
		if err != nil {
			return found(err)
		}
		m = &Mark{
			SeriesID: r.SeriesID, Version: int(r.Version), Body: []byte(r.Body), Put: moment(r.PutAt), Attempts: int(r.Attempts), Epoch: r.Epoch,
		}
		return nil
	})
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("claim mark: %w", err)
	}
	return m, nil
}

// EndMark ends a claim: nothing is to be shown any more. The steps are written with it.
func (db *DB) EndMark(ctx context.Context, m *Mark, steps ...Step) error {
	err := db.leaving(ctx, m, func(q *sqlgen.Queries) error {
		err := fenced(q.EndMark(ctx, sqlgen.EndMarkParams{SeriesID: m.SeriesID, Version: int64(m.Version), Epoch: m.Epoch, Owner: db.owner}))
		if err != nil {
			return err
		}
		return db.journal(ctx, q, Step{SeriesID: m.SeriesID, Version: m.Version}, steps...)
	})
	if err != nil {
		return fmt.Errorf("end mark of series %s v%d: %w", m.SeriesID, m.Version, err)
	}
	return nil
}

// ReleaseMark gives a claim back undone: it is due again at runAt.
func (db *DB) ReleaseMark(ctx context.Context, m *Mark, runAt time.Time, cause string) error {
	err := db.leaving(ctx, m, func(q *sqlgen.Queries) error {
		return fenced(q.ReleaseMark(ctx, sqlgen.ReleaseMarkParams{
			RunAt: due(runAt, millis(db.now())), Error: text(cause), SeriesID: m.SeriesID, Version: int64(m.Version), Epoch: m.Epoch, Owner: db.owner,
		}))
	})
	if err != nil {
		return fmt.Errorf("release mark of series %s v%d: %w", m.SeriesID, m.Version, err)
	}
	return nil
}

// PostponeMark gives a claim back as if the mark became true at runAt: nothing failed, it is not time for it yet.
func (db *DB) PostponeMark(ctx context.Context, m *Mark, runAt time.Time) error {
	err := db.leaving(ctx, m, func(q *sqlgen.Queries) error {
		return fenced(q.PostponeMark(ctx, sqlgen.PostponeMarkParams{
			RunAt: due(runAt, millis(db.now())), SeriesID: m.SeriesID, Version: int64(m.Version), Epoch: m.Epoch, Owner: db.owner,
		}))
	})
	if err != nil {
		return fmt.Errorf("postpone mark of series %s v%d: %w", m.SeriesID, m.Version, err)
	}
	return nil
}

// leaving ends a claim, and lets others have the mark where a newer one has voided the claim.
func (db *DB) leaving(ctx context.Context, m *Mark, end func(*sqlgen.Queries) error) error {
	var void error
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		if err := end(q); !errors.Is(err, ErrFenced) {
			return err
		}
		void = ErrFenced
		return q.LeaveMark(ctx, sqlgen.LeaveMarkParams{SeriesID: m.SeriesID, Version: int64(m.Version), Epoch: m.Epoch, Owner: db.owner})
	})
	return errors.Join(err, void)
}

// NextMark is the earliest time at which ClaimMark would find something, false for never.
func (db *DB) NextMark(ctx context.Context) (time.Time, bool, error) {
	next, err := db.reads().NextMark(ctx, never)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read next due mark: %w", err)
	}
	return moment(next), next != never, nil
}
