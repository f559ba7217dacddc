package review

import (
	"cmp"
	"strings"
)

// compareFindings is the order of findings everywhere: part, path, line, column, rule. The message breaks what ties remain.
func compareFindings(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(a.Part, b.Part), strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
		strings.Compare(a.Rule, b.Rule), strings.Compare(a.Message.ID, b.Message.ID),
		cmp.Compare(a.EndLine, b.EndLine), cmp.Compare(a.EndColumn, b.EndColumn),
	)
}
