package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"patchbot/internal/store"
)

// described is what the pages read of the JSON of `patchbot check`.
type described struct {
	Total int `json:"total"`
	Parts []struct {
		Index   int             `json:"index"`
		Subject string          `json:"subject"`
		Files   []describedFile `json:"files"`
	} `json:"parts"`
	Missing []int `json:"missing"`
	Base    *struct {
		Commit string `json:"commit"`
		Branch string `json:"branch"`
	} `json:"base"`
	Apply struct {
		Status string `json:"status"`
		Failed *struct {
			Index int    `json:"index"`
			Path  string `json:"path"`
			Line  int    `json:"line"`
		} `json:"failed"`
	} `json:"apply"`
	Findings  []describedFinding `json:"findings"`
	Fixed     int                `json:"fixed"`
	Inherited int                `json:"inherited"`
	Unchecked []struct {
		URL    string `json:"url"`
		Reason string `json:"reason"`
	} `json:"unchecked"`
}

type describedFile struct {
	Path    string `json:"path"`
	OldPath string `json:"old_path"`
	Status  string `json:"status"`
}

type describedFinding struct {
	Index      int     `json:"index"`
	Path       string  `json:"path"`
	Line       int     `json:"line"`
	Column     int     `json:"column"`
	Rule       string  `json:"rule"`
	Severity   string  `json:"severity"`
	Message    string  `json:"message"`
	Suggestion *string `json:"suggestion"`
}

// describe reads a report through Options.Describe; nil when there is no such function. What cannot be described is no reason
// not to show the rest.
func (s *Server) describe(r *store.Report, lang string) (json.RawMessage, *described) {
	if s.o.Describe == nil {
		return nil, nil
	}
	raw, err := s.o.Describe(r.Body, lang)
	var d described
	if err == nil {
		err = json.Unmarshal(raw, &d)
	}
	if err != nil {
		s.o.Log.Error("describe report", "series", r.SeriesID, "version", r.Version, "error", err)
		return nil, nil
	}
	return raw, &d
}

// words renders a report through Options.Render; false when it cannot be.
func (s *Server) words(r *store.Report, lang string) (shown, bool) {
	if s.o.Render == nil {
		return shown{}, false
	}
	text, err := s.o.Render(r.Body, lang)
	if err != nil {
		s.o.Log.Error("render report", "series", r.SeriesID, "version", r.Version, "error", err)
		return shown{}, false
	}
	return s.veil(cleanLines(text)), true
}

// reportView is a report on the page of its series.
type reportView struct {
	Lines     []reportLine // the text as its reader gets it
	Shown     bool         // there is a text
	Hidden    bool         // some of it was veiled
	Stale     bool
	At        *moment
	Base      string // the commit, abbreviated, and its branch
	Branch    string
	Single    bool // the series is one patch
	Parts     []partView
	Findings  []findingView
	Rest      int // findings beyond the most shown
	Fixed     int
	Inherited int
	Unchecked []uncheckedView
}

type reportLine struct {
	Text  string
	Quote bool
}

type partView struct {
	Number  string
	Title   foreign
	Files   []fileView
	Result  badge
	Counts  []string // errors, warnings, notes
	Missing bool
	Where   string // path and line of a conflict
}

type fileView struct{ Status, Path, OldPath string }

type findingView struct {
	Severity   badge
	Part       int // 0 for the series as a whole
	Place      string
	Message    string
	Suggestion string
	Rule, Href string
}

type uncheckedView struct{ URL, Reason string }

// findingsMost is how many findings a page shows; JSON has all.
const findingsMost = 1000

func (f *frame) report(r *store.Report, row *store.Series) *reportView {
	s := f.server
	v := &reportView{Stale: r.Digest != row.Digest, At: f.At(r.Created)}
	var text shown
	if text, v.Shown = s.words(r, f.lang); v.Shown {
		v.Lines, v.Hidden = reportLines(text.text), text.hidden
	}
	_, d := s.describe(r, f.lang)
	if d == nil {
		return v
	}
	v.Fixed, v.Inherited, v.Single = d.Fixed, d.Inherited, d.Total <= 1
	if d.Base != nil {
		v.Base, v.Branch = shortCommit(d.Base.Commit), s.safe(d.Base.Branch)
	}
	v.Parts = f.parts(d, row.List)
	for i, finding := range d.Findings {
		if i == findingsMost {
			v.Rest = len(d.Findings) - i
			break
		}
		v.Findings = append(v.Findings, f.finding(finding))
	}
	for _, u := range d.Unchecked {
		v.Unchecked = append(v.Unchecked, uncheckedView{s.safe(u.URL), s.safe(u.Reason)})
	}
	return v
}

// reportLines tells quoted lines from the rest. What is quoted is sometimes a diff and sometimes a page, in which a "-" begins
// a list: so there are no colours for lines added and removed.
func reportLines(text string) []reportLine {
	var lines []reportLine
	for _, line := range strings.Split(text, "\n") {
		lines = append(lines, reportLine{line, strings.HasPrefix(line, ">")})
	}
	return lines
}

func (f *frame) parts(d *described, list string) []partView {
	var parts []partView
	index := map[int]int{}
	for _, p := range d.Parts {
		index[p.Index] = len(parts)
		v := partView{Number: fmt.Sprintf("%d/%d", p.Index, max(d.Total, p.Index)), Title: f.subject(p.Subject, list), Result: f.result(d, p.Index)}
		for _, file := range p.Files {
			v.Files = append(v.Files, fileView{f.wordOr("file.", file.Status), f.server.safe(file.Path), f.server.safe(file.OldPath)})
		}
		if fail := d.Apply.Failed; fail != nil && fail.Index == p.Index && fail.Path != "" {
			v.Where = f.server.safe(fail.Path)
			if fail.Line > 0 {
				v.Where += fmt.Sprintf(", %s %d", f.word("part.at"), fail.Line)
			}
		}
		v.Counts = f.tally(d, p.Index)
		parts = append(parts, v)
	}
	for _, run := range runs(d.Missing) {
		number := fmt.Sprintf("%d/%d", run[0], max(d.Total, run[0]))
		if last := run[len(run)-1]; last > run[0] {
			number += fmt.Sprintf(" – %d/%d", last, max(d.Total, last))
		}
		parts = append(parts, partView{Number: number, Missing: true, Result: badge{Sign: "…", Word: f.word("series.missing"), Class: "wait"}})
		index[run[0]] = len(parts) - 1
	}
	order := make([]partView, 0, len(parts))
	for _, n := range sortedKeys(index) {
		order = append(order, parts[index[n]])
	}
	return order
}

// runs cuts ascending numbers into neighbours: a series of which most is missing takes a few lines of a page and not a
// thousand.
func runs(list []int) [][]int {
	var all [][]int
	for start, i := 0, 1; i <= len(list); i++ {
		if i == len(list) || list[i] != list[i-1]+1 {
			all = append(all, list[start:i])
			start = i
		}
	}
	return all
}

func sortedKeys(m map[int]int) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// result is what came of applying one part: those before the one that failed were applied, those after it were not tried.
func (f *frame) result(d *described, index int) badge {
	status := d.Apply.Status
	if fail := d.Apply.Failed; fail != nil && index != fail.Index {
		status = "applied"
		if index > fail.Index {
			status = "not-tried"
		}
	}
	b := badge{Sign: "≠", Word: f.wordOr("part.", status), Class: "bad"}
	switch status {
	case "applied":
		b.Sign, b.Class = "✓", "good"
	case "not-tried":
		b.Sign, b.Class = "–", "off"
	case "already-applied":
		b.Sign, b.Class = "=", "off"
	}
	return b
}

// tally counts the findings of one part by severity.
func (f *frame) tally(d *described, index int) []string {
	var counts []string
	for _, severity := range []string{"error", "warning", "note"} {
		n := 0
		for _, finding := range d.Findings {
			if finding.Index == index && finding.Severity == severity {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, f.count(severity+"s", n))
		}
	}
	return counts
}

func (f *frame) finding(d describedFinding) findingView {
	place := f.server.safe(d.Path)
	if d.Line > 0 {
		place += fmt.Sprintf(":%d", d.Line)
		if d.Column > 0 {
			place += fmt.Sprintf(":%d", d.Column)
		}
	}
	v := findingView{Severity: f.severity(d.Severity), Part: d.Index, Place: place, Message: f.server.safe(d.Message), Rule: f.server.safe(d.Rule)}
	if d.Suggestion != nil {
		v.Suggestion = f.server.safe(*d.Suggestion)
	}
	if f.server.o.Rules != nil {
		v.Href = f.Link("/rules#" + ruleAnchor(v.Rule))
	}
	return v
}

// shortCommit abbreviates a commit as the replies do.
func shortCommit(id string) string { return id[:min(len(id), 12)] }
