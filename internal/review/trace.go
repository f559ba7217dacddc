package review

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// trace looks into the history for why a series does not apply: whether its changes are in the branch already, which
// version its author worked on and whether it applies there, and who changed the line since. lower are the series below it.
func (r *Report) trace(ctx context.Context, req Request, lower []*patch.Series) error {
	tip, f := r.Base.Commit, r.Apply.Failed
	if r.Apply.Status == repo.StatusAlreadyApplied || f == nil {
		r.Apply.Already = alreadyIn(ctx, req, tip)
		return ctx.Err()
	}
	if !historic(r.Apply.Status) {
		return ctx.Err()
	}
	failing := req.Series.Parts[slices.IndexFunc(req.Series.Parts, func(p *patch.Part) bool { return p.Index == f.Index })].Mail
	if c, ok := req.Repo.FindApplied(ctx, tip, failing.PatchID, failing.Files); ok {
		r.Apply.Already = shown(c)
		if changed, ok := req.Repo.ChangedSince(ctx, c.ID, tip, f.Path, addedNear(failing.Files, f)); ok {
			r.Apply.Changed = shown(changed)
		}
		return ctx.Err()
	}
	files, hint := startingPoint(req.Series)
	worked, behind, ok := req.Repo.BaseOf(ctx, tip, files, hint)
	if !ok || behind == 0 {
		return ctx.Err()
	}
	r.Apply.Worked, r.Apply.Behind = shown(worked), behind
	there, err := pileUp(ctx, req.Repo.ScratchWith(req.Scratch), worked.ID, lower, req.Series)
	if err != nil {
		return fmt.Errorf("apply to %s: %w", worked.ID, err)
	}
	r.Apply.Fits = there.failed == nil && there.Status == repo.StatusApplied
	line := ""
	if len(f.Expect) > 0 {
		line = f.Expect[0]
	}
	if changed, ok := req.Repo.ChangedSince(ctx, worked.ID, tip, f.Path, line); ok {
		r.Apply.Changed = shown(changed)
	}
	return ctx.Err()
}

// historic reports whether the history of the branch can explain an end: what was wrong with the mail itself it cannot.
func historic(s repo.Status) bool {
	switch s {
	case repo.StatusConflict, repo.StatusNoBase, repo.StatusHandEdited, repo.StatusRefused:
		return true
	}
	return false
}

// addedNear is the first line that a patch adds in the hunk where it failed, blank lines aside; empty when there is none.
func addedNear(files []patch.File, f *Failure) string {
	for _, file := range files {
		for _, h := range file.Hunks {
			if file.Path != f.Path || f.Line < h.OldLine || f.Line > h.OldLine+h.OldCount {
				continue
			}
			for _, line := range h.Lines {
				if text, ok := strings.CutPrefix(line, "+"); ok && strings.TrimSpace(text) != "" {
					return strings.TrimSuffix(text, "\r")
				}
			}
		}
	}
	return ""
}

// Landed is the commit that brought the last part of a series into the history of tip, when every part is there: by patch
// id, else because the tree holds what the part makes, else because a commit names the mail. It is nil while the series is
// open.
func Landed(ctx context.Context, r *repo.Repo, tip string, s *patch.Series) *Commit {
	var last *Commit
	for _, p := range s.Parts {
		c, ok := r.FindApplied(ctx, tip, p.Mail.PatchID, p.Mail.Files)
		if !ok {
			c, ok = r.FindMessage(ctx, tip, p.Mail.Message.ID)
		}
		if !ok {
			return nil
		}
		last = shown(c)
	}
	return last
}

// alreadyIn is the commit that brought the last part, when every part is in the branch; else nil.
func alreadyIn(ctx context.Context, req Request, tip string) *Commit {
	var last *Commit
	for _, p := range req.Series.Parts {
		c, ok := req.Repo.FindApplied(ctx, tip, p.Mail.PatchID, p.Mail.Files)
		if !ok {
			return nil
		}
		last = shown(c)
	}
	return last
}

// startingPoint is what the series says about the version it was made on: the files as they were before the first part that
// touches them, and the commit that the author named, if any.
func startingPoint(s *patch.Series) (files []patch.File, hint string) {
	seen := map[string]bool{}
	for _, p := range s.Parts {
		for _, f := range p.Mail.Files {
			old := f.Path
			if f.OldPath != "" {
				old = f.OldPath
			}
			if !seen[old] {
				files = append(files, f)
			}
			seen[old], seen[f.Path] = true, true
		}
	}
	return files, s.BaseCommit
}

func shown(c repo.CommitInfo) *Commit { return &Commit{ID: c.ID, Title: c.Title, When: c.When} }
