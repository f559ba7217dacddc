package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbot/internal/patch"
	"patchbot/internal/review"
	"patchbot/internal/store"
)

// openFor is how long a series counts as open when nothing happens to it: a branch that moves later is no news for it.
const openFor = 180 * 24 * time.Hour

// lookAtBases asks, when it is time, where the branches of the wikis stand. One that moved makes the open series of its wiki
// due once more. It reports whether there are any.
func (b *Bot) lookAtBases(ctx context.Context) (bool, error) {
	if b.Policy.LookAtBase == 0 || b.Now().Sub(b.looked) < b.Policy.LookAtBase {
		return false, nil
	}
	b.looked = b.Now()
	turned := 0
	for i := range b.Wikis {
		n, err := b.lookAtBase(ctx, &b.Wikis[i])
		if err != nil {
			return false, err
		}
		turned += n
	}
	return turned > 0, nil
}

// lookAtBase notes where one branch stands. A repository out of reach is for the next time.
func (b *Bot) lookAtBase(ctx context.Context, w *Wiki) (turned int, err error) {
	if w.Revision != nil {
		return 0, nil // its reviews do not follow the branch
	}
	r, err := w.Base(ctx)
	var tip string
	if err == nil {
		tip, err = r.Resolve(w.Branch)
	}
	if err != nil {
		b.Log.Warn("look at the branch", "wiki", w.Name, "error", err)
		return 0, nil
	}
	if turned, err = b.Store.BaseMoved(ctx, w.Name, tip, b.Now().Add(-openFor)); err != nil {
		return 0, err
	}
	if turned > 0 {
		b.Log.Info("the branch moved", "wiki", w.Name, "branch", w.Branch, "commit", tip, "series", turned)
	}
	return turned, nil
}

// merged ends the claim of a series that the branch got since it was reviewed last; nil when it did not.
func (b *Bot) merged(ctx context.Context, claim *store.Series, s *patch.Series, w *Wiki, l *List) (*store.FinishedReview, error) {
	r, err := w.Base(ctx)
	if err != nil {
		return nil, fmt.Errorf("fetch wiki %s: %w", w.Name, err)
	}
	tip, err := r.Resolve(w.Branch)
	if err != nil {
		return nil, err
	}
	commit := review.Landed(ctx, r, tip, s)
	if err := ctx.Err(); commit == nil || err != nil {
		return nil, err
	}
	// What was in the branch already when the series applied to it, and was taken back since, is another story.
	if before := review.Landed(ctx, r, claim.BaseCommit, s); before != nil && before.ID == commit.ID {
		return nil, ctx.Err()
	}
	out, silent, err := b.thanks(claim, s, w, l, commit)
	if err != nil {
		return nil, err
	}
	step := store.Step{At: b.Now(), MessageID: s.Root, SeriesID: claim.ID, Version: claim.Version}
	step.Event, step.Detail = "applied", fmt.Sprintf("commit %s of %s", commit.ID[:12], w.Branch)
	steps := []store.Step{step}
	if silent != "" {
		step.Event, step.Detail = "not-mailed", silent
		steps = append(steps, step)
	}
	return &store.FinishedReview{
		State: store.StateDone, Verdict: claim.Verdict, BaseCommit: tip, Applied: commit.ID, Outbox: out.mail, Notices: out.notices, Steps: steps,
	}, nil
}

// landed is the commit that had brought a series into the branch before it was reviewed, empty when none had.
func (b *Bot) landed(ctx context.Context, s *patch.Series, report *review.Report, w *Wiki) (string, error) {
	r, err := w.Base(ctx)
	if err != nil {
		return "", fmt.Errorf("fetch wiki %s: %w", w.Name, err)
	}
	if c := review.Landed(ctx, r, report.Base.Commit, s); c != nil {
		return c.ID, ctx.Err()
	}
	return "", ctx.Err()
}

// thanks is the mail that says that the branch got a series, or why there is none.
func (b *Bot) thanks(claim *store.Series, s *patch.Series, w *Wiki, l *List, c *review.Commit) (out outgoing, silent string, err error) {
	switch {
	case !b.Policy.Thanks:
		return outgoing{}, "[reply] thanks is off", nil
	case b.Policy.MaxAge > 0 && b.Now().Sub(c.When) > b.Policy.MaxAge:
		return outgoing{}, "the commit is no news any more", nil
	}
	described := review.Describe(s)
	text, err := b.words(l).Thanks(l.Lang, &described, w.Branch, c, b.WebURL)
	if err != nil {
		return outgoing{}, "", fmt.Errorf("write thanks: %w", err)
	}
	out, err = b.note(note{
		occasion: occasion{seriesID: claim.ID, version: claim.Version, key: fmt.Sprintf("%s|%d|applied", claim.ID, claim.Version), kind: store.StateApplied, at: b.Now()},
		subject:  described.RootSubject, parent: s.Root, refs: described.References, author: s.Author, list: l, private: claim.List == "", body: text,
	})
	if errors.Is(err, review.ErrNobody) {
		return outgoing{}, "nobody to answer", nil
	}
	return out, "", err
}
