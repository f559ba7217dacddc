package review

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"patchbot/internal/checks"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
	"patchbot/internal/wiki"
)

// Request is what a review needs.
type Request struct {
	Series *patch.Series
	Repo   *repo.Repo // not needed for a series that cannot be applied: incomplete or with a defect
	Base   string     // revision to apply to; empty: Branch
	Branch string     // name of the base branch, for people and as the default base
	How    string     // how Base was chosen: tip, base-commit, blobs, asked; empty: tip without a Base, else asked
	Rules  *checks.Set
	Host   wiki.Host
	Own    wiki.Own
	Index  *wiki.Index // facts of pages from earlier reviews; nil for none

	// Ask asks external links; nil: they are not asked.
	Ask func(context.Context, []checks.Link) []checks.Answer

	Below   []*patch.Series // series that it stands on, in the order they go below it, see patch.Assembly.Foundation
	Unknown []string        // message ids, addresses and patch ids of what it stands on and nobody has

	Previous *Report // of the version before this one; nil when there is none or it was not reviewed
	Earlier  *Report // the last report on this version, when it is reviewed again on another base; nil for the first review

	// Verify is told what came of applying, of the series and those below it, and from which mails; nil: nobody is. It
	// cannot change the verdict.
	Verify func(ctx context.Context, applied *repo.Applied, mails [][]byte)

	Scratch repo.ScratchOptions // committer of the commits that applying makes, and its limits
}

// Review applies a series to its base, runs the rules on what it changes, and judges. A series that is incomplete or can
// never be applied gives a report without a base. An error is always about the machine, never about the series: the
// repository cannot be read, the base does not exist, the context ended. [Unable] makes a report of it.
func Review(ctx context.Context, req Request) (*Report, error) {
	r := &Report{Series: Describe(req.Series), Apply: Apply{Status: repo.StatusNotTried}}
	var err error
	switch {
	case r.Series.Defect == patch.ReasonTooLarge:
		r.Apply.Status = repo.StatusTooLarge
	case len(r.Series.Missing) > 0:
	case r.Series.Defect == "":
		err = r.try(ctx, req)
	case req.Repo != nil:
		err = r.refusal(ctx, req)
	}
	if err != nil {
		return nil, fmt.Errorf("review %s: %w", r.Series.VersionID(), err)
	}
	r.Progress = progress(req.Previous, r)
	r.Verdict = Judge(r)
	r.Moved = req.Earlier != nil && req.Earlier.Apply.Status == repo.StatusApplied && r.Verdict == VerdictDoesNotApply
	return r, nil
}

// try applies the series and looks at the outcome.
func (r *Report) try(ctx context.Context, req Request) error {
	rev, how := req.Base, req.How
	if rev == "" {
		rev, how = req.Branch, "tip"
	}
	if how == "" {
		how = "asked"
	}
	base, err := req.Repo.Resolve(rev)
	if err != nil {
		return err
	}
	r.Base = Base{Commit: base, Branch: req.Branch, How: how}
	r.Unknown = unlanded(ctx, req.Repo, base, req.Unknown)
	lower := r.lower(ctx, req, base)
	scratch := req.Repo.ScratchWith(req.Scratch)
	p, err := pileUp(ctx, scratch, base, lower, req.Series)
	if err == nil && p.failed != nil {
		lower = r.without(lower, p.failed)
		scratch = req.Repo.ScratchWith(req.Scratch)
		p, err = pileUp(ctx, scratch, base, lower, req.Series)
	}
	if err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	if req.Verify != nil {
		req.Verify(ctx, p.Applied, mailsOf(append(slices.Clone(lower), req.Series)))
	}
	r.applied(p.Applied)
	r.Apply.quote(req.Series)
	if err := r.mailed(ctx, req, lower, scratch, p); err != nil {
		return err
	}
	if p.Status == repo.StatusApplied {
		if err := r.check(req, scratch, p); err != nil {
			return err
		}
		return r.ask(ctx, req)
	}
	if r.Mailed != nil {
		return nil
	}
	return r.trace(ctx, req, lower)
}

// refusal keeps how git ends with a series that can never be reviewed, if it ends in a failure: what it would make of the
// remains is nothing to tell.
func (r *Report) refusal(ctx context.Context, req Request) error {
	base, err := req.Repo.Resolve(cmp.Or(req.Base, req.Branch))
	if err != nil {
		return err
	}
	p, err := pileUp(ctx, req.Repo.ScratchWith(req.Scratch), base, nil, req.Series)
	if err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	if p.Status != repo.StatusApplied && p.Status != repo.StatusAlreadyApplied {
		r.applied(p.Applied)
		r.Apply.quote(req.Series)
	}
	return nil
}

// mailsOf are the mails of series, as git am takes them.
func mailsOf(all []*patch.Series) [][]byte {
	var mails [][]byte
	for _, s := range all {
		for _, p := range s.Parts {
			mails = append(mails, p.Mail.Raw)
		}
	}
	return mails
}

func inputs(s *patch.Series) []repo.Input {
	list := make([]repo.Input, 0, len(s.Parts))
	for _, p := range s.Parts {
		list = append(list, repo.Input{Index: p.Index, Commit: p.Commit, Err: p.Err})
	}
	return list
}

// applied keeps what came of applying.
func (r *Report) applied(a *repo.Applied) {
	r.Apply = Apply{Status: a.Status, How: a.How, DependsOnGit: a.DependsOnGit}
	if f := a.Failed; f != nil {
		r.Apply.Failed = &Failure{
			Index: f.Index, Path: f.Path, Line: f.Line, Reason: f.Reason, Detail: f.Detail,
			At: f.At, Expect: f.Expect, Marks: f.Marks, Found: f.Found,
		}
	}
	for _, result := range a.Parts {
		if result.Tree != "" {
			r.Apply.Tree = result.Tree
		}
		if result.Commit != "" {
			r.Apply.Commits = append(r.Apply.Commits, result.Commit)
		}
		for i := range r.Series.Parts {
			if p := &r.Series.Parts[i]; p.Index == result.Index {
				p.Status, p.How, p.Offset, p.Commit = result.Status, result.How, result.Offset, result.Commit
			}
		}
	}
}

// quote shows the line of a diff that makes no sense.
func (a *Apply) quote(s *patch.Series) {
	f := a.Failed
	if f == nil || f.Reason != "syntax" {
		return
	}
	for _, p := range s.Parts {
		if p.Index == f.Index && p.Commit != nil {
			if line, text := lineOfDiff(p.Commit.Diff, f.Line); line > 0 {
				f.At, f.Found = line, []string{text}
			}
		}
	}
}

// check runs the rules on the tree after each part.
func (r *Report) check(req Request, scratch *repo.Scratch, p *pile) error {
	base, err := scratch.Tree(p.base)
	if err != nil {
		return fmt.Errorf("read tree of %s: %w", p.base, err)
	}
	change := checks.Change{Base: base, Host: req.Host, Own: req.Own, Index: req.Index}
	for _, result := range p.Parts {
		if result.Tree == "" {
			continue
		}
		tree, err := scratch.Tree(result.Tree)
		if err != nil {
			return fmt.Errorf("read tree of part %d: %w", result.Index, err)
		}
		change.Heads = append(change.Heads, checks.Head{Part: result.Index, Tree: tree, Files: changes(req.Series, result.Index)})
	}
	rules, settings := Relax(req.Rules, base)
	r.Settings = settings // what is wrong in it is for the wiki's maintainers; this series is judged by the rules as they are
	found, err := checks.Run(rules, change)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	r.take(found, added(req.Series))
	if n := len(change.Heads); n > 0 {
		r.LinkCount = linksAdded(base, change.Heads[n-1].Tree, r.Series.Parts, req.Host)
	}
	return nil
}

// changes lists the files of one part as the checks want them.
func changes(s *patch.Series, index int) []checks.FileChange {
	var list []checks.FileChange
	for _, p := range s.Parts {
		if p.Index != index {
			continue
		}
		for _, f := range p.Mail.Files {
			list = append(list, checks.FileChange{Path: f.Path, OldPath: f.OldPath, Status: string(f.Status)})
		}
	}
	return list
}

// addition is a line that a part adds, wherever it stands: a patch may be applied with an offset, and a later part may
// rename the file.
type addition struct {
	part int
	line string
}

func added(s *patch.Series) map[addition]bool {
	all := map[addition]bool{}
	for _, p := range s.Parts {
		for _, f := range p.Mail.Files {
			for _, h := range f.Hunks {
				for _, line := range h.Lines {
					if text, ok := strings.CutPrefix(line, "+"); ok {
						all[addition{p.Index, strings.TrimSuffix(text, "\r")}] = true
					}
				}
			}
		}
	}
	return all
}

// take keeps what the rules found.
func (r *Report) take(found *checks.Result, added map[addition]bool) {
	r.Fixed, r.Inherited = found.Fixed, found.Inherited
	for _, f := range found.Findings {
		line := strings.TrimSuffix(f.Source, "\r")
		r.Findings = append(r.Findings, Finding{Finding: f, Added: line != "" && added[addition{f.Part, line}]})
	}
	slices.SortStableFunc(r.Findings, compareFindings)
	for _, f := range found.Repaired {
		r.Repaired = append(r.Repaired, Repaired{Part: f.Part, By: f.By, Rule: f.Rule})
	}
	for _, l := range found.Links {
		r.Links = append(r.Links, Link(l))
	}
}
