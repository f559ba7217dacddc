package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"patchbot/internal/review"
	"patchbot/internal/store"
)

// earlier reads the last reports on a series: on the newest version before this one, and on this version. Either is nil
// when there is none.
func (b *Bot) earlier(ctx context.Context, claim *store.Series) (previous, same *review.Report, err error) {
	versions, err := b.Store.SeriesByID(ctx, claim.ID)
	if err != nil {
		return nil, nil, fmt.Errorf("read earlier versions: %w", err)
	}
	for _, v := range versions {
		if v.Version > claim.Version {
			continue
		}
		r, err := b.report(ctx, v.ID, v.Version)
		switch {
		case err != nil:
			return nil, nil, err
		case r == nil:
		case v.Version == claim.Version:
			same = r
		default:
			previous = r // oldest first: the newest stays
		}
	}
	return previous, same, nil
}

// report reads the last report on a version, nil when it was never reviewed. A report that an older program wrote and that
// cannot be read any more counts as none.
func (b *Bot) report(ctx context.Context, id string, version int) (*review.Report, error) {
	row, err := b.Store.Report(ctx, id, version)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read earlier report: %w", err)
	}
	r := new(review.Report)
	if err := json.Unmarshal(row.Body, r); err != nil {
		b.Log.Warn("an earlier report cannot be read", "series", id, "version", version, "error", err)
		return nil, nil
	}
	return r, nil
}
