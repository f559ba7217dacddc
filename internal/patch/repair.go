package patch

import (
	"bytes"
	"strings"
)

// WithPrefixes gives the paths of a diff the prefixes a/ and b/ where it was made without any (git format-patch --no-prefix,
// or the setting diff.noprefix). lacked reports whether there was such a file: git removes the first component of every
// path, and makes another path of it, or none. Text around the diffs stays.
func WithPrefixes(diff string) (repaired string, lacked bool) {
	var b strings.Builder
	end := 0
	for _, span := range outlineOf(diff).files {
		b.WriteString(diff[end:span.start])
		end = span.body
		header := diff[span.start:span.body]
		if from, to, ok := bareNames(header); ok {
			header, lacked = prefixed(header, from, to), true
		}
		b.WriteString(header)
	}
	if !lacked {
		return diff, false
	}
	b.WriteString(diff[end:])
	return b.String(), true
}

// bareNames are the two names of a "diff --git" line without prefixes: those of a rename or copy, else one name twice.
func bareNames(header string) (from, to string, ok bool) {
	first, rest, _ := strings.Cut(header, "\n")
	names, ok := strings.CutPrefix(strings.TrimSuffix(first, "\r"), "diff --git ")
	if !ok {
		return "", "", false
	}
	for line := range strings.Lines(rest) {
		line = strings.TrimRight(line, "\r\n")
		for _, kind := range []string{"rename ", "copy "} {
			if name, ok := strings.CutPrefix(line, kind+"from "); ok {
				from = name
			} else if name, ok := strings.CutPrefix(line, kind+"to "); ok {
				to = name
			}
		}
	}
	if from != "" && to != "" {
		return from, to, names == from+" "+to
	}
	half := len(names) / 2
	if len(names)%2 == 0 || names[half] != ' ' || names[:half] != names[half+1:] {
		return "", "", false
	}
	return names[:half], names[:half], true
}

// prefixed writes the header of one file with prefixes before its names.
func prefixed(header, from, to string) string {
	var b strings.Builder
	for i, line := range strings.SplitAfter(header, "\n") {
		bare := strings.TrimRight(line, "\r\n")
		feed := line[len(bare):]
		name, _, _ := strings.Cut(bare, "\t") // git ends a name with blanks in a tab
		feed = bare[len(name):] + feed
		switch {
		case i == 0:
			line = "diff --git " + withPrefix("a/", from) + " " + withPrefix("b/", to) + line[len(bare):]
		case name == "--- "+from:
			line = "--- " + withPrefix("a/", from) + feed
		case name == "+++ "+to:
			line = "+++ " + withPrefix("b/", to) + feed
		}
		b.WriteString(line)
	}
	return b.String()
}

func withPrefix(prefix, name string) string {
	if rest, quoted := strings.CutPrefix(name, `"`); quoted {
		return `"` + prefix + rest
	}
	return prefix + name
}

// WithCR ends the lines of hunks in CR LF, in those files for which crlf tells that theirs do so. first is the first of the
// files that it changed. Such carriage returns get lost on the way of a mail; hunks that have one already are left alone.
func WithCR(diff string, crlf func(File) bool) (repaired, first string) {
	var b strings.Builder
	end := 0
	for _, span := range outlineOf(diff).files {
		b.WriteString(diff[end:span.body])
		end = span.end
		body := diff[span.body:span.end]
		files := headerOnly(diff[span.start:span.body], body)
		if strings.Contains(body, "\r\n") || !strings.HasPrefix(body, "@@ ") || !crlf(files[0]) {
			b.WriteString(body)
			continue
		}
		if first == "" {
			first = files[0].Path
		}
		for body != "" {
			line, rest, whole := strings.Cut(body, "\n")
			b.WriteString(line)
			unended := strings.HasPrefix(rest, `\`) // the line has no line feed in the file
			if whole && !unended && line != "" && strings.IndexByte(" +-", line[0]) >= 0 {
				b.WriteByte('\r')
			}
			if whole {
				b.WriteByte('\n')
			}
			body = rest
		}
	}
	b.WriteString(diff[end:])
	return b.String(), first
}

// EndsInCR reports whether a file ends its lines in CR LF: most of them.
func EndsInCR(blob []byte) bool {
	lines := bytes.Count(blob, []byte("\n"))
	return lines > 0 && 2*bytes.Count(blob, []byte("\r\n")) > lines
}
