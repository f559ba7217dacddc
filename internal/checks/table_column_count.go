package checks

import (
	"strings"

	"patchbot/internal/wiki"
)

var tableColumnCount = &Rule{
	ID:       "table-column-count",
	Aliases:  []string{"MD056"},
	Severity: Warning,
	Scope:    ScopePage,
	Title:    "Rows of a table have as many cells as its header",
	Why:      "Cells beyond the header are not shown at all; a missing one is shown empty.",
	Bad:      "| Name | Licence |\n| --- | --- |\n| patchbot | MIT | 2026 |\n",
	Good:     "| Name | Licence | Year |\n| --- | --- | --- |\n| patchbot | MIT | 2026 |\n",
	Messages: map[string]string{
		"few":  "this row has fewer cells than the header: {{.Cells}} instead of {{.Expected}}. The missing ones are shown empty.",
		"many": "this row has more cells than the header: {{.Cells}} instead of {{.Expected}}. What is beyond is not shown.",
	},
	check: checkTableColumnCount,
}

func checkTableColumnCount(p *pass) {
	expected := 0
	table := int32(-1)
	for i := range p.md.Nodes {
		n := &p.md.Nodes[i]
		if n.Kind != wiki.Row {
			continue
		}
		cells := cellStarts(p.md.Text(n.Start, n.End))
		if n.Parent != table {
			table, expected = n.Parent, len(cells)
			continue
		}
		end := n.Start + int32(len(strings.TrimRight(p.md.Text(n.Start, n.End), " \t")))
		args := map[string]any{"Cells": len(cells), "Expected": expected}
		switch {
		case len(cells) < expected:
			p.report(end-1, end, "few", args)
		case len(cells) > expected:
			p.report(n.Start+int32(cells[expected]), end, "many", args)
		}
	}
}

// cellStarts are the offsets in a row where its cells begin, at the bar before each.
func cellStarts(row string) []int {
	row = strings.TrimRight(row, " \t\r")
	var starts []int
	off := 0
	for off < len(row) && (row[off] == ' ' || row[off] == '\t') {
		off++
	}
	if off < len(row) && row[off] != '|' {
		starts = append(starts, off)
	}
	for i := off; i < len(row); i++ {
		switch row[i] {
		case '\\':
			i++
		case '|':
			if i < len(row)-1 {
				starts = append(starts, i)
			}
		}
	}
	return starts
}
