package review

import (
	"context"
	"slices"

	"patchbot/internal/checks"
)

// ask has the external links asked, and keeps what came of it: findings, and what nobody could judge.
func (r *Report) ask(ctx context.Context, req Request) error {
	if req.Ask == nil {
		return nil
	}
	r.Probed = true
	if len(r.Links) == 0 {
		return nil
	}
	links := make([]checks.Link, len(r.Links))
	for i, l := range r.Links {
		links[i] = checks.Link(l)
	}
	r.answer(req.Rules, req.Ask(ctx, links))
	return ctx.Err()
}

// answer sorts answers into findings and unchecked links. A link without an answer is unchecked.
func (r *Report) answer(set *checks.Set, answers []checks.Answer) {
	byURL := make(map[string]checks.Answer, len(answers))
	for _, a := range answers {
		byURL[a.URL] = a
	}
	for _, l := range r.Links {
		a, known := byURL[l.URL]
		if f, ok := set.Say(checks.Link(l), a); ok {
			r.Findings = append(r.Findings, Finding{Finding: f, Added: true})
		}
		switch {
		case !known:
			r.Unchecked = append(r.Unchecked, Unchecked{URL: l.URL, Reason: "offline"})
		case a.Class == checks.Unknown, a.Class == checks.NotAsked:
			r.Unchecked = append(r.Unchecked, Unchecked{URL: l.URL, Reason: a.Cause, Again: a.Open()})
		}
	}
	slices.SortStableFunc(r.Findings, compareFindings)
}

// Unsettled lists the links that nobody could judge and that may be asked again later.
func (r *Report) Unsettled() []Link {
	again := map[string]bool{}
	for _, u := range r.Unchecked {
		again[u.URL] = u.Again
	}
	var out []Link
	for _, l := range r.Links {
		if again[l.URL] {
			out = append(out, l)
		}
	}
	return out
}

// Settle takes in the answers of links that were asked again, the round-th time after the review. It gives the report as it
// is now, and what is to be said in the thread, with nothing but the links that turned out dead: nil when none did. r itself
// is not changed.
func (r *Report) Settle(set *checks.Set, answers []checks.Answer, round int) (now, late *Report) {
	now = r.copy()
	news := r.copy()
	news.Late, news.Findings, news.Unchecked = round, nil, nil
	for _, a := range answers {
		if a.Class == checks.Unknown || a.Class == checks.NotAsked {
			continue
		}
		now.Unchecked = slices.DeleteFunc(now.Unchecked, func(u Unchecked) bool { return u.URL == a.URL })
		for _, l := range r.Links {
			if f, ok := set.Say(checks.Link(l), a); ok && l.URL == a.URL && a.Class == checks.Broken {
				news.Findings = append(news.Findings, Finding{Finding: f, Added: true})
			}
		}
	}
	now.Findings = append(now.Findings, news.Findings...)
	slices.SortStableFunc(now.Findings, compareFindings)
	slices.SortStableFunc(news.Findings, compareFindings)
	now.Verdict = Judge(now)
	news.Verdict = now.Verdict
	if len(news.Findings) == 0 {
		return now, nil
	}
	return now, news
}

func (r *Report) copy() *Report {
	c := *r
	c.Findings, c.Unchecked = slices.Clone(r.Findings), slices.Clone(r.Unchecked)
	return &c
}
