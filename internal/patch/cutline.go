package patch

import "strings"

// wrapLeast is the shortest line, in bytes, that a mailer is believed to have broken.
const wrapLeast = 40

// JoinCutLines undoes what a mailer that breaks long lines does to the last line of a hunk: git takes that line as it stands,
// and its rest, behind the hunk, for text that means nothing. It returns the diff with such lines joined, and whether there
// were any; whether that is what the author wrote, only the blob ids of the diff can tell.
func JoinCutLines(diff string) (joined string, cut bool) {
	o := outlineOf(diff)
	if !o.whole() {
		return diff, false
	}
	var out strings.Builder
	done := 0
	for _, f := range o.files {
		out.WriteString(diff[done:f.end])
		done = f.end
		last := strings.TrimRight(diff[:f.end], "\r\n")
		if len(last)-strings.LastIndexByte(last, '\n')-1 < wrapLeast {
			continue
		}
		rest, after := cutRest(diff[f.end:])
		if len(rest) == 0 {
			continue
		}
		text := strings.TrimRight(out.String(), "\r\n ") + " " + strings.Join(rest, " ")
		out.Reset()
		out.WriteString(text + "\n")
		done, cut = len(diff)-len(after), true
	}
	out.WriteString(diff[done:])
	return out.String(), cut
}

// cutRest takes the lines off the front of a text that can only be the rest of a broken line.
func cutRest(text string) (rest []string, after string) {
	for text != "" && cannotStartLine(text) {
		line, next, _ := strings.Cut(text, "\n")
		rest, text = append(rest, strings.TrimSpace(line)), next
	}
	return rest, text
}
