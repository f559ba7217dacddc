package review

import (
	"fmt"
	"strings"

	"patchbot/internal/repo"
)

// maxRows is how many parts the table shows; parts without anything to say give way first.
const maxRows = 40

// rows makes the table of parts. The columns are aligned by display width, titles are cut so that the line fits.
func (b *builder) rows() (rows []row, rest string) {
	s := &b.r.Series
	if s.Single() || b.r.Verdict == VerdictIncomplete || len(s.Parts) == 0 {
		return nil, ""
	}
	numberWidth, stateWidth := 0, 0
	left := 0
	for i := range s.Parts {
		p := &s.Parts[i]
		if len(s.Parts) > maxRows && !b.telling(p) || len(rows) == maxRows {
			left++
			continue
		}
		r := row{Number: b.number(p.Index), Title: clean(p.Subject), State: b.state(p)}
		numberWidth, stateWidth = max(numberWidth, columns(r.Number)), max(stateWidth, columns(r.State))
		rows = append(rows, r)
	}
	titleWidth := proseWidth - 2 - numberWidth - 2 - 2 - stateWidth
	for i, r := range rows {
		r.Number = strings.Repeat(" ", numberWidth-columns(r.Number)) + r.Number
		r.Title = pad(cut(r.Title, titleWidth), titleWidth)
		rows[i] = r
	}
	if left > 0 {
		rest = b.count("count.rest", left)
	}
	return rows, rest
}

// telling reports whether a part differs from its neighbours: it has findings, or is where the series stopped.
func (b *builder) telling(p *Part) bool {
	if p.Status != repo.StatusApplied && p.Status != repo.StatusNotTried {
		return true
	}
	for _, f := range b.r.Findings {
		if f.Part == p.Index {
			return true
		}
	}
	return false
}

// received lists which parts came and which did not, as ranges: "1/9–4/9, 6/9 and 8/9".
func (b *builder) received() (got, missing string) {
	s := &b.r.Series
	if len(s.Missing) == 0 {
		return "", ""
	}
	var have []int
	for _, p := range s.Parts {
		have = append(have, p.Index)
	}
	return b.list(ranges(have, s.Total)), b.list(ranges(s.Missing, s.Total))
}

// maxRanges bounds a list of ranges; what is beyond it is an ellipsis.
const maxRanges = 12

// ranges writes sorted indexes as "k/n", three or more neighbours as "k/n–m/n".
func ranges(indexes []int, total int) []string {
	var all []string
	for i := 0; i < len(indexes); {
		j := i
		for j+1 < len(indexes) && indexes[j+1] == indexes[j]+1 {
			j++
		}
		switch {
		case len(all) == maxRanges:
			return append(all, "…")
		case j-i < 2:
			all = append(all, fmt.Sprintf("%d/%d", indexes[i], total))
			i++
		default:
			all = append(all, fmt.Sprintf("%d/%d–%d/%d", indexes[i], total, indexes[j], total))
			i = j + 1
		}
	}
	return all
}
