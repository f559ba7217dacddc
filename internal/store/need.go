package store

import (
	"context"
	"fmt"

	"patchbot/internal/store/internal/sqlgen"
)

// Bounds of one wake-up, so that a mail that everybody needs costs no more than this.
const (
	needMost  = 200 // versions that need one ref
	needRound = 8   // steps from a series to those above it
)

// putNeeds replaces what a version needs.
func (a *assembly) putNeeds(ctx context.Context, u SeriesUpdate) error {
	id, number := ident(u.ID), int64(u.Version)
	if err := a.q.DropNeeds(ctx, sqlgen.DropNeedsParams{SeriesID: id, Version: number}); err != nil {
		return fmt.Errorf("drop needs: %w", err)
	}
	for _, ref := range u.Needs {
		err := a.q.InsertNeed(ctx, sqlgen.InsertNeedParams{SeriesID: id, Version: number, Ref: ident(ref)})
		if err != nil {
			return fmt.Errorf("write need: %w", err)
		}
	}
	return nil
}

// wake makes due once more whatever stands on the versions that are news and whole, directly or on top of another one. It
// is due when they are, so that it is not reviewed before the last of their parts. A review of it under way is fenced off:
// it began without them.
func (a *assembly) wake(ctx context.Context, changed []SeriesUpdate) error {
	woken := make(map[version]bool)
	for _, u := range changed {
		woken[version{ident(u.ID), int64(u.Version)}] = true
	}
	for _, u := range changed {
		if u.State == StateIncomplete {
			continue
		}
		refs := u.Offers
		for round := 0; round < needRound && len(refs) > 0; round++ {
			above, err := a.wakeAbove(ctx, u, refs, woken)
			if err != nil {
				return err
			}
			refs = above
		}
	}
	return nil
}

// wakeAbove wakes the versions that need one of refs, and returns the message ids of those versions.
func (a *assembly) wakeAbove(ctx context.Context, u SeriesUpdate, refs []string, woken map[version]bool) (ids []string, err error) {
	for _, ref := range refs {
		needy, err := a.q.WhoNeeds(ctx, sqlgen.WhoNeedsParams{Ref: ident(ref), Wiki: ident(u.Wiki), Most: needMost})
		if err != nil {
			return nil, fmt.Errorf("find who needs %s: %w", ref, err)
		}
		for _, row := range needy {
			v := version{row.ID, row.Version}
			if woken[v] || v.id == ident(u.ID) {
				continue
			}
			woken[v] = true
			if err := a.turn(ctx, v, u); err != nil {
				return nil, err
			}
			mails, err := a.q.MessagesOfSeries(ctx, sqlgen.MessagesOfSeriesParams{SeriesID: v.id, Version: v.number})
			if err != nil {
				return nil, err
			}
			for _, m := range mails {
				ids = append(ids, m.MessageID)
			}
		}
	}
	return ids, nil
}

// turn makes one version due because of another one.
func (a *assembly) turn(ctx context.Context, v version, below SeriesUpdate) error {
	now := millis(a.db.now())
	turned, err := a.q.TurnNeedy(ctx, sqlgen.TurnNeedyParams{
		ID: v.id, Version: v.number, Cause: CauseBelow, RunAt: due(below.RunAt, now) + 1, Now: now,
	})
	if err != nil || turned == 0 {
		return err
	}
	return a.db.journal(ctx, a.q, Step{SeriesID: v.id, Version: int(v.number)},
		Step{Event: EventDueAgain, Detail: fmt.Sprintf("%s v%d below it came or changed", below.ID, below.Version)})
}
