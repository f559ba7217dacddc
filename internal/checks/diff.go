package checks

import (
	"bytes"

	"patchbot/internal/wiki"
)

// lineMap says where the lines of an old text are in a new one. Lines count from 1, the zeroth element is unused.
type lineMap struct {
	to   []int // old line to the new line that is the same line, 0 when it is gone
	hunk []int // old line that is gone to the number of the hunk that removed it, 0 for none
	in   []int // new line to the number of the hunk that added it, 0 when it was there
}

// maxEdits bounds the work of comparing two texts: texts that differ more count as rewritten.
const maxEdits = 1000

// diffLines compares two texts line by line: the shortest edit (E. W. Myers, 1986) between the common start and end.
func diffLines(a, b []byte) *lineMap {
	if max(len(a), len(b)) > wiki.MaxBytes {
		a, b = nil, nil // no rule has looked into them
	}
	la, lb := splitLines(a), splitLines(b)
	m := &lineMap{to: make([]int, len(la)+1), hunk: make([]int, len(la)+1), in: make([]int, len(lb)+1)}
	x, y := number(la, lb)
	lo := 0
	for lo < len(x) && lo < len(y) && x[lo] == y[lo] {
		lo++
		m.to[lo] = lo
	}
	hx, hy := len(x), len(y)
	for hx > lo && hy > lo && x[hx-1] == y[hy-1] {
		m.to[hx] = hy
		hx--
		hy--
	}
	for _, p := range shortest(x[lo:hx], y[lo:hy]) {
		m.to[lo+p[0]+1] = lo + p[1] + 1
	}
	m.hunks()
	return m
}

// hunks numbers the runs of removed and added lines.
func (m *lineMap) hunks() {
	n, i, j := 0, 1, 1
	for i < len(m.to) || j < len(m.in) {
		if i < len(m.to) && m.to[i] == j {
			i++
			j++
			continue
		}
		n++
		for i < len(m.to) && m.to[i] == 0 {
			m.hunk[i] = n
			i++
		}
		next := len(m.in)
		if i < len(m.to) {
			next = m.to[i]
		}
		for ; j < next; j++ {
			m.in[j] = n
		}
	}
}

func splitLines(b []byte) [][]byte {
	lines := bytes.Split(b, []byte{'\n'})
	if n := len(lines); n > 0 && len(lines[n-1]) == 0 {
		lines = lines[:n-1]
	}
	return lines
}

// number gives equal lines equal numbers.
func number(a, b [][]byte) (x, y []int32) {
	ids := make(map[string]int32, len(a))
	id := func(line []byte) int32 {
		line = bytes.TrimSuffix(line, []byte{'\r'})
		n, ok := ids[string(line)]
		if !ok {
			n = int32(len(ids))
			ids[string(line)] = n
		}
		return n
	}
	x, y = make([]int32, len(a)), make([]int32, len(b))
	for i, l := range a {
		x[i] = id(l)
	}
	for i, l := range b {
		y[i] = id(l)
	}
	return x, y
}

// shortest gives the pairs of equal elements along a shortest edit, none when it takes more than maxEdits.
func shortest(x, y []int32) [][2]int {
	n, m := len(x), len(y)
	if n == 0 || m == 0 {
		return nil
	}
	limit := min(n+m, maxEdits)
	off := limit + 1
	v := make([]int32, 2*limit+3)
	var trace [][]int32
	for d := 0; d <= limit; d++ {
		// Only the diagonals that step d reached are kept.
		trace = append(trace, append([]int32(nil), v[off-d:off+d+1]...))
		for k := -d; k <= d; k += 2 {
			var i int32
			if k == -d || k != d && v[off+k-1] < v[off+k+1] {
				i = v[off+k+1]
			} else {
				i = v[off+k-1] + 1
			}
			j := i - int32(k)
			for int(i) < n && int(j) < m && x[i] == y[j] {
				i++
				j++
			}
			v[off+k] = i
			if int(i) >= n && int(j) >= m {
				return backtrack(trace, n, m)
			}
		}
	}
	return nil
}

// backtrack walks the trace from the end to the start and collects the diagonal steps.
func backtrack(trace [][]int32, i, j int) [][2]int {
	var pairs [][2]int
	for d := len(trace) - 1; d > 0; d-- {
		v := trace[d] // the state before step d, diagonals -d..d
		k := i - j
		at := func(k int) int {
			if k < -d || k > d {
				return -1
			}
			return int(v[k+d])
		}
		prev := k - 1
		if k == -d || k != d && at(k-1) < at(k+1) {
			prev = k + 1
		}
		pi := at(prev)
		pj := pi - prev
		for i > pi && j > pj {
			i--
			j--
			pairs = append(pairs, [2]int{i, j})
		}
		i, j = pi, pj
	}
	for i > 0 && j > 0 {
		i--
		j--
		pairs = append(pairs, [2]int{i, j})
	}
	return pairs
}
