package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

// FinishedReview is what comes of one claim of a series version.
type FinishedReview struct {
	State      string // the next state
	Verdict    string
	BaseCommit string
	Error      string    // for the operator, with StateFailed
	Report     []byte    // JSON, kept as it is; none when empty
	Applied    string    // commit that brought the version into the branch, empty while it is open
	Outbox     *Outbox   // a mail to send, or nil; its series version is that of the claim when empty
	Notices    []Outbox  // further mails; their series version is that of the claim when empty
	NextRun    time.Time // when it is due again in an open state; zero: only when it changes
	Steps      []Step
	Links      []byte    // JSON of the links to be asked again, see LinkJob; empty: none, also none of an earlier review
	LinksAt    time.Time // when
	Mark       []byte    // JSON of what is to be shown of it, see Mark; empty: nothing new
	KeepLinks  bool      // leave those of an earlier review as they are
}

// ClaimSeries takes the series version that is due the longest, for as long as lease lasts. Nil when none is due. The
// lease counts from before the claim, so that the claimant never believes in it longer than others do.
func (db *DB) ClaimSeries(ctx context.Context, lease time.Duration) (*Series, error) {
	now := db.now()
	var claim *Series
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		row, err := q.ClaimSeries(ctx, sqlgen.ClaimSeriesParams{
			Owner: db.owner, Lease: millis(now.Add(lease)), Now: millis(now),
		})
		if err != nil {
			return found(err)
		}
		s, err := readSeries(ctx, q, row)
		claim = &s
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("claim series: %w", err)
	}
	return claim, nil
}

// RenewSeries extends a claim to lease from now and notes that in it.
func (db *DB) RenewSeries(ctx context.Context, claim *Series, lease time.Duration) error {
	until := db.now().Add(lease)
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		return fenced(q.RenewSeries(ctx, sqlgen.RenewSeriesParams{
			Lease: millis(until), ID: claim.ID, Version: int64(claim.Version), Epoch: claim.Epoch, Owner: db.owner,
		}))
	})
	if err != nil {
		return fmt.Errorf("renew claim of series %s v%d: %w", claim.ID, claim.Version, err)
	}
	claim.Lease = moment(millis(until))
	return nil
}

// ReleaseSeries gives a claim back unfinished: the version is due again at runAt, and the cause is shown until it is
// finished.
func (db *DB) ReleaseSeries(ctx context.Context, claim *Series, runAt time.Time, cause string) error {
	now := millis(db.now())
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		return fenced(q.ReleaseSeries(ctx, sqlgen.ReleaseSeriesParams{
			RunAt: due(runAt, now), Error: text(cause), Now: now,
			ID: claim.ID, Version: int64(claim.Version), Epoch: claim.Epoch, Owner: db.owner,
		}))
	})
	if err != nil {
		return fmt.Errorf("release series %s v%d: %w", claim.ID, claim.Version, err)
	}
	return nil
}

// FinishSeries ends a claim: report, mail to send, next state and steps in one transaction, after the bytes of the mail.
func (db *DB) FinishSeries(ctx context.Context, claim *Series, r FinishedReview) error {
	err := db.finishSeries(ctx, claim, r)
	if err != nil {
		return fmt.Errorf("finish series %s v%d: %w", claim.ID, claim.Version, err)
	}
	return nil
}

func (db *DB) finishSeries(ctx context.Context, claim *Series, r FinishedReview) error {
	mails, err := db.prepareAll(ctx, r.Outbox, r.Notices, claim)
	if err != nil {
		return err
	}
	now := millis(db.now())
	return db.tx(ctx, func(q *sqlgen.Queries) error {
		// The fenced write comes first: it takes the parent row and stops a claimant that lost it.
		err := fenced(q.FinishSeries(ctx, sqlgen.FinishSeriesParams{
			State: r.State, Verdict: text(r.Verdict), BaseCommit: text(r.BaseCommit), RunAt: due(r.NextRun, never),
			Error: text(r.Error), Applied: text(r.Applied), Now: now,
			ID: claim.ID, Version: int64(claim.Version), Epoch: claim.Epoch, Owner: db.owner,
		}))
		if err != nil {
			return err
		}
		if len(r.Report) > 0 {
			err := q.InsertReport(ctx, sqlgen.InsertReportParams{
				SeriesID: claim.ID, Version: int64(claim.Version), Verdict: text(r.Verdict),
				BaseCommit: text(r.BaseCommit), Body: text(string(r.Report)), Created: now,
			})
			if err != nil {
				return fmt.Errorf("write report: %w", err)
			}
		}
		if err := putLinkJob(ctx, q, claim, r); err != nil {
			return fmt.Errorf("write links: %w", err)
		}
		if err := db.putMark(ctx, q, claim.ID, claim.Version, r.Mark); err != nil {
			return fmt.Errorf("write mark: %w", err)
		}
		about := Step{MessageID: "", SeriesID: claim.ID, Version: claim.Version}
		if err := db.journal(ctx, q, about, r.Steps...); err != nil {
			return err
		}
		return db.insertAll(ctx, q, mails)
	})
}
