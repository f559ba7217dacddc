package patch

import "strings"

// unflow undoes format=flowed (RFC 3676) where that yields a whole diff, and reports whether it did.
//
// Blind joining does harm: the lines of a patch may end in blanks of their own. So the ways a mailer may have sent the text
// are tried, from the least change to the most, and the first under which every hunk has exactly the lines it announces
// wins: lines as they are; only unstuffed; joined where the next line cannot be a line of a diff; joined after every blank.
// A text of more than a megabyte is not tried: no person flows that.
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
	if outlineOf(text).whole() {
		return text, true
	}
	for _, joins := range []func(next string) bool{cannotStartLine, func(string) bool { return true }} {
		if joined := joinFlowed(lines, delSp, joins); outlineOf(joined).whole() {
			return joined, true
		}
	}
	return text, false
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

// cannotStartLine reports whether a line can only be the rest of a broken one: no line of a diff begins like it.
func cannotStartLine(line string) bool {
	if strings.TrimRight(line, "\r\n") == "" || strings.IndexByte(" +-\\@", line[0]) >= 0 {
		return false
	}
	return !strings.HasPrefix(line, "diff ") && !isDiffHeader(line)
}
