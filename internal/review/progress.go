package review

import (
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
	Gone     []string `json:"gone,omitempty"`    // their titles
}

// Change is what happened to one part since the version before.
type Change struct {
	Index   int      `json:"index"`
	What    string   `json:"what"`              // same, changed, new
	Was     string   `json:"was,omitempty"`     // its place in the version before, "1/2", when it has moved
	Message bool     `json:"message,omitempty"` // the commit message is another one
	Files   []string `json:"files,omitempty"`   // whose changes are others, in the order of the paths
}

// progress compares a report with that of the version before. Findings count as resolved only when this version could be
// checked; a finding is the same when its rule says the same about the same text, wherever it stands now.
func progress(before, now *Report) *Progress {
	if before == nil || len(now.Series.Missing) > 0 || now.Series.Defect != "" {
		return nil
	}
	p := &Progress{Since: before.Series.Labelled()}
	p.Parts, p.Gone = comparePartsOf(&before.Series, &now.Series)
	p.Dropped = len(p.Gone)
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
