package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/review"
	"patchbot/internal/store"
)

// reviewOne claims one due series and reviews it. It reports whether there was one; an error is the store's.
func (b *Bot) reviewOne(ctx context.Context) (bool, error) {
	claim, err := b.Store.ClaimSeries(ctx, lease)
	if err != nil {
		return false, err
	}
	if claim == nil {
		if did, err := b.askOne(ctx); did || err != nil {
			return did, err
		}
		if did, err := b.lookAtBases(ctx); did || err != nil {
			return did, err
		}
		return false, b.recoverNowAndThen(ctx)
	}
	log := b.Log.With("series", claim.ID, "version", claim.Version, "message_id", claim.Root)
	var finished *store.FinishedReview
	renewed := *claim // the review reads the claim while it is renewed
	err = b.whileHeld(ctx,
		func(ctx context.Context) error { return b.Store.RenewSeries(ctx, &renewed, lease) },
		func(ctx context.Context) (err error) {
			finished, err = b.review(ctx, claim)
			return err
		})
	if errors.Is(err, errClaimLost) {
		log.Info("the series changed during its review, or another process has it; it will be reviewed again")
		return true, nil
	}
	if ctx.Err() != nil {
		return false, b.giveBack(claim, b.Now(), "stopped")
	}
	if err != nil {
		delay := retryReview(claim.Attempts)
		log.Error("review", "error", err, "retry", delay)
		return true, b.giveBack(claim, b.Now().Add(delay), err.Error())
	}
	err = b.Store.FinishSeries(ctx, claim, *finished)
	if errors.Is(err, store.ErrFenced) {
		log.Info("the series changed during its review; it will be reviewed again")
		return true, nil
	}
	if err != nil {
		return true, err
	}
	log.Info("reviewed", "verdict", finished.Verdict)
	signal(b.wakeMarker)
	if finished.Outbox != nil {
		signal(b.wakeSender)
	}
	return true, nil
}

// giveBack returns a claim also when the daemon is stopping.
func (b *Bot) giveBack(claim *store.Series, at time.Time, cause string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := b.Store.ReleaseSeries(ctx, claim, at, cause)
	if errors.Is(err, store.ErrFenced) {
		return nil
	}
	return err
}

// retryReview is the delay after the given number of attempts: 15 s doubling to one hour.
func retryReview(attempts int) time.Duration {
	return min(15*time.Second<<min(max(attempts-1, 0), 20), time.Hour)
}

func (b *Bot) review(ctx context.Context, claim *store.Series) (*store.FinishedReview, error) {
	w := b.wikiNamed(claim.Wiki)
	l, _ := b.listFor(claim, w)
	if w == nil || l == nil {
		return nil, fmt.Errorf("wiki %q or list %q is not configured any more", claim.Wiki, claim.List)
	}
	series, err := b.series(ctx, claim)
	if err != nil {
		return nil, err
	}
	if claim.Cause == store.CauseBase {
		if f, err := b.merged(ctx, claim, series, w, l); f != nil || err != nil {
			return f, err
		}
	}
	if err := b.announce(ctx, claim, series, l); err != nil {
		return nil, err
	}
	report, err := b.judge(ctx, claim, series, w)
	if err != nil {
		return nil, err
	}
	return b.finished(ctx, claim, series, report, w, l)
}

// series reads the claimed version anew from its mails.
func (b *Bot) series(ctx context.Context, claim *store.Series) (*patch.Series, error) {
	if len(claim.Messages) == 0 {
		return nil, errors.New("the series has no messages")
	}
	k, err := b.related(ctx, claim.Messages[len(claim.Messages)-1])
	if err != nil {
		return nil, err
	}
	for _, s := range k.Series {
		if s.Version == claim.Version && slices.Equal(k.members(s), claim.Messages) {
			s.ID = claim.ID
			return s, nil
		}
	}
	return nil, fmt.Errorf("its %d messages no longer make version %d of a series", len(claim.Messages), claim.Version)
}

func (b *Bot) judge(ctx context.Context, claim *store.Series, s *patch.Series, w *Wiki) (*review.Report, error) {
	req := review.Request{Series: s, Branch: w.Branch, Rules: b.Rules, Host: w.Host, Own: w.Own, Index: b.Index, Ask: b.ask(claim)}
	var err error
	if req.Previous, req.Earlier, err = b.earlier(ctx, claim); err != nil {
		return nil, err
	}
	if len(s.Missing) == 0 {
		if req.Below, req.Unknown, err = b.foundation(ctx, claim, s); err != nil {
			return nil, err
		}
		base, err := w.Base(ctx)
		if err != nil {
			return nil, fmt.Errorf("fetch wiki %s: %w", w.Name, err)
		}
		req.Repo = base
		if b.Policy.Verify {
			req.Verify = b.verify(claim, base)
		}
		if w.Revision != nil {
			req.Base, req.How = w.Revision(base)
		}
	}
	report, err := review.Review(ctx, req)
	if err == nil && report.Settings != nil && report.Settings.Problem != "" {
		b.Log.Warn("settings of the wiki not used", "wiki", w.Name, "series", claim.ID, "problem", report.Settings.Problem)
	}
	return report, err
}

// finished makes the rows that end a review: the report, and the reply in its final bytes.
func (b *Bot) finished(ctx context.Context, claim *store.Series, s *patch.Series, report *review.Report, w *Wiki, l *List) (*store.FinishedReview, error) {
	data, err := json.Marshal(report)
	if err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	out, silent, err := b.reply(ctx, claim, report, w, l)
	if err != nil {
		return nil, err
	}
	f := &store.FinishedReview{
		State: store.StateDone, Verdict: string(report.Verdict), BaseCommit: report.Base.Commit, Report: data, Outbox: out.mail, Notices: out.notices,
		Steps: []store.Step{{At: b.Now(), MessageID: s.Root, SeriesID: claim.ID, Version: claim.Version, Event: "reviewed", Detail: reviewedDetail(report)}},
	}
	if silent != "" {
		f.Steps = append(f.Steps, store.Step{At: b.Now(), MessageID: s.Root, SeriesID: claim.ID, Version: claim.Version, Event: "not-mailed", Detail: silent})
	}
	if report.Verdict == review.VerdictDoesNotApply && report.Apply.Already != nil {
		if f.Applied, err = b.landed(ctx, s, report, w); err != nil {
			return nil, err
		}
	}
	f.KeepLinks = claim.Cause == store.CauseBase && f.Applied == ""
	if err := b.askLater(report, f); err != nil {
		return nil, err
	}
	if f.Mark, err = b.mark(report, claim.List, l, f.Outbox); err != nil {
		return nil, err
	}
	if len(s.Missing) > 0 {
		f.State = store.StateIncomplete // until the missing part arrives; the author has been told
	}
	return f, nil
}

func reviewedDetail(r *review.Report) string {
	detail := string(r.Verdict)
	if r.Base.Commit != "" {
		detail += " on " + r.Base.Branch + " " + r.Base.Commit[:12]
	}
	for _, u := range r.Below {
		detail += fmt.Sprintf(", below it %s-v%d (%s)", u.ID, u.Version, u.State)
	}
	if n := len(r.Findings); n > 0 {
		detail += fmt.Sprintf(", %d findings", n)
	}
	return detail
}

// reply makes the mail that tells of a review, or says why there is none.
func (b *Bot) reply(ctx context.Context, claim *store.Series, report *review.Report, w *Wiki, l *List) (out outgoing, silent string, err error) {
	if silent, err = b.silence(ctx, claim, report, l); silent != "" || err != nil {
		return outgoing{}, silent, err
	}
	mail, err := b.words(l).Compose(report, review.ComposeOptions{
		RenderOptions: review.RenderOptions{Lang: l.Lang, List: l.Kind, ListAddress: l.Addresses[0], Archive: l.Archive, WebURL: b.WebURL, Branch: w.Branch, Listen: l.To != review.ToAuthor && claim.List != "", Retry: b.Links != nil && len(report.Unsettled()) > 0},
		From:          b.from(), Domain: domain(b.Self.Address), Date: b.Now(), To: l.To, Private: claim.List == "",
	})
	if errors.Is(err, review.ErrNobody) {
		return outgoing{}, "nobody to answer: its author has no address of their own", nil
	}
	if err != nil {
		return outgoing{}, "", fmt.Errorf("compose reply: %w", err)
	}
	of := occasion{seriesID: claim.ID, version: claim.Version, kind: report.Kind()}
	of.key = fmt.Sprintf("%s|%d|%s", claim.ID, claim.Version, of.kind)
	switch asked := claim.Asked(); {
	case asked != "": // who asks gets an answer, also when the verdict is the same
		of.key += "|" + digest([]byte(asked))[:16]
		mail.MessageID = email.ReplyID(domain(b.Self.Address), l.Addresses[0], of.key)
		if of.at, err = b.askedAt(ctx, asked); err != nil {
			return outgoing{}, "", err
		}
	case claim.Cause == store.CauseBase || report.Late > 0:
		of.at = b.Now()
	}
	out, err = b.outgoing(mail, of, l)
	return out, "", err
}

// askedAt is when the mail came that asks for a review.
func (b *Bot) askedAt(ctx context.Context, id string) (time.Time, error) {
	rows, err := b.Store.MessagesByID(ctx, id)
	if err != nil {
		return time.Time{}, fmt.Errorf("read command: %w", err)
	}
	for _, row := range rows {
		if !row.Arrived.IsZero() {
			return row.Arrived, nil
		}
	}
	return b.Now(), nil
}
