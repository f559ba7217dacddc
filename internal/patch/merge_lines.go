package patch

import (
	"bytes"
	"math"
)

// Change is one place where two texts differ: OldLines lines from OldAt on became NewLines lines from NewAt on. Positions
// count lines from 0.
type Change struct {
	OldAt, OldLines int
	NewAt, NewLines int
}

// Algorithm chooses how lines of two texts are paired.
type Algorithm int

const (
	// Myers is git's default: the shortest edit script, with shortcuts in long texts.
	Myers Algorithm = iota
	// Histogram anchors on the rarest common lines.
	Histogram
)

// Diff lists the changes from old to new, in order. Lines are compared with their line feeds.
func Diff(old, new []byte, a Algorithm) []Change {
	return diffLines(splitLines(old), splitLines(new), a, &meter{math.MaxInt})
}

// meter counts work down. Texts made for it could keep a comparison busy for hours.
type meter struct{ left int }

// spend takes n steps and tells whether there were as many left.
func (m *meter) spend(n int) bool {
	m.left -= n
	return m.left >= 0
}

func splitLines(text []byte) [][]byte {
	lines := make([][]byte, 0, bytes.Count(text, []byte("\n"))+1)
	for len(text) > 0 {
		line := firstLine(text)
		lines = append(lines, line)
		text = text[len(line):]
	}
	return lines
}

// side is one text of a comparison: equal lines have equal numbers.
type side struct {
	line    []int
	changed []bool // one more than lines, so that a run of changes always ends
}

func newSide(n int) *side { return &side{line: make([]int, n), changed: make([]bool, n+1)} }

// numberLines gives equal lines of both texts equal numbers, from 0 on, and returns how many there are.
func numberLines(old, new [][]byte) (a, b *side, kinds int) {
	a, b = newSide(len(old)), newSide(len(new))
	known := make(map[string]int, len(old))
	for _, t := range []struct {
		text [][]byte
		side *side
	}{{old, a}, {new, b}} {
		for i, line := range t.text {
			n, ok := known[string(line)]
			if !ok {
				n = len(known)
				known[string(line)] = n
			}
			t.side.line[i] = n
		}
	}
	return a, b, len(known)
}

// diffLines compares lines. When work runs out the changes still lead from old to new, but not on the way that git finds.
func diffLines(old, new [][]byte, algorithm Algorithm, work *meter) []Change {
	a, b, kinds := numberLines(old, new)
	if algorithm == Histogram {
		histogram(a, b, box{0, len(a.line), 0, len(b.line)}, work)
	} else {
		myers(a, b, kinds, work)
	}
	settle(a, b)
	settle(b, a)
	return script(a, b)
}

// script turns the marks of both sides into changes.
func script(a, b *side) []Change {
	var out []Change
	i, j := 0, 0
	for i < len(a.line) || j < len(b.line) {
		if !a.changed[i] && !b.changed[j] {
			i++
			j++
			continue
		}
		c := Change{OldAt: i, NewAt: j}
		for a.changed[i] {
			i++
		}
		for b.changed[j] {
			j++
		}
		c.OldLines, c.NewLines = i-c.OldAt, j-c.NewAt
		out = append(out, c)
	}
	return out
}

// run is a group of changed lines, perhaps empty, between two unchanged ones: lines start to end-1.
type run struct{ start, end int }

func (s *side) firstRun() run {
	r := run{}
	for s.changed[r.end] {
		r.end++
	}
	return r
}

// next is the run behind the unchanged line that ends r.
func (s *side) next(r run) (run, bool) {
	if r.end == len(s.line) {
		return r, false
	}
	r = run{r.end + 1, r.end + 1}
	for s.changed[r.end] {
		r.end++
	}
	return r, true
}

// previous is the run before the unchanged line that r starts behind.
func (s *side) previous(r run) run {
	r = run{r.start - 1, r.start - 1}
	for r.start > 0 && s.changed[r.start-1] {
		r.start--
	}
	return r
}

// up moves r one line up when the line before it equals its last one; runs that it meets become part of it.
func (s *side) up(r run) (run, bool) {
	if r.start == 0 || s.line[r.start-1] != s.line[r.end-1] {
		return r, false
	}
	r.start, r.end = r.start-1, r.end-1
	s.changed[r.start], s.changed[r.end] = true, false
	for r.start > 0 && s.changed[r.start-1] {
		r.start--
	}
	return r, true
}

// down moves r one line down when the line behind it equals its first one.
func (s *side) down(r run) (run, bool) {
	if r.end == len(s.line) || s.line[r.start] != s.line[r.end] {
		return r, false
	}
	s.changed[r.start], s.changed[r.end] = false, true
	r.start, r.end = r.start+1, r.end+1
	for s.changed[r.end] {
		r.end++
	}
	return r, true
}

// settle moves each run of s that can move: as far down as it goes, then back up to where the other side has changes too,
// if there is such a place.
func settle(s, other *side) {
	r, o := s.firstRun(), other.firstRun()
	for ok := true; ok; {
		if r.start != r.end {
			r, o = settleRun(s, other, r, o)
		}
		if r, ok = s.next(r); ok {
			o, ok = other.next(o)
		}
	}
}

func settleRun(s, other *side, r, o run) (run, run) {
	var highest int // end of the run in its highest place
	facing := false // the other side has changes at one of its places
	for size := -1; size != r.end-r.start; {
		size = r.end - r.start
		facing = false
		for ok := true; ok; {
			if r, ok = s.up(r); ok {
				o = other.previous(o)
			}
		}
		highest = r.end
		facing = o.start != o.end
		for ok := true; ok; {
			if r, ok = s.down(r); ok {
				o, _ = other.next(o)
				facing = facing || o.start != o.end
			}
		}
	}
	if r.end == highest || !facing {
		return r, o
	}
	for o.start == o.end {
		r, _ = s.up(r)
		o = other.previous(o)
	}
	return r, o
}
