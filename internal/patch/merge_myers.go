package patch

import "math"

// The constants that make long comparisons short. They decide which of several scripts comes out, so they are git's.
const (
	costFloor  = 256  // edit cost below which nothing is cut short
	longSnake  = 20   // equal lines in a row that are worth a shortcut
	reward     = 4    // how far a path must have come, in units of its cost, to be taken for good
	mostRepeat = 1024 // upper bound of what counts as a line that occurs too often
	scanReach  = 100  // lines looked at around a line that occurs too often
	scanRatio  = 4
)

// roughRoot is a power of two near the square root of n.
func roughRoot(n int) int {
	root := 1
	for ; n > 0; n >>= 2 {
		root <<= 1
	}
	return root
}

// myers marks the changed lines of both sides (Myers, An O(ND) Difference Algorithm, linear space). kinds is the number of
// different lines.
func myers(a, b *side, kinds int, work *meter) {
	start := 0
	for start < len(a.line) && start < len(b.line) && a.line[start] == b.line[start] {
		start++
	}
	tail := 0
	for tail < min(len(a.line), len(b.line))-start && a.line[len(a.line)-1-tail] == b.line[len(b.line)-1-tail] {
		tail++
	}
	countA, countB := make([]int, kinds), make([]int, kinds)
	for _, n := range a.line {
		countA[n]++
	}
	for _, n := range b.line {
		countB[n]++
	}
	m := comparison{
		work: work,
		a:    reduce(a, countB, start, len(a.line)-tail),
		b:    reduce(b, countA, start, len(b.line)-tail),
	}
	diagonals := len(m.a.line) + len(m.b.line) + 3
	m.limit = max(costFloor, roughRoot(diagonals))
	m.forward, m.backward = make([]int, diagonals), make([]int, diagonals)
	m.zero = len(m.b.line) + 1
	m.compare(box{0, len(m.a.line), 0, len(m.b.line)}, false)
}

// reduced is what is left of a side for the search, with the way back to its lines.
type reduced struct {
	side *side
	line []int
	at   []int // index of each line in side
}

// matches tells how often a line occurs on the other side.
type matches byte

const (
	matchNone matches = iota
	matchSome
	matchMany
)

// reduce leaves out of the search, and marks as changed, the lines from start to end that do not occur on the other side,
// and those that occur very often there if they stand among such lines.
func reduce(s *side, otherCount []int, start, end int) reduced {
	many := min(roughRoot(len(s.line)), mostRepeat)
	kind := make([]matches, end)
	for i := start; i < end; i++ {
		switch n := otherCount[s.line[i]]; {
		case n >= many && n > 0:
			kind[i] = matchMany
		case n > 0:
			kind[i] = matchSome
		}
	}
	r := reduced{side: s}
	for i := start; i < end; i++ {
		if kind[i] == matchSome || kind[i] == matchMany && !amongStrangers(kind, i, start) {
			r.line = append(r.line, s.line[i])
			r.at = append(r.at, i)
		} else {
			s.changed[i] = true
		}
	}
	return r
}

// amongStrangers tells whether line i, which occurs very often on the other side, stands in a stretch made mostly of lines
// that do not occur there.
func amongStrangers(kind []matches, i, start int) bool {
	from, to := max(start, i-scanReach), min(len(kind)-1, i+scanReach)
	none, many := 0, 0
	count := func(j int) bool {
		switch kind[j] {
		case matchNone:
			none++
		case matchMany:
			many++
		case matchSome:
			return false
		}
		return true
	}
	for j := i - 1; j >= from && count(j); j-- {
	}
	if none == 0 {
		return false
	}
	before := none
	for j := i + 1; j <= to && count(j); j++ {
	}
	if none == before {
		return false
	}
	many += 2 // the line itself, once for each direction
	return many*scanRatio < many+none
}

// comparison is the search for a path through the edit graph of two reduced sides.
type comparison struct {
	a, b              reduced
	forward, backward []int // furthest line of a on each diagonal
	zero              int   // index of diagonal 0 in them
	limit             int   // edit cost at which the best path so far is taken
	work              *meter
}

// box is a part of the edit graph: lines a0 to a1-1 against b0 to b1-1.
type box struct{ a0, a1, b0, b1 int }

// compare marks the changed lines of a box. minimal forbids shortcuts.
func (m *comparison) compare(x box, minimal bool) {
	for x.a0 < x.a1 && x.b0 < x.b1 && m.a.line[x.a0] == m.b.line[x.b0] {
		x.a0++
		x.b0++
	}
	for x.a0 < x.a1 && x.b0 < x.b1 && m.a.line[x.a1-1] == m.b.line[x.b1-1] {
		x.a1--
		x.b1--
	}
	switch {
	case x.a0 == x.a1:
		for _, i := range m.b.at[x.b0:x.b1] {
			m.b.side.changed[i] = true
		}
	case x.b0 == x.b1:
		for _, i := range m.a.at[x.a0:x.a1] {
			m.a.side.changed[i] = true
		}
	default:
		s := m.split(x, minimal)
		m.compare(box{x.a0, s.a, x.b0, s.b}, s.minimalLow)
		m.compare(box{s.a, x.a1, s.b, x.b1}, s.minimalHigh)
	}
}

// cut is a point on the path; the halves before and behind it may have to be searched without shortcuts.
type cut struct {
	a, b                    int
	minimalLow, minimalHigh bool
}

// front is the state of the search from one corner of a box.
type front struct {
	reach    []int // furthest line of a on each diagonal, shifted by zero
	low      int   // diagonals reached so far
	high     int
	boundary int // value beyond the outermost diagonals
}

// widen lets the front reach one diagonal further to each side, or one less where the box ends.
func (f *front) widen(zero, lowest, highest int) {
	if f.low > lowest {
		f.low--
		f.reach[zero+f.low-1] = f.boundary
	} else {
		f.low++
	}
	if f.high < highest {
		f.high++
		f.reach[zero+f.high+1] = f.boundary
	} else {
		f.high--
	}
}

// split finds a point on the path by searching from both corners until the fronts meet.
func (m *comparison) split(x box, minimal bool) cut {
	lowest, highest := x.a0-x.b1, x.a1-x.b0
	midForward, midBackward := x.a0-x.b0, x.a1-x.b1
	odd := (midForward-midBackward)&1 != 0
	f := front{m.forward, midForward, midForward, -1}
	g := front{m.backward, midBackward, midBackward, math.MaxInt}
	f.reach[m.zero+midForward] = x.a0
	g.reach[m.zero+midBackward] = x.a1
	for cost := 1; ; cost++ {
		m.work.spend(f.high - f.low + g.high - g.low + 2)
		f.widen(m.zero, lowest, highest)
		snakeF, c, met := m.advance(x, f, g, odd)
		if met {
			return c
		}
		g.widen(m.zero, lowest, highest)
		snakeB, c, met := m.retreat(x, f, g, !odd)
		if met {
			return c
		}
		if minimal && m.work.left >= 0 {
			continue
		}
		if (snakeF || snakeB) && cost > costFloor {
			if c, ok := m.goodForward(x, f, midForward, cost); ok {
				return c
			}
			if c, ok := m.goodBackward(x, g, midBackward, cost); ok {
				return c
			}
		}
		if cost >= m.limit || m.work.left < 0 {
			return m.furthest(x, f, g)
		}
	}
}

// advance moves the front from the upper left corner by one edit.
func (m *comparison) advance(x box, f, g front, check bool) (snake bool, c cut, met bool) {
	for d := f.high; d >= f.low; d -= 2 {
		k := m.zero + d
		i := f.reach[k+1]
		if f.reach[k-1] >= i {
			i = f.reach[k-1] + 1
		}
		from := i
		for i < x.a1 && i-d < x.b1 && m.a.line[i] == m.b.line[i-d] {
			i++
		}
		m.work.spend(i - from)
		snake = snake || i-from > longSnake
		f.reach[k] = i
		if check && g.low <= d && d <= g.high && g.reach[k] <= i {
			return snake, cut{i, i - d, true, true}, true
		}
	}
	return snake, c, false
}

// retreat moves the front from the lower right corner by one edit.
func (m *comparison) retreat(x box, f, g front, check bool) (snake bool, c cut, met bool) {
	for d := g.high; d >= g.low; d -= 2 {
		k := m.zero + d
		i := g.reach[k-1]
		if i >= g.reach[k+1] {
			i = g.reach[k+1] - 1
		}
		from := i
		for i > x.a0 && i-d > x.b0 && m.a.line[i-1] == m.b.line[i-d-1] {
			i--
		}
		m.work.spend(from - i)
		snake = snake || from-i > longSnake
		g.reach[k] = i
		if check && f.low <= d && d <= f.high && i <= f.reach[k] {
			return snake, cut{i, i - d, true, true}, true
		}
	}
	return snake, c, false
}

// goodForward finds the path from the upper left that has come far for its cost and ends in a long snake.
func (m *comparison) goodForward(x box, f front, mid, cost int) (c cut, ok bool) {
	best := 0
	for d := f.high; d >= f.low; d -= 2 {
		i := f.reach[m.zero+d]
		j := i - d
		v := i - x.a0 + j - x.b0 - abs(d-mid)
		if v <= reward*cost || v <= best || i < x.a0+longSnake || i >= x.a1 || j < x.b0+longSnake || j >= x.b1 {
			continue
		}
		n := 1
		for n < longSnake && m.a.line[i-n] == m.b.line[j-n] {
			n++
		}
		if n == longSnake && m.a.line[i-n] == m.b.line[j-n] {
			best, c, ok = v, cut{i, j, true, false}, true
		}
	}
	return c, ok
}

// goodBackward is goodForward from the lower right.
func (m *comparison) goodBackward(x box, g front, mid, cost int) (c cut, ok bool) {
	best := 0
	for d := g.high; d >= g.low; d -= 2 {
		i := g.reach[m.zero+d]
		j := i - d
		v := x.a1 - i + x.b1 - j - abs(d-mid)
		if v <= reward*cost || v <= best || i <= x.a0 || i > x.a1-longSnake || j <= x.b0 || j > x.b1-longSnake {
			continue
		}
		n := 0
		for n < longSnake-1 && m.a.line[i+n] == m.b.line[j+n] {
			n++
		}
		if n == longSnake-1 && m.a.line[i+n] == m.b.line[j+n] {
			best, c, ok = v, cut{i, j, false, true}, true
		}
	}
	return c, ok
}

// furthest gives the search up and takes the end of the path that has come furthest from its corner.
func (m *comparison) furthest(x box, f, g front) cut {
	far, farA := -1, -1
	for d := f.high; d >= f.low; d -= 2 {
		i := min(f.reach[m.zero+d], x.a1)
		if i-d > x.b1 {
			i = x.b1 + d
		}
		if i+i-d > far {
			far, farA = i+i-d, i
		}
	}
	near, nearA := math.MaxInt, math.MaxInt
	for d := g.high; d >= g.low; d -= 2 {
		i := max(x.a0, g.reach[m.zero+d])
		if i-d < x.b0 {
			i = x.b0 + d
		}
		if i+i-d < near {
			near, nearA = i+i-d, i
		}
	}
	if x.a1+x.b1-near < far-(x.a0+x.b0) {
		return cut{farA, far - farA, true, false}
	}
	return cut{nearA, near - nearA, false, true}
}
