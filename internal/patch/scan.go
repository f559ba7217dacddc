package patch

import (
	"strings"
)

// outline is where the diffs stand in a text that a person wrote or a mailer handled, and what is wrong with them. It is
// the tolerant reading: package repo decides by [ReadDiff] what git makes of the bytes.
type outline struct {
	files  []fileSpan
	damage Damage // the first harm found, empty when every hunk has the lines it announces
	line   int    // of the text, from 1, where the harm shows
}

// fileSpan is the diff of one file: text[start:end], with the first hunk or binary data at body.
type fileSpan struct {
	start, body, end int
	lines            int  // of all hunks
	short            bool // a hunk ends before its lines are there
}

// scanner walks a text line by line.
type scanner struct {
	text string
	at   int // offset of the current line
	num  int // its number, from 1
	out  outline
}

// maxFiles bounds the files of one mail; git's reading is refused beyond the same number, see DefaultLimits.
const maxFiles = 10_000

// outlineOf finds the diffs in a text, at most maxFiles: those that begin with "diff --git", and plain ones with "---",
// "+++" and "@@".
func outlineOf(text string) outline {
	s := &scanner{text: text, num: 1}
	for s.at < len(text) && len(s.out.files) < maxFiles {
		if s.startsFile() {
			s.file()
			continue
		}
		s.skip()
	}
	return s.out
}

func (s *scanner) line() string {
	line, _, _ := strings.Cut(s.text[s.at:], "\n")
	return strings.TrimSuffix(line, "\r")
}

// peek returns the n-th line after the current one.
func (s *scanner) peek(n int) string {
	rest := s.text[s.at:]
	for range n {
		_, next, ok := strings.Cut(rest, "\n")
		if !ok {
			return ""
		}
		rest = next
	}
	line, _, _ := strings.Cut(rest, "\n")
	return line
}

func (s *scanner) skip() {
	if i := strings.IndexByte(s.text[s.at:], '\n'); i >= 0 {
		s.at += i + 1
	} else {
		s.at = len(s.text)
	}
	s.num++
}

func (s *scanner) startsFile() bool {
	rest := s.text[s.at:]
	if strings.HasPrefix(rest, "diff --git ") {
		return true
	}
	return strings.HasPrefix(rest, "--- ") && strings.HasPrefix(s.peek(1), "+++ ") && strings.HasPrefix(s.peek(2), "@@ -")
}

// file walks over the header, hunks and binary data of one file.
func (s *scanner) file() {
	span := fileSpan{start: s.at}
	s.skip()
	for s.at < len(s.text) && isDiffHeader(s.line()) {
		s.skip()
	}
	span.body = s.at
	for s.at < len(s.text) {
		if line := s.line(); strings.HasPrefix(line, "@@ -") {
			if !s.hunk(&span) {
				break
			}
		} else if line == "GIT binary patch" {
			s.binary()
		} else {
			break
		}
	}
	span.end = s.at
	s.out.files = append(s.out.files, span)
}

// isDiffHeader knows the lines between "diff --git" and the first hunk.
func isDiffHeader(line string) bool {
	for _, prefix := range []string{
		"index ", "--- ", "+++ ", "old mode ", "new mode ", "new file mode ", "deleted file mode ", "similarity index ",
		"dissimilarity index ", "rename ", "copy ", "Binary files ",
	} {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	return false
}

// hunk walks over one hunk by the counts of its header. It reports whether the lines were all there.
func (s *scanner) hunk(span *fileSpan) bool {
	counts, ok := parseRanges([]byte(s.line() + "\n"))
	s.skip()
	if !ok || counts.oldLines > uint64(len(s.text)) || counts.newLines > uint64(len(s.text)) {
		span.short = true
		return true
	}
	before, after := int(counts.oldLines), int(counts.newLines)
	for before > 0 || after > 0 {
		if s.at >= len(s.text) {
			span.short = true
			return false
		}
		line := s.line()
		switch {
		case line == "" || line[0] == ' ':
			before, after = before-1, after-1
		case line[0] == '-':
			before--
		case line[0] == '+':
			after--
		case line[0] == '\\':
		default:
			return s.broken(span, line)
		}
		if before < 0 || after < 0 { // one line too many of a kind: the counts were edited
			span.short = true
			before, after = max(before, 0), max(after, 0)
		}
		span.lines++
		s.skip()
	}
	for s.at < len(s.text) && s.text[s.at] == '\\' {
		s.skip()
	}
	return true
}

// broken notes the harm at a line that can be no line of a hunk. The next hunk or file of the text goes on normally.
func (s *scanner) broken(span *fileSpan, line string) bool {
	span.short = true
	if strings.HasPrefix(line, "@@ -") || strings.HasPrefix(line, "diff --git ") {
		return true // an edited hunk, not a mailer's work
	}
	if strings.HasSuffix(s.text[:s.at], "\n-- \n") || strings.HasSuffix(s.text[:s.at], "\n-- \r\n") {
		return false // git's version below the signature mark: the hunk announces more lines than there are
	}
	if s.out.damage == "" {
		s.out.damage, s.out.line = DamageWrapped, s.num
		if strings.HasPrefix(line, "\u00a0") {
			s.out.damage = DamageBlanks
		}
	}
	for s.at < len(s.text) && !strings.HasPrefix(s.text[s.at:], "@@ -") && !s.startsFile() {
		s.skip()
	}
	return true
}

// binary walks over "GIT binary patch" and its blocks, each ended by an empty line.
func (s *scanner) binary() {
	s.skip()
	for s.at < len(s.text) {
		if line := s.line(); !strings.HasPrefix(line, "literal ") && !strings.HasPrefix(line, "delta ") {
			return
		}
		for s.at < len(s.text) && s.line() != "" {
			s.skip()
		}
		s.skip()
	}
}

// whole reports whether there is a diff and every hunk has exactly the lines it announces.
func (o outline) whole() bool {
	if len(o.files) == 0 || o.damage != "" {
		return false
	}
	for _, f := range o.files {
		if f.short {
			return false
		}
	}
	return true
}

// cut takes the diffs out of the text: one after another in diff, whose outline is moved, and the rest in prose.
func (o outline) cut(text string) (diff string, moved outline, prose string) {
	if len(o.files) == 0 {
		return "", o, text
	}
	size := 0
	for _, f := range o.files {
		size += f.end - f.start
	}
	var d, p strings.Builder
	d.Grow(size)
	p.Grow(len(text) - size)
	end := 0
	for i, f := range o.files {
		p.WriteString(text[end:f.start])
		end = f.end
		shift := d.Len() - f.start
		d.WriteString(text[f.start:f.end])
		o.files[i].start, o.files[i].body, o.files[i].end = f.start+shift, f.body+shift, f.end+shift
	}
	p.WriteString(text[end:])
	return d.String(), o, p.String()
}

// join appends the diffs of another body.
func (o *outline) join(diff, more string, other outline) string {
	if diff != "" && !strings.HasSuffix(diff, "\n") {
		diff += "\n"
	}
	for _, f := range other.files {
		f.start, f.body, f.end = f.start+len(diff), f.body+len(diff), f.end+len(diff)
		o.files = append(o.files, f)
	}
	if o.damage == "" {
		o.damage, o.line = other.damage, other.line
	}
	if diff == "" {
		return more
	}
	return diff + more
}
