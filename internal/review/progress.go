package review

import (
	"fmt"
	"strings"

	"patchbot/internal/checks"
	"patchbot/internal/repo"
)

// Progress is how a version of a series differs from the one before it.
type Progress struct {
	Since    int      `json:"since"`             // the version before, as its subjects name it
	Before   int      `json:"before"`            // findings it had
	Resolved int      `json:"resolved"`          // of these, how many are gone
	Parts    []Change `json:"parts,omitempty"`   // of this version, by index
	Dropped  int      `json:"dropped,omitempty"` // parts of the version before that have no successor
}

// Change is what happened to one part since the version before.
type Change struct {
	Index int    `json:"index"`
	What  string `json:"what"` // same, changed, new
}

// progress compares a report with that of the version before. Findings count as resolved only when this version could be
// checked; a finding is the same when its rule says the same about the same text, wherever it stands now.
func progress(before, now *Report) *Progress {
	if before == nil || len(now.Series.Missing) > 0 || now.Series.Defect != "" {
		return nil
	}
	p := &Progress{Since: before.Series.Labelled()}
	p.Parts, p.Dropped = comparePartsOf(before.Series.Parts, now.Series.Parts)
	if now.Apply.Status != repo.StatusApplied {
		return p
	}
	left := map[essential]int{}
	for _, f := range now.Findings {
		left[essence(f)]++
	}
	for _, f := range before.Findings {
		if f.Severity <= checks.Off {
			continue
		}
		p.Before++
		if key := essence(f); left[key] > 0 {
			left[key]--
		} else {
			p.Resolved++
		}
	}
	return p
}

// essential is a finding without its place.
type essential struct{ rule, source, detail string }

// essence tells findings apart by their detail, the destination of a link for instance, or by the text of the line where
// the rule gives none.
func essence(f Finding) essential {
	if f.Detail != "" {
		return essential{rule: f.Rule, detail: f.Detail}
	}
	return essential{rule: f.Rule, source: strings.Join(strings.Fields(f.Source), " ")}
}

// comparePartsOf matches parts of two versions: by patch id, which no rebase changes, else by title.
func comparePartsOf(before, now []Part) (changes []Change, dropped int) {
	taken := make([]bool, len(before))
	match := func(same func(Part) bool) bool {
		for i, b := range before {
			if !taken[i] && same(b) {
				taken[i] = true
				return true
			}
		}
		return false
	}
	changes = make([]Change, len(now))
	for i, p := range now {
		changes[i].Index = p.Index
		if p.PatchID != "" && match(func(b Part) bool { return b.PatchID == p.PatchID }) {
			changes[i].What = "same"
		}
	}
	for i, p := range now {
		switch {
		case changes[i].What != "":
		case match(func(b Part) bool { return b.Subject == p.Subject }):
			changes[i].What = "changed"
		case len(before) == 1 && len(now) == 1 && match(func(Part) bool { return true }):
			changes[i].What = "changed"
		default:
			changes[i].What = "new"
		}
	}
	for _, t := range taken {
		if !t {
			dropped++
		}
	}
	return changes, dropped
}

// sinceThen is what the view says about the version before; the strings are empty when there is nothing to say.
func (b *builder) sinceThen() (since, findings, parts string) {
	p := b.r.Progress
	if p == nil {
		return "", "", ""
	}
	if p.Before > 0 {
		args := map[string]any{"Resolved": p.Resolved, "Before": p.Before}
		switch p.Resolved {
		case p.Before:
			findings = b.count("progress.all", p.Before)
		case 0:
			findings = b.count("progress.none", p.Before)
		default:
			findings = b.say("progress.some", args) + ", " + b.count("progress.left", p.Before-p.Resolved)
		}
	}
	if !b.r.Series.Single() {
		parts = b.changes(p)
	}
	if findings == "" && parts == "" {
		return "", "", ""
	}
	return fmt.Sprintf("v%d", p.Since), findings, parts
}

// changes lists what happened to the parts, those with the same fate together.
func (b *builder) changes(p *Progress) string {
	byFate := map[string][]int{}
	for _, c := range p.Parts {
		byFate[c.What] = append(byFate[c.What], c.Index)
	}
	var each []string
	for _, fate := range []string{"same", "changed", "new"} {
		if list := byFate[fate]; len(list) > 0 {
			each = append(each, b.list(ranges(list, b.r.Series.Total))+string(glue)+b.say("progress."+fate, nil))
		}
	}
	if p.Dropped > 0 {
		each = append(each, b.count("progress.dropped", p.Dropped))
	}
	return strings.Join(each, b.say("semicolon", nil))
}
