package patch

import (
	"bytes"
	"errors"
	"slices"
)

// mergeWork is how many steps the comparison of two texts may take: about a second.
const mergeWork = 1 << 27

// ErrConflict: both sides changed the same or adjacent lines, and not in the same way.
var ErrConflict = errors.New("both sides changed the same lines")

// MergeText merges two descendants of one text, line by line, as git's content merge does. The error is [ErrConflict], or
// [ErrTooLarge] for texts that take too long to compare.
func MergeText(base, ours, theirs []byte, a Algorithm) (merged []byte, err error) {
	return mergeText(base, ours, theirs, a, &meter{mergeWork}, false)
}

// MergeUnion is [MergeText] with the lines of both sides, ours first, wherever they conflict: git's merge=union.
func MergeUnion(base, ours, theirs []byte, a Algorithm) (merged []byte, err error) {
	return mergeText(base, ours, theirs, a, &meter{mergeWork}, true)
}

func mergeText(base, ours, theirs []byte, a Algorithm, work *meter, union bool) (merged []byte, err error) {
	o, x, y := splitLines(base), splitLines(ours), splitLines(theirs)
	left, right := diffLines(o, x, a, work), diffLines(o, y, a, work)
	switch {
	case work.left < 0:
		return nil, ErrTooLarge
	case len(left) == 0:
		return theirs, nil
	case len(right) == 0:
		return ours, nil
	}
	regions := mergeScripts(left, right, x, y)
	if union {
		regions = refine(regions, x, y, a, work)
	}
	out := make([]byte, 0, len(ours)+len(theirs)/2)
	emit := func(lines [][]byte) {
		for _, l := range lines {
			out = append(out, l...)
		}
	}
	at := 0
	for _, r := range regions {
		switch r.from {
		case both:
			o, t := x[r.ours:r.ours+r.oursLines], y[r.theirs:r.theirs+r.theirsLines]
			if len(o) > 0 && slices.EqualFunc(o, t, bytes.Equal) {
				continue // our lines will do
			}
			if !union {
				return nil, ErrConflict
			}
			emit(x[at:r.ours])
			emit(o)
			if n := len(o); n > 0 && !bytes.HasSuffix(o[n-1], []byte("\n")) {
				out = append(out, '\n')
			}
			emit(t)
		case theirSide:
			emit(x[at:r.ours])
			emit(y[r.theirs : r.theirs+r.theirsLines])
		case ourSide:
			emit(x[at : r.ours+r.oursLines])
		}
		at = r.ours + r.oursLines
	}
	emit(x[at:])
	return out, nil
}

// fewLines is how many equal lines between two conflicts are too few to keep them apart.
const fewLines = 3

// refine cuts the conflicts down to the lines that really differ between the two sides, and joins those that are close.
func refine(regions []region, x, y [][]byte, a Algorithm, work *meter) []region {
	var out []region
	for _, r := range regions {
		if r.from != both || r.oursLines == 0 || r.theirsLines == 0 {
			out = append(out, r)
			continue
		}
		for _, c := range diffLines(x[r.ours:r.ours+r.oursLines], y[r.theirs:r.theirs+r.theirsLines], a, work) {
			out = append(out, region{both, r.ours + c.OldAt, c.OldLines, r.theirs + c.NewAt, c.NewLines})
		}
	}
	joined := out[:0]
	for _, r := range out {
		if n := len(joined); n > 0 && r.from == both && joined[n-1].from == both {
			if last := &joined[n-1]; r.ours-last.ours-last.oursLines <= fewLines {
				last.oursLines = r.ours + r.oursLines - last.ours
				last.theirsLines = r.theirs + r.theirsLines - last.theirs
				continue
			}
		}
		joined = append(joined, r)
	}
	return joined
}

// origin says which descendant changed a region.
type origin int

const (
	both origin = iota
	ourSide
	theirSide
)

// region is a stretch of both descendants that comes from the same lines of the base.
type region struct {
	from                origin
	ours, oursLines     int
	theirs, theirsLines int
}

// mergeScripts walks through both scripts in the order of the base. A change that both made alike needs no region.
func mergeScripts(left, right []Change, x, y [][]byte) []region {
	var out []region
	shiftX, shiftY := 0, 0 // lines that a descendant is ahead of the base so far
	for len(left) > 0 || len(right) > 0 {
		switch {
		case len(right) == 0 || len(left) > 0 && left[0].OldAt+left[0].OldLines < right[0].OldAt:
			c := left[0]
			left = left[1:]
			out = appendRegion(out, region{ourSide, c.NewAt, c.NewLines, c.OldAt + shiftY, c.OldLines})
			shiftX = c.NewAt + c.NewLines - c.OldAt - c.OldLines
		case len(left) == 0 || right[0].OldAt+right[0].OldLines < left[0].OldAt:
			c := right[0]
			right = right[1:]
			out = appendRegion(out, region{theirSide, c.OldAt + shiftX, c.OldLines, c.NewAt, c.NewLines})
			shiftY = c.NewAt + c.NewLines - c.OldAt - c.OldLines
		default:
			l, r := left[0], right[0]
			if !sameChange(l, r, x, y) {
				out = appendRegion(out, overlap(l, r))
			}
			endL, endR := l.OldAt+l.OldLines, r.OldAt+r.OldLines
			if endL >= endR {
				right = right[1:]
				shiftY = r.NewAt + r.NewLines - endR
			}
			if endR >= endL {
				left = left[1:]
				shiftX = l.NewAt + l.NewLines - endL
			}
		}
	}
	return out
}

func sameChange(l, r Change, x, y [][]byte) bool {
	return l.OldAt == r.OldAt && l.OldLines == r.OldLines && l.NewLines == r.NewLines &&
		slices.EqualFunc(x[l.NewAt:l.NewAt+l.NewLines], y[r.NewAt:r.NewAt+r.NewLines], bytes.Equal)
}

// overlap is the region that two touching changes make together.
func overlap(l, r Change) region {
	start, end := min(l.OldAt, r.OldAt), max(l.OldAt+l.OldLines, r.OldAt+r.OldLines)
	before := func(c Change) int { return c.OldAt - start }
	after := func(c Change) int { return end - c.OldAt - c.OldLines }
	return region{
		both,
		l.NewAt - before(l), before(l) + l.NewLines + after(l),
		r.NewAt - before(r), before(r) + r.NewLines + after(r),
	}
}

// appendRegion adds r, or joins it to the last region when they touch on either side.
func appendRegion(all []region, r region) []region {
	if n := len(all); n > 0 {
		last := &all[n-1]
		if r.ours <= last.ours+last.oursLines || r.theirs <= last.theirs+last.theirsLines {
			if r.from != last.from {
				last.from = both
			}
			last.oursLines = r.ours + r.oursLines - last.ours
			last.theirsLines = r.theirs + r.theirsLines - last.theirs
			return all
		}
	}
	return append(all, r)
}
