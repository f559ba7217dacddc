package patch

import (
	"bytes"
	"strings"
)

// shownLines is how many lines of a failed hunk a person is shown.
const shownLines = 5

// explain finds the place that the hunk resembles most and a line that differs there: the first that the hunk removes, else
// the first of its context.
func explain(f *Fragment, number int, lines []fileLine, before [][]byte) *HunkError {
	expected := 0
	if f.OldPos > 0 {
		expected = int(min(f.OldPos-1, uint64(len(lines))))
	}
	at := mostAlike(lines, before, expected)
	marks := f.marks()
	k := 0 // every line may be there, but not at the end of the file where it should be, or already patched
	differs := false
	for i, want := range before {
		if at+i < len(lines) && bytes.Equal(lines[at+i].text, want) {
			continue
		}
		if !differs || marks[i] == '-' {
			k, differs = i, true
		}
		if marks[i] == '-' {
			break
		}
	}
	e := &HunkError{Hunk: number, Line: int(min(f.OldPos, 1<<31)) + k, At: at + k + 1}
	if f.OldPos == 0 {
		e.Line = 1
	}
	for i := k; i < len(before) && i < k+shownLines; i++ {
		e.Expect = append(e.Expect, clean(before[i]))
		e.Marks += string(marks[i])
	}
	for i := at + k; i < len(lines) && i < at+k+len(e.Expect); i++ {
		e.Found = append(e.Found, clean(lines[i].text))
	}
	return e
}

func clean(line []byte) string { return strings.TrimRight(string(line), "\r\n") }

// marks are the first bytes of the lines that the hunk expects.
func (f *Fragment) marks() []byte {
	var marks []byte
	for body := f.Body; len(body) > 0; {
		line := firstLine(body)
		body = body[len(line):]
		switch line[0] {
		case ' ', '-':
			marks = append(marks, line[0])
		case '\n':
			marks = append(marks, ' ')
		}
	}
	return marks
}

// mostAlike is the position where most lines of before stand in lines, nearest to expected. The work is bounded: in a long
// file only the surroundings are searched.
func mostAlike(lines []fileLine, before [][]byte, expected int) int {
	const comparisons = 1 << 20
	best, most := expected, 0
	reach := comparisons / max(len(before), 1)
	for d := 0; d <= min(len(lines), reach); d++ {
		for _, at := range [2]int{expected + d, expected - d} {
			if at < 0 || at > len(lines) {
				continue
			}
			same := 0
			for k, want := range before {
				if at+k < len(lines) && len(bytes.TrimSpace(want)) > 0 && bytes.Equal(lines[at+k].text, want) {
					same++
				}
			}
			if same > most {
				best, most = at, same
			}
		}
	}
	return best
}
