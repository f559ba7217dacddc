package store

import (
	"context"
	"fmt"
	"time"

	"patchbot/internal/store/internal/sqlgen"
)

// Report is what one review of a series version found.
type Report struct {
	SeriesID   string
	Version    int
	Epoch      int64  // of the claim that wrote it: reports of one version in order
	Digest     string // of the set of parts that was reviewed
	Verdict    string
	BaseCommit string
	Body       []byte // JSON, as it was given
	Created    time.Time
}

// Report reads the last report of a series version. ErrNotFound when it was never reviewed.
func (db *DB) Report(ctx context.Context, id string, version int) (*Report, error) {
	row, err := db.reads().LastReport(ctx, sqlgen.LastReportParams{SeriesID: ident(id), Version: int64(version)})
	if err != nil {
		return nil, fmt.Errorf("read report of series %s v%d: %w", id, version, found(err))
	}
	r := readReport(row)
	return &r, nil
}

// Reports reads all reports of a series, by version, oldest first.
func (db *DB) Reports(ctx context.Context, id string) ([]Report, error) {
	rows, err := db.reads().ReportsOfSeries(ctx, ident(id))
	if err != nil {
		return nil, fmt.Errorf("read reports of series %s: %w", id, err)
	}
	reports := make([]Report, len(rows))
	for i, row := range rows {
		reports[i] = readReport(row)
	}
	return reports, nil
}

func readReport(r sqlgen.Report) Report {
	return Report{
		SeriesID: r.SeriesID, Version: int(r.Version), Epoch: r.Epoch, Digest: r.Digest, Verdict: r.Verdict,
		BaseCommit: r.BaseCommit, Body: []byte(r.Body), Created: moment(r.Created),
	}
}
