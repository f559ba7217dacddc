package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

// Link is what asking one external link came to. The store does not read the words in it.
type Link struct {
	Key      string // the URL as it is asked
	Class    string
	Cause    string
	Status   int
	Looks    int
	Evidence string
	Target   string
	Vain     int
	Looked   time.Time
	Until    time.Time // good until then
}

// Links reads what is known of keys, in their order; unknown ones are left out. What is out of date is given too.
func (db *DB) Links(ctx context.Context, keys []string) ([]Link, error) {
	q := db.reads()
	var out []Link
	for _, key := range keys {
		r, err := q.Link(ctx, ident(key))
		if errors.Is(found(err), ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read link %s: %w", key, err)
		}
		out = append(out, Link{
			Key: key, Class: r.Class, Cause: r.Cause, Status: int(r.Status), Looks: int(r.Looks), Evidence: r.Evidence,
			Target: r.Target, Vain: int(r.Vain), Looked: moment(r.Looked), Until: moment(r.Until),
		})
	}
	return out, nil
}

// keepLinks is how long what is out of date is kept: it says how often a link could not be judged before.
const keepLinks = 30 * 24 * time.Hour

// SetLinks keeps what was learnt about links. What was learnt later stays; what has long been out of date is dropped.
func (db *DB) SetLinks(ctx context.Context, links []Link) error {
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		for _, l := range links {
			err := q.SetLink(ctx, sqlgen.SetLinkParams{
				Key: ident(l.Key), Class: text(l.Class), Cause: text(l.Cause), Status: int64(l.Status), Looks: int64(l.Looks),
				Evidence: text(l.Evidence), Target: text(l.Target), Vain: int64(l.Vain), Looked: millis(l.Looked), Until: millis(l.Until),
			})
			if err != nil {
				return err
			}
		}
		_, err := q.ForgetLinks(ctx, millis(db.now().Add(-keepLinks)))
		return err
	})
	if err != nil {
		return fmt.Errorf("write links: %w", err)
	}
	return nil
}

// UseLinks takes up to want of the links that may be asked for a sender within a day (UTC), and gives how many it took.
func (db *DB) UseLinks(ctx context.Context, sender string, want, perDay int) (taken int, err error) {
	today := db.now().Unix() / (24 * 60 * 60)
	err = db.tx(ctx, func(q *sqlgen.Queries) error {
		// The upsert comes first: it takes the row, so that two daemons do not both take the last one.
		used, err := q.LinksUsed(ctx, sqlgen.LinksUsedParams{Sender: ident(sender), Day: today})
		if err != nil {
			return err
		}
		taken = max(min(want, perDay-int(used)), 0)
		if err := q.UseLinks(ctx, sqlgen.UseLinksParams{More: int64(taken), Sender: ident(sender), Day: today}); err != nil {
			return err
		}
		return q.ForgetLinkUse(ctx, today-1)
	})
	if err != nil {
		return 0, fmt.Errorf("count links of %s: %w", sender, err)
	}
	return taken, nil
}

// LinkJob is a claim of the links of a series version that are to be asked again. FinishSeries makes the row.
type LinkJob struct {
	SeriesID string
	Version  int
	Round    int    // how often they were asked again
	Links    []byte // JSON, kept as it is
	Attempts int    // claims of this round
	Epoch    int64
}

// putLinkJob writes what a review leaves to be asked again; what an earlier one left is void.
func putLinkJob(ctx context.Context, q *sqlgen.Queries, claim *Series, r FinishedReview) error {
	if r.KeepLinks {
		return nil
	}
	if len(r.Links) == 0 {
		return q.DropLinkJob(ctx, sqlgen.DropLinkJobParams{SeriesID: claim.ID, Version: int64(claim.Version)})
	}
	return q.PutLinkJob(ctx, sqlgen.PutLinkJobParams{
		SeriesID: claim.ID, Version: int64(claim.Version), Body: text(string(r.Links)), RunAt: millis(r.LinksAt),
	})
}

// ClaimLinks takes the links that are due the longest, for as long as lease lasts. Nil when none are due.
func (db *DB) ClaimLinks(ctx context.Context, lease time.Duration) (*LinkJob, error) {
	now := db.now()
	var job *LinkJob
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		r, err := q.ClaimLinkJob(ctx, sqlgen.ClaimLinkJobParams{Owner: db.owner, Lease: millis(now.Add(lease)), Now: millis(now)})
		if err != nil {
			return found(err)
		}
		job = &LinkJob{
			SeriesID: r.SeriesID, Version: int(r.Version), Round: int(r.Round), Links: []byte(r.Body), Attempts: int(r.Attempts), Epoch: r.Epoch,
		}
		return nil
	})
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("claim links: %w", err)
	}
	return job, nil
}

// FinishedLinks is what comes of one claim of links.
type FinishedLinks struct {
	Links  []byte    // what is to be asked once more; empty: nothing, the job is done
	At     time.Time // when
	Outbox *Outbox   // a mail to send, or nil; its series version is that of the job when empty
	Steps  []Step

	Notices []Outbox // further mails, likewise

	Report  []byte // JSON, in the place of the last report on the version; empty: that stays
	Verdict string // goes with it
	Mark    []byte // JSON of what is to be shown now, see Mark; empty: nothing new
}

// FinishLinks ends a claim: the next round or none, the mail and the steps in one transaction, after the bytes of the mail.
func (db *DB) FinishLinks(ctx context.Context, job *LinkJob, f FinishedLinks) error {
	err := db.finishLinks(ctx, job, f)
	if err != nil {
		return fmt.Errorf("finish links of series %s v%d: %w", job.SeriesID, job.Version, err)
	}
	return nil
}

func (db *DB) finishLinks(ctx context.Context, job *LinkJob, f FinishedLinks) error {
	mails, err := db.prepareAll(ctx, f.Outbox, f.Notices, &Series{ID: job.SeriesID, Version: job.Version})
	if err != nil {
		return err
	}
	return db.tx(ctx, func(q *sqlgen.Queries) error {
		if err := fenced(db.moveLinkJob(ctx, q, job, f)); err != nil {
			return err
		}
		if err := amendReport(ctx, q, job, f); err != nil {
			return fmt.Errorf("amend report: %w", err)
		}
		if err := db.putMark(ctx, q, job.SeriesID, job.Version, f.Mark); err != nil {
			return fmt.Errorf("write mark: %w", err)
		}
		about := Step{SeriesID: job.SeriesID, Version: job.Version}
		if err := db.journal(ctx, q, about, f.Steps...); err != nil {
			return err
		}
		return db.insertAll(ctx, q, mails)
	})
}

func amendReport(ctx context.Context, q *sqlgen.Queries, job *LinkJob, f FinishedLinks) error {
	if len(f.Report) == 0 {
		return nil
	}
	err := q.AmendReport(ctx, sqlgen.AmendReportParams{
		Body: text(string(f.Report)), Verdict: text(f.Verdict), SeriesID: job.SeriesID, Version: int64(job.Version),
	})
	if err != nil {
		return err
	}
	return q.AmendVerdict(ctx, sqlgen.AmendVerdictParams{Verdict: text(f.Verdict), ID: job.SeriesID, Version: int64(job.Version)})
}

func (db *DB) moveLinkJob(ctx context.Context, q *sqlgen.Queries, job *LinkJob, f FinishedLinks) (int64, error) {
	if len(f.Links) == 0 {
		return q.EndLinkJob(ctx, sqlgen.EndLinkJobParams{SeriesID: job.SeriesID, Version: int64(job.Version), Epoch: job.Epoch, Owner: db.owner})
	}
	return q.MoveLinkJob(ctx, sqlgen.MoveLinkJobParams{
		Body: text(string(f.Links)), RunAt: millis(f.At), SeriesID: job.SeriesID, Version: int64(job.Version), Epoch: job.Epoch, Owner: db.owner,
	})
}

// ReleaseLinks gives a claim back undone: it is due again at runAt.
func (db *DB) ReleaseLinks(ctx context.Context, job *LinkJob, runAt time.Time, cause string) error {
	err := db.tx(ctx, func(q *sqlgen.Queries) error {
		return fenced(q.ReleaseLinkJob(ctx, sqlgen.ReleaseLinkJobParams{
			RunAt: due(runAt, millis(db.now())), Error: text(cause), SeriesID: job.SeriesID, Version: int64(job.Version), Epoch: job.Epoch, Owner: db.owner,
		}))
	})
	if err != nil {
		return fmt.Errorf("release links of series %s v%d: %w", job.SeriesID, job.Version, err)
	}
	return nil
}
