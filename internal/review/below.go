package review

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// Under is a series that the reviewed one stands on.
type Under struct {
	ID      string     `json:"id"`
	Version int        `json:"version"`
	Label   int        `json:"label,omitempty"` // version that the subjects name, when it is not Version
	Subject string     `json:"subject"`
	Root    string     `json:"root"` // message id, without brackets
	State   UnderState `json:"state"`
}

// UnderState is what came of a series that another one stands on. The values are part of the command line's JSON.
type UnderState string

const (
	UnderApplied    UnderState = "applied"        // the reviewed series was applied on top of it
	UnderLanded     UnderState = "landed"         // it is in the branch already
	UnderIncomplete UnderState = "incomplete"     // parts of it are missing
	UnderUnusable   UnderState = "unusable"       // it can never be applied, see patch.Series.Defect
	UnderConflict   UnderState = "does-not-apply" // not to this base
	UnderNotTried   UnderState = "not-tried"      // it stands itself on one that could not be applied, or there are too many
)

// maxBelow bounds the parts that are applied below a series.
const maxBelow = 100

// lower describes the series below in the report, and returns those that are to be applied, in order. From the first that
// cannot be on, the rest is left out: it would most likely stand on that one.
func (r *Report) lower(ctx context.Context, req Request, base string) []*patch.Series {
	var usable []*patch.Series
	parts, broken := 0, false
	for _, s := range req.Below {
		d := Describe(s)
		u := Under{ID: d.ID, Version: d.Version, Label: d.Label, Subject: d.Subject, Root: d.Root, State: UnderApplied}
		parts += len(s.Parts)
		switch {
		case Landed(ctx, req.Repo, base, s) != nil:
			u.State = UnderLanded
		case broken || parts > maxBelow:
			u.State = UnderNotTried
		case s.Defect != "":
			u.State = UnderUnusable
		case len(s.Missing) > 0:
			u.State = UnderIncomplete
		default:
			usable = append(usable, s)
		}
		broken = broken || u.State != UnderApplied && u.State != UnderLanded
		r.Below = append(r.Below, u)
	}
	return usable
}

// without takes the series that did not apply out of those below, and all that stand above it.
func (r *Report) without(lower []*patch.Series, failed *patch.Series) []*patch.Series {
	kept := lower[:slices.Index(lower, failed)]
	state := UnderApplied
	for i := range r.Below {
		if u := &r.Below[i]; u.State == UnderApplied {
			if u.ID == failed.ID && u.Version == failed.Version {
				state = UnderConflict
			}
			u.State = state
			if state == UnderConflict {
				state = UnderNotTried
			}
		}
	}
	return kept
}

// pile is a series applied on top of others.
type pile struct {
	*repo.Applied // of the series alone

	base   string        // what its first part was applied to: 40 hex digits of a tree, or of the base commit
	failed *patch.Series // the one below that did not apply; nothing else holds then
}

// pileUp applies the series in lower and then s to a commit. Objects that the lower ones make count for the upper ones.
func pileUp(ctx context.Context, scratch *repo.Scratch, base string, lower []*patch.Series, s *patch.Series) (*pile, error) {
	var all []repo.Input
	var owner []*patch.Series
	for _, each := range append(lower[:len(lower):len(lower)], s) {
		for _, in := range inputs(each) {
			all, owner = append(all, in), append(owner, each)
		}
	}
	for i := range all {
		all[i].Index = i + 1 // unique; the parts' own come back below
	}
	a, err := scratch.Apply(ctx, base, all)
	if err != nil {
		return nil, err
	}
	if a.Failed != nil && owner[a.Failed.Index-1] != s {
		return &pile{failed: owner[a.Failed.Index-1]}, nil
	}
	under := len(all) - len(s.Parts)
	p := &pile{Applied: a, base: a.Base}
	if under > 0 {
		p.base = a.Parts[under-1].Tree
	}
	a.Parts = a.Parts[under:]
	for i := range a.Parts {
		a.Parts[i].Index = s.Parts[i].Index
	}
	if a.Failed != nil {
		a.Failed.Index = s.Parts[a.Failed.Index-1-under].Index
	} else if under > 0 {
		summarize(a)
	}
	return p, nil
}

// summarize finds the end of the series from its own parts, where those below count no more.
func summarize(a *repo.Applied) {
	rank := map[repo.How]int{repo.HowExact: 0, repo.HowOffset: 1, repo.HowThreeWay: 2}
	a.Status, a.How = repo.StatusAlreadyApplied, ""
	for _, p := range a.Parts {
		if p.Status != repo.StatusApplied {
			continue
		}
		a.Status = repo.StatusApplied
		if a.How == "" || rank[p.How] > rank[a.How] {
			a.How = p.How
		}
	}
}

// below names the series that the reviewed one was applied on top of.
func (b *builder) below() string {
	var all []string
	for _, u := range b.r.Below {
		if u.State == UnderApplied {
			all = append(all, b.under(u))
		}
	}
	return b.list(all)
}

// maxLacking is how many missing foundations are named.
const maxLacking = 5

// lacking names what the series should stand on and was not applied on top of, each with the reason. A patch that only its
// patch id names is worth a word when the series does not apply: git writes down every commit that its author had below.
func (b *builder) lacking() string {
	var all []string
	for _, u := range b.r.Below {
		if u.State != UnderApplied && u.State != UnderLanded {
			all = append(all, b.under(u)+" "+b.say("paren", map[string]any{"Text": b.say("under."+string(u.State), nil)}))
		}
	}
	for _, ref := range b.r.Unknown {
		if isPatchID(ref) && b.r.Verdict != VerdictDoesNotApply {
			continue
		}
		name := keepTogether(cut(clean(ref), maxRef))
		if isPatchID(ref) {
			name = b.say("under.patch", map[string]any{"ID": short(ref)})
		}
		all = append(all, name+" "+b.say("paren", map[string]any{"Text": b.say("under.unknown", nil)}))
	}
	if n := len(all) - maxLacking; n > 0 {
		all = append(all[:maxLacking], b.count("under.more", n))
	}
	return b.list(all)
}

// unlanded leaves out the patch ids of commits that are in the history of base already: git writes them down too.
func unlanded(ctx context.Context, r *repo.Repo, base string, refs []string) []string {
	return slices.DeleteFunc(slices.Clone(refs), func(ref string) bool {
		if !isPatchID(ref) {
			return false
		}
		_, landed := r.FindApplied(ctx, base, ref, nil)
		return landed
	})
}

// maxRef is the width at which a message id or address is cut.
const maxRef = 66

func isPatchID(ref string) bool {
	return len(ref) == 40 && strings.Trim(ref, "0123456789abcdef") == ""
}

// under is the title of a series below, with its version.
func (b *builder) under(u Under) string {
	title := b.say("quote", map[string]any{"Text": cut(clean(u.Subject), 60)})
	version := u.Version
	if u.Label > 0 {
		version = u.Label
	}
	if version > 1 {
		return fmt.Sprintf("%s%cv%d", title, glue, version)
	}
	return title
}
