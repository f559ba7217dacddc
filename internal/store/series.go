package store

import (
	"context"
	"fmt"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

// The states of a series version.
const (
	StateIncomplete = "incomplete" // waits for parts; RunAt is when to say that they are missing
	StateReady      = "ready"      // to be reviewed at RunAt
	StateDone       = "done"       // reviewed, or nothing to do
	StateSuperseded = "superseded" // a newer version took its place, or its mails belong to another series now
	StateFailed     = "failed"     // given up; the operator must look
	StateApplied    = "applied"    // done, and in the history of the base branch, see Series.Applied
)

// Series is one version of a series, which is at the same time the job of reviewing it.
type Series struct {
	ID      string // names the series over all its versions
	Version int
	Wiki    string
	List    string
	Prefix  string
	Total   int // parts
	Subject string

	AuthorName, AuthorEmail string

	Root   string // Message-ID that replies answer
	Digest string // changes when the set of parts changes

	State        string
	SupersededBy int       // version that took its place, 0 for none
	RunAt        time.Time // when it is due; zero: nothing but a change makes it due

	Attempts int       // claims since the last change or finish
	Owner    string    // who works on it
	Lease    time.Time // until when
	Epoch    int64     // of the last claim or change

	Verdict    string // of the last review
	BaseCommit string // 40 hex, of the last review
	Error      string // why the last attempt came to nothing
	Cause      string // why a reviewed version is due once more: CauseBase, CauseBelow, or CauseAsked and a Message-ID; else empty
	Applied    string // 40 hex: the commit that brought it into the branch, empty while it is open

	Created, Updated time.Time

	Messages []string // keys, in the order of the assembly
}

// SeriesByID reads all versions of a series, oldest first. The list is empty for an unknown one.
func (db *DB) SeriesByID(ctx context.Context, id string) ([]Series, error) {
	q := db.reads()
	rows, err := q.SeriesVersions(ctx, ident(id))
	if err != nil {
		return nil, fmt.Errorf("read series %s: %w", id, err)
	}
	return readManySeries(ctx, q, rows)
}

// SeriesVersion reads one version of a series.
func (db *DB) SeriesVersion(ctx context.Context, id string, version int) (*Series, error) {
	q := db.reads()
	row, err := q.SeriesVersion(ctx, sqlgen.SeriesVersionParams{ID: ident(id), Version: int64(version)})
	if err != nil {
		return nil, fmt.Errorf("read series %s v%d: %w", id, version, found(err))
	}
	s, err := readSeries(ctx, q, row)
	return &s, err
}

// Recent reads series versions made before a time, newest first; the zero time means all. It gives limit of them, and
// those more that were made in the same millisecond as the last, so that reading on from there misses none.
func (db *DB) Recent(ctx context.Context, limit int, before time.Time) ([]Series, error) {
	q := db.reads()
	rows, err := q.RecentSeries(ctx, sqlgen.RecentSeriesParams{Before: due(before, never), Others: int32(max(limit, 1) - 1)})
	if err != nil {
		return nil, fmt.Errorf("read recent series: %w", err)
	}
	return readManySeries(ctx, q, rows)
}

func readManySeries(ctx context.Context, q *sqlgen.Queries, rows []sqlgen.Series) ([]Series, error) {
	series := make([]Series, len(rows))
	for i, row := range rows {
		var err error
		if series[i], err = readSeries(ctx, q, row); err != nil {
			return nil, err
		}
	}
	return series, nil
}

func readSeries(ctx context.Context, q *sqlgen.Queries, r sqlgen.Series) (Series, error) {
	keys, err := q.KeysOfSeries(ctx, sqlgen.KeysOfSeriesParams{SeriesID: r.ID, Version: r.Version})
	if err != nil {
		return Series{}, fmt.Errorf("read messages of series %s v%d: %w", r.ID, r.Version, err)
	}
	return Series{
		ID: r.ID, Version: int(r.Version), Wiki: r.Wiki, List: r.List, Prefix: r.Prefix, Total: int(r.Total),
		Subject: r.Subject, AuthorName: r.AuthorName, AuthorEmail: r.AuthorEmail, Root: r.Root, Digest: r.Digest,
		State: stateOf(r), SupersededBy: int(r.SupersededBy), RunAt: moment(r.RunAt),
		Attempts: int(r.Attempts), Owner: r.Owner, Lease: moment(r.Lease), Epoch: r.Epoch,
		Verdict: r.Verdict, BaseCommit: r.BaseCommit, Error: r.Error,
		Cause: r.Cause, Applied: r.Applied,
		Created: moment(r.Created), Updated: moment(r.Updated), Messages: keys,
	}, nil
}

func stateOf(r sqlgen.Series) string {
	if r.State == StateDone && r.Applied != "" {
		return StateApplied
	}
	return r.State
}
