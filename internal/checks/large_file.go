package checks

import "patchbot/internal/wiki"

var largeFile = &Rule{
	ID:       "large-file",
	Severity: Warning,
	Scope:    ScopeFile,
	Title:    "Files have a size that everybody can clone and read",
	Why: "A large file stays in the history for ever, even after it is deleted, and everybody who clones the wiki downloads it. " +
		"A page beyond the limits is not checked.",
	Bad:  "talk.pdf, 24 MB\n",
	Good: "A link to the talk where it is published\n",
	Messages: map[string]string{
		"large":   "the file has {{.Whole}}.{{.Tenth}} MB: everybody who clones the wiki downloads it, for ever.",
		"page":    "the page has {{.Whole}}.{{.Tenth}} MB, more than is checked: nothing else was looked at in it.",
		"nesting": "the page nests lists, quotations or brackets deeper than is checked: a part of it was not looked at.",
		"crowded": "a paragraph of the page has more marks or columns than are checked: a part of it was not looked at.",
	},
	check: checkLargeFile,
}

// maxSize is the size from which a file is large, in bytes.
const maxSize = 1 << 20

func checkLargeFile(p *pass) {
	size := megabytes(len(p.src))
	switch {
	case wiki.IsPage(p.path) && len(p.src) > wiki.MaxBytes:
		p.file("page", size).Detail = "page"
	case len(p.src) > maxSize:
		p.file("large", size).Detail = "large"
	}
	if p.md == nil {
		return
	}
	switch p.md.Cut {
	case "nesting", "brackets":
		p.file("nesting", nil).Detail = "cut"
	case "marks", "table":
		p.file("crowded", nil).Detail = "cut"
	}
}

// megabytes is a size in two numbers: languages put different marks between them.
func megabytes(n int) map[string]any {
	tenths := (n + 5e4) / 1e5
	return map[string]any{"Whole": tenths / 10, "Tenth": tenths % 10}
}
