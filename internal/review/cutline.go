package review

import (
	"strings"

	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// cutLine says that a mailer may have broken the last line of a hunk, and returns the diff with that line joined. Prose that
// follows a diff looks the same: asRecorded decides.
func cutLine(p *patch.Part) (*Mailed, string) {
	if p.Commit == nil {
		return nil, p.Mail.Diff
	}
	joined, cut := patch.JoinCutLines(string(p.Commit.Diff))
	if !cut {
		return nil, p.Mail.Diff
	}
	return &Mailed{Kind: MailedWrapped, Part: p.Index}, joined
}

// asRecorded reports whether a part that applied makes the very blobs that its diff names, of which there must be one. The
// author's git wrote their ids there.
func asRecorded(scratch *repo.Scratch, q *pile, part *patch.Part) bool {
	if part.Commit == nil {
		return false
	}
	files, err := patch.ParseDiff(part.Commit.Diff)
	if err != nil {
		return false
	}
	some := false
	for _, done := range q.Parts {
		if done.Index != part.Index || done.Tree == "" {
			continue
		}
		tree, err := scratch.Tree(done.Tree)
		if err != nil {
			return false
		}
		for _, f := range files {
			if len(f.NewBlob) < 7 || f.Status == patch.StatusDeleted {
				continue
			}
			id, _, ok := tree.Lookup(f.Path)
			if !ok || !strings.HasPrefix(id, f.NewBlob) {
				return false
			}
			some = true
		}
	}
	return some
}
