package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"patchbot/internal/checks"
	"patchbot/internal/review"
	"patchbot/internal/store"
)

// Links asks external links.
type Links interface {
	// Ask asks links on behalf of a sender, and gives what is known of each when its time is over. Afresh asks for more than
	// is remembered of those that nobody could judge.
	Ask(ctx context.Context, sender string, links []checks.Link, afresh bool) []checks.Answer
}

// againAfter is when links that nobody could judge are asked again, counted from the review.
func againAfter() []time.Duration { return []time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour} }

// pending is one link that is to be asked again.
type pending struct {
	URL     string `json:"url"`
	Refused int    `json:"refused"` // how often nobody listened there
}

// ask is how a review of the claimed version asks its links; nil when they are not asked.
func (b *Bot) ask(claim *store.Series) func(context.Context, []checks.Link) []checks.Answer {
	if b.Links == nil {
		return nil
	}
	return func(ctx context.Context, links []checks.Link) []checks.Answer {
		return b.Links.Ask(ctx, claim.AuthorEmail, links, false)
	}
}

// askLater adds what the review could not judge to what it leaves behind.
func (b *Bot) askLater(report *review.Report, f *store.FinishedReview) error {
	var list []pending
	for _, l := range report.Unsettled() {
		list = append(list, pending{URL: l.URL})
	}
	if b.Links == nil || len(list) == 0 {
		return nil
	}
	data, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("encode links: %w", err)
	}
	f.Links, f.LinksAt = data, b.Now().Add(againAfter()[0])
	return nil
}

// askOne asks the links of one series again that are due. It reports whether there were some.
func (b *Bot) askOne(ctx context.Context) (bool, error) {
	if b.Links == nil {
		return false, nil
	}
	job, err := b.Store.ClaimLinks(ctx, linksLease)
	if err != nil || job == nil {
		return false, err
	}
	finished, err := b.askAgain(ctx, job)
	if ctx.Err() != nil {
		return false, b.giveLinksBack(job, b.Now(), "stopped")
	}
	if err != nil {
		delay := retryReview(job.Attempts)
		b.Log.Error("ask links again", "series", job.SeriesID, "version", job.Version, "error", err, "retry", delay)
		return true, b.giveLinksBack(job, b.Now().Add(delay), err.Error())
	}
	if err := ifNotFenced(b.Store.FinishLinks(ctx, job, *finished)); err != nil {
		return true, err
	}
	if finished.Outbox != nil {
		signal(b.wakeSender)
		signal(b.wakeMarker)
	}
	return true, nil
}

// giveLinksBack returns a claim also when the daemon is stopping.
func (b *Bot) giveLinksBack(job *store.LinkJob, at time.Time, cause string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return ifNotFenced(b.Store.ReleaseLinks(ctx, job, at, cause))
}

// askAgain asks the links of a job as long as their series is open.
func (b *Bot) askAgain(ctx context.Context, job *store.LinkJob) (*store.FinishedLinks, error) {
	s, err := b.Store.SeriesVersion(ctx, job.SeriesID, job.Version)
	if errors.Is(err, store.ErrNotFound) {
		return &store.FinishedLinks{}, nil
	}
	if err != nil {
		return nil, err
	}
	report, err := b.report(ctx, job.SeriesID, job.Version)
	w := b.wikiNamed(s.Wiki)
	if err != nil || report == nil || s.State != store.StateDone || w == nil {
		return &store.FinishedLinks{}, err
	}
	var list []pending
	if err := json.Unmarshal(job.Links, &list); err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	answers, left := b.settled(ctx, s, report, list, job.Round)
	now, news := report.Settle(b.Rules, answers, job.Round+1)
	f := &store.FinishedLinks{Verdict: string(now.Verdict)}
	if f.Report, err = json.Marshal(now); err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	if len(left) > 0 {
		rounds := againAfter()
		f.At = b.Now().Add(rounds[job.Round+1] - rounds[job.Round])
		if f.Links, err = json.Marshal(left); err != nil {
			return nil, fmt.Errorf("encode links: %w", err)
		}
	}
	dead, silent := 0, ""
	if l := b.listNamed(s.List); news != nil && l != nil {
		dead = len(news.Findings)
		var out outgoing
		if out, silent, err = b.reply(ctx, s, news, w, l); err != nil {
			return nil, err
		}
		f.Outbox, f.Notices = out.mail, out.notices
		if f.Mark, err = b.mark(now, s.List, l, f.Outbox); err != nil {
			return nil, err
		}
	}
	f.Steps = []store.Step{{At: b.Now(), MessageID: s.Root, Event: "links", Detail: fmt.Sprintf("%d asked again, %d dead, %d left", len(list), dead, len(left))}}
	if silent != "" {
		f.Steps = append(f.Steps, store.Step{At: b.Now(), MessageID: s.Root, Event: "not-mailed", Detail: silent})
	}
	return f, nil
}

// settled asks links and sorts what is certain now from what is left for another round. Nobody listening counts as dead
// after three looks, the last a day after the review; what is still unknown then stays so.
func (b *Bot) settled(ctx context.Context, s *store.Series, report *review.Report, list []pending, round int) (answers []checks.Answer, left []pending) {
	last := round+1 >= len(againAfter())
	refused := map[string]int{}
	for _, p := range list {
		refused[p.URL] = p.Refused
	}
	var links []checks.Link
	for _, l := range report.Links {
		if _, ok := refused[l.URL]; ok {
			links = append(links, checks.Link(l))
		}
	}
	for _, a := range b.Links.Ask(ctx, s.AuthorEmail, links, true) {
		silent := a.Class == checks.LooksBroken && a.Cause == "refused"
		if silent {
			refused[a.URL]++
		}
		switch {
		case silent && last && refused[a.URL] >= len(againAfter()):
			a.Class = checks.Broken
			answers = append(answers, a)
		case !last && (silent || a.Open()):
			left = append(left, pending{URL: a.URL, Refused: refused[a.URL]})
		case !a.Open() && !silent:
			answers = append(answers, a)
		}
	}
	return answers, left
}
