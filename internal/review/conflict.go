package review

import "patchbot/internal/repo"

// conflict puts the place into words where the series stopped; nil unless it could not be applied.
func (b *builder) conflict() *conflict {
	if b.r.Verdict != VerdictDoesNotApply || b.r.Apply.Status == repo.StatusAlreadyApplied {
		return nil
	}
	f := b.r.Apply.Failed
	if f == nil {
		return &conflict{Status: string(b.r.Apply.Status)}
	}
	expect, found := differing(f.Expect, f.Found)
	c := &conflict{
		Reason: f.Reason, Status: string(b.r.Apply.Status), Where: b.number(f.Index), Path: keepTogether(clean(f.Path)), Line: f.Line,
		Expect: quoteExpected(expect, f.Marks), Found: quoteFound(found),
		Changed: b.seen(b.r.Apply.Changed), Worked: b.seen(b.r.Apply.Worked), Behind: b.r.Apply.Behind, Fits: b.r.Apply.Fits,
	}
	c.Passage = len(c.Expect) > 0 && !aboutWholeFile(f.Reason)
	return c
}

// aboutWholeFile reports whether a patch failed for what a file is and not for what stands in it.
func aboutWholeFile(reason string) bool {
	switch reason {
	case "exists", "missing", "path", "symlink", "directory", "mode", "binary":
		return true
	}
	return false
}

// differing cuts the lines that both sides end with: they show nothing. One line of each side stays.
func differing(expect, found []string) (e, f []string) {
	for len(expect) > 1 && len(expect) == len(found) && expect[len(expect)-1] == found[len(found)-1] {
		expect, found = expect[:len(expect)-1], found[:len(found)-1]
	}
	return expect, found
}

// quoteExpected quotes lines as they stand in the patch, context or removed; without marks they count as removed.
func quoteExpected(lines []string, marks string) []string {
	var quoted []string
	for i, line := range lines[:min(len(lines), maxQuoted)] {
		mark := "-"
		if i < len(marks) {
			mark = marks[i : i+1]
		}
		quoted = append(quoted, quoteLine("> "+mark, line))
	}
	return quoted
}

func quoteFound(lines []string) []string {
	var quoted []string
	for _, line := range lines[:min(len(lines), maxQuoted)] {
		quoted = append(quoted, quoteLine("> ", line))
	}
	return quoted
}
