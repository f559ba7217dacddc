package patch

import "strings"

// unflow undoes format=flowed (RFC 3676) where that yields a whole diff, and reports whether it did.
//
// Blind joining does harm: the lines of a patch may end in blanks of their own. So the ways a mailer may have sent the text
// are tried, from the least change to the most, and the first under which every hunk has exactly the lines it announces,
// and no line of the diff is left broken, wins: lines as they are; only unstuffed; joined where the next line cannot be a
// line of a diff; joined after every blank. A text of more than a megabyte is not tried: no person flows that.
func unflow(text string, delSp bool) (string, bool) {
	if len(text) > 1<<20 {
		return text, false
	}
	lines := strings.SplitAfter(text, "\n")
	if isStuffed(lines) {
		for i, line := range lines {
			lines[i] = strings.TrimPrefix(line, " ")
		}
		text = strings.Join(lines, "")
	}
	if isUnbroken(text) {
		return text, true
	}
	for _, joins := range []func(next string) bool{cannotStartLine, func(string) bool { return true }} {
		if joined := joinFlowed(lines, delSp, joins); isUnbroken(joined) {
			return joined, true
		}
	}
	return text, false
}

// isUnbroken reports whether a text holds whole diffs of which the mailer broke no line. The counts of a hunk cannot show
// that its last line is broken, nor can those of any hunk show it of a file name: there, a line that ends in a blank is
// followed by one that nothing but the rest of a line can be. Where the rest begins like a line of a diff it is counted as
// one, and a line is left over behind the hunk.
func isUnbroken(text string) bool {
	o := outlineOf(text)
	if !o.whole() {
		return false
	}
	for _, f := range o.files {
		if endsBroken(text[:f.body]) && cannotStartLine(text[f.body:]) {
			return false
		}
		if isLeftOver(text[:f.end], text[f.end:]) {
			return false
		}
	}
	return true
}

// isLeftOver reports whether what follows a hunk is the rest of its last line, or a line of it that the counts left over.
func isLeftOver(hunk, after string) bool {
	if after == "" || strings.HasPrefix(after, "-- ") || strings.HasPrefix(after, "--- ") {
		return false
	}
	return strings.IndexByte(" +-", after[0]) >= 0 || endsBroken(hunk) && cannotStartLine(after)
}

// endsBroken reports whether the last line ends in the blank of a soft line break; a blank alone is an empty line of context.
func endsBroken(text string) bool {
	text = strings.TrimRight(text, "\r\n")
	return strings.HasSuffix(text, " ") && !strings.HasSuffix(text, "\n ")
}

// isStuffed reports whether the sender put a blank before every line that begins with a blank, ">" or "From ", as RFC 3676
// section 4.4 asks. A line that begins with one blank and then anything else was not stuffed.
func isStuffed(lines []string) bool {
	stuffed := false
	for _, line := range lines {
		rest, ok := strings.CutPrefix(line, " ")
		if !ok {
			continue
		}
		if !strings.HasPrefix(rest, " ") && !strings.HasPrefix(rest, ">") && !strings.HasPrefix(rest, "From ") {
			return false
		}
		stuffed = true
	}
	return stuffed
}

// joinFlowed joins each line that ends in a blank with the next one when joins says so. The signature separator "-- ", the
// last line and a blank alone, which is an empty line of a diff's context, stay.
func joinFlowed(lines []string, delSp bool, joins func(next string) bool) string {
	var out strings.Builder
	for i, line := range lines {
		body := strings.TrimRight(line, "\r\n")
		if i+1 == len(lines) || body == "-- " || body == " " || !strings.HasSuffix(body, " ") || !joins(lines[i+1]) {
			out.WriteString(line)
			continue
		}
		if delSp {
			body = body[:len(body)-1]
		}
		out.WriteString(body)
	}
	return out.String()
}

// cannotStartLine reports whether a text begins with a line that can only be the rest of a broken one: no line of a diff
// begins like it, nor does the rule above the footer of a list.
func cannotStartLine(text string) bool {
	line, _, _ := strings.Cut(text, "\n")
	if strings.TrimRight(line, "\r") == "" || strings.IndexByte(" +-\\@", line[0]) >= 0 {
		return false
	}
	return !strings.HasPrefix(line, "diff ") && !isDiffHeader(line) && !strings.HasPrefix(line, "___") && !strings.HasPrefix(line, "===")
}
