package patch

import (
	"bytes"
	"fmt"
	"math"
)

// ranges are the four numbers of a hunk header.
type ranges struct {
	oldPos, oldLines, newPos, newLines uint64
	overflow                           bool
}

// ranges reads "@@ -a,b +c,d @@".
func (p *diffReader) ranges(line []byte) (r ranges, ok bool) {
	r, ok = parseRanges(line)
	// to the older dialect a number that is too large is the largest one
	return r, ok && (!p.modern || !r.overflow)
}

// parseRanges reads "@@ -a,b +c,d @@" and says whether one of the numbers was too large.
func parseRanges(line []byte) (r ranges, ok bool) {
	if len(line) == 0 || line[len(line)-1] != '\n' {
		return r, false
	}
	rest, ok := bytes.CutPrefix(line, []byte("@@ -"))
	if !ok {
		return r, false
	}
	if r.oldPos, r.oldLines, rest, ok = r.parse(rest, " +"); !ok {
		return r, false
	}
	r.newPos, r.newLines, _, ok = r.parse(rest, " @@")
	return r, ok
}

// parse reads "pos" or "pos,count" and what must follow.
func (r *ranges) parse(b []byte, follow string) (pos, count uint64, rest []byte, ok bool) {
	var over bool
	if pos, b, over = parseNumber(b); b == nil {
		return 0, 0, nil, false
	}
	r.overflow = r.overflow || over
	count = 1
	if len(b) > 0 && b[0] == ',' {
		if count, b, over = parseNumber(b[1:]); b == nil {
			return 0, 0, nil, false
		}
		r.overflow = r.overflow || over
	}
	rest, ok = bytes.CutPrefix(b, []byte(follow))
	return pos, count, rest, ok
}

// parseNumber reads digits; a value that is too large is the largest. rest is nil when there is no digit.
func parseNumber(b []byte) (v uint64, rest []byte, overflow bool) {
	n := 0
	for n < len(b) && isDigit(b[n]) {
		d := uint64(b[n] - '0')
		if overflow = overflow || v > (math.MaxUint64-d)/10; !overflow {
			v = v*10 + d
		}
		n++
	}
	switch {
	case n == 0:
		return 0, nil, false
	case overflow:
		v = math.MaxUint64
	}
	return v, b[n:len(b):len(b)], overflow
}

// fragments reads the hunks that follow the header of e.
func (p *diffReader) fragments(e *Entry) *SyntaxError {
	var oldLines, newLines uint64
	const shortest = 5
	for len(p.rest()) >= shortest && bytes.HasPrefix(p.rest(), []byte("@@ -")) {
		f, n, bad := p.fragment(e)
		if bad >= 0 {
			return &SyntaxError{Line: p.line + bad, Reason: "corrupt hunk"}
		}
		p.skip(n)
		e.Fragments = append(e.Fragments, f)
		oldLines += f.OldLines
		newLines += f.NewLines
		if p.hunks++; p.hunks > p.limits.Hunks {
			return &SyntaxError{Line: p.line, Reason: fmt.Sprintf("more than %d hunks", p.limits.Hunks), TooLarge: true}
		}
	}
	several := len(e.Fragments) > 1
	if e.New == Unknown && (oldLines > 0 || several) {
		e.New = No
	}
	if e.Deleted == Unknown && (newLines > 0 || several) {
		e.Deleted = No
	}
	if e.New == Yes && oldLines > 0 {
		return p.fail("the new file %s depends on old contents", e.Name())
	}
	if e.Deleted == Yes && newLines > 0 {
		return p.fail("the deleted file %s still has contents", e.Name())
	}
	return nil
}

// fragment reads one hunk; n is its length. bad is the line, counted from the header, where it is corrupt, or -1.
func (p *diffReader) fragment(e *Entry) (f Fragment, n, bad int) {
	data := p.rest()
	header := firstLine(data)
	r, ok := p.ranges(header)
	if !ok {
		return f, 0, 0
	}
	f = Fragment{Line: p.line, OldPos: r.oldPos, OldLines: r.oldLines, NewPos: r.newPos, NewLines: r.newLines}
	oldLeft, newLeft := r.oldLines, r.newLines
	n = len(header)
	lines, changed := 1, false
	for n < len(data) && (oldLeft > 0 || newLeft > 0) {
		line := firstLine(data[n:])
		if line[len(line)-1] != '\n' {
			return f, 0, lines
		}
		switch line[0] {
		case ' ', '\n':
			oldLeft--
			newLeft--
			if !changed {
				f.Leading++
			}
			f.Trailing++
		case '-':
			oldLeft--
			changed, f.Trailing = true, 0
		case '+':
			newLeft--
			changed, f.Trailing = true, 0
		case '\\':
			if !isNoNewline(line) {
				return f, 0, lines
			}
		default:
			return f, 0, lines
		}
		n += len(line)
		lines++
	}
	if oldLeft > 0 || newLeft > 0 || !changed {
		return f, 0, lines
	}
	// the marker after the last line stands beyond the counts
	if rest := data[n:]; len(rest) > noNewlineLength && bytes.HasPrefix(rest, []byte("\\ ")) && (!p.modern || isNoNewline(firstLine(rest))) {
		n += len(firstLine(rest))
	}
	f.Body = data[len(header):n]
	return f, n, -1
}

// noNewlineLength is the length that a "\ No newline at end of file" must have in any language.
const noNewlineLength = 12

func isNoNewline(line []byte) bool {
	return len(line) >= noNewlineLength && bytes.HasPrefix(line, []byte("\\ "))
}
