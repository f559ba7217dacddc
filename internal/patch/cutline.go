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
		hunks := strings.TrimRight(diff[done:f.end], "\r\n ")
		rest, after := cutRest(diff[f.end:])
		if len(rest) == 0 || len(hunks)-strings.LastIndexByte(hunks, '\n')-1 < wrapLeast {
			continue
		}
		out.WriteString(hunks + " " + strings.Join(rest, " ") + "\n")
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
