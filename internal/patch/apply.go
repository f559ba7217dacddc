package patch

import (
	"bytes"
	"fmt"
	"slices"
)

// HunkError says which hunk of an entry found no place.
type HunkError struct {
	Hunk   int      // 0-based
	Line   int      // 1-based line of the author's old file: the first that is not found
	At     int      // 1-based line of the file patched where Found starts
	Expect []string // what the hunk expects from Line on, line feeds cut, at most 5 lines
	Marks  string   // one ' ' or '-' for each line of Expect: context or removed
	Found  []string // what stands there instead, at most 5 lines
	// TooLarge: the search was given up, which says nothing about git. The other fields but Hunk are empty.
	TooLarge bool
}

// searchWork is how many steps the search for all hunks of one file may take: about a second.
const searchWork = 1 << 27

func (e *HunkError) Error() string {
	if e.TooLarge {
		return fmt.Sprintf("the search for hunk %d takes too long", e.Hunk+1)
	}
	return fmt.Sprintf("hunk %d does not apply at line %d", e.Hunk+1, e.Line)
}

// fileLine is one line of the file being patched, with its line feed unless it is the last.
type fileLine struct {
	text    []byte
	patched bool // written by an earlier hunk, which no later hunk may match
}

// ApplyHunks applies the text hunks of e to one blob: git apply without fuzz. Each hunk is looked for at its new position,
// then around it, nearest first; a hunk that starts the file or lacks context at its end matches only at that end of the
// file. offset is the distance in lines of the hunk that moved most, with its sign.
func (e *Entry) ApplyHunks(blob []byte) (out []byte, offset int, err *HunkError) {
	return e.applyHunks(blob, &meter{searchWork})
}

func (e *Entry) applyHunks(blob []byte, work *meter) (out []byte, offset int, err *HunkError) {
	lines := splitFile(blob)
	for i := range e.Fragments {
		f := &e.Fragments[i]
		before, after := f.images()
		at, moved, ok := f.find(lines, before, work)
		if work.left < 0 {
			return nil, 0, &HunkError{Hunk: i, TooLarge: true}
		}
		if !ok {
			return nil, 0, explain(f, i, lines, before)
		}
		if abs(moved) > abs(offset) {
			offset = moved
		}
		const perStep = 16 // lines moved at once
		work.spend(len(lines) / perStep)
		lines = replaceLines(lines, at, len(before), after)
	}
	size := 0
	for _, l := range lines {
		size += len(l.text)
	}
	out = make([]byte, 0, size)
	for _, l := range lines {
		out = append(out, l.text...)
	}
	return out, offset, nil
}

// replaceLines puts lines in the place of n old ones; it shares memory with all.
func replaceLines(all []fileLine, at, n int, lines []fileLine) []fileLine {
	if n == len(all) {
		return lines
	}
	tail := all[at+n:]
	if len(lines) <= n {
		copy(all[at:], lines)
		moved := copy(all[at+len(lines):], tail)
		return all[:at+len(lines)+moved]
	}
	grow := len(lines) - n
	all = slices.Grow(all, grow)[:len(all)+grow]
	copy(all[at+len(lines):], all[at+n:len(all)-grow])
	copy(all[at:], lines)
	return all
}

func splitFile(blob []byte) []fileLine {
	lines := make([]fileLine, 0, bytes.Count(blob, []byte("\n"))+1)
	for len(blob) > 0 {
		line := firstLine(blob)
		lines = append(lines, fileLine{text: line})
		blob = blob[len(line):]
	}
	return lines
}

// images are the lines that the hunk expects and those it leaves, which no other hunk of the file may match.
func (f *Fragment) images() (before [][]byte, after []fileLine) {
	body := f.Body
	most := uint64(bytes.Count(body, []byte("\n")) + 1)
	before, after = make([][]byte, 0, min(f.OldLines, most)), make([]fileLine, 0, min(f.NewLines, most))
	for len(body) > 0 {
		line := firstLine(body)
		body = body[len(line):]
		kind, text := line[0], line[1:]
		if len(body) > 0 && body[0] == '\\' { // the line has no line feed
			if kind == '\n' {
				break
			}
			text = text[:len(text)-1]
		}
		switch kind {
		case '\n':
			before, after = append(before, line), append(after, fileLine{line, true})
		case ' ':
			before, after = append(before, text), append(after, fileLine{text, true})
		case '-':
			before = append(before, text)
		case '+':
			after = append(after, fileLine{text, true})
		}
	}
	return before, after
}

// find looks for the lines of before. moved is the distance from where the hunk says they stand.
func (f *Fragment) find(lines []fileLine, before [][]byte, work *meter) (at, moved int, ok bool) {
	pos := 0
	if f.NewPos > 0 {
		pos = int(int32(uint32(f.NewPos - 1))) // a C int to git
	}
	first, last := 0, len(lines)-len(before)
	atStart, atEnd := f.OldPos <= 1, f.Trailing == 0
	if atStart {
		last = min(last, 0)
	}
	if atEnd {
		first = len(lines) - len(before)
	}
	if first < 0 || first > last {
		return 0, 0, false
	}
	from := pos
	if from < 0 || from > len(lines) {
		from = len(lines)
	}
	match := matchLines
	if slices.ContainsFunc(before, func(b []byte) bool { return !bytes.HasSuffix(b, []byte("\n")) }) {
		match = matchBlock
	}
	for d := 0; (from+d <= last || from-d >= first) && work.spend(2); d++ {
		if at := from + d; at >= first && at <= last && match(lines, before, at, atEnd, work) {
			return at, at - pos, true
		}
		if at := from - d; d > 0 && at >= first && at <= last && match(lines, before, at, atEnd, work) {
			return at, at - pos, true
		}
	}
	return 0, 0, false
}

func matchLines(lines []fileLine, before [][]byte, at int, _ bool, work *meter) bool {
	for k, want := range before {
		if l := lines[at+k]; l.patched || !bytes.Equal(l.text, want) {
			work.spend(k)
			return false
		}
	}
	return true
}

// matchBlock compares as git does when a line of the hunk has no line feed: each line but for its white space, and the hunk
// as one block of bytes, which may end within a line of the file unless it must end the file.
func matchBlock(lines []fileLine, before [][]byte, at int, atEnd bool, work *meter) bool {
	var have []byte
	for k, want := range before {
		l := lines[at+k]
		if l.patched || !sameButSpace(l.text, want) {
			work.spend(k)
			return false
		}
		have = append(have, l.text...)
	}
	want := bytes.Join(before, nil)
	return bytes.HasPrefix(have, want) && (!atEnd || len(have) == len(want))
}

func sameButSpace(a, b []byte) bool {
	for {
		a, b = bytes.TrimLeft(a, spaces), bytes.TrimLeft(b, spaces)
		if len(a) == 0 || len(b) == 0 {
			return len(a) == len(b)
		}
		if a[0] != b[0] {
			return false
		}
		a, b = a[1:], b[1:]
	}
}

func abs(n int) int { return max(n, -n) }
