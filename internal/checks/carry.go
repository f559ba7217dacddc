package checks

import (
	"slices"
	"strings"
)

// move tells where the files of a newer tree come from in an older one.
type move struct {
	from map[string]string // newer path to older path, of files under another name
	to   map[string]string // the inverse
}

func (m move) old(p string) string {
	if o, ok := m.from[p]; ok {
		return o
	}
	return p
}

// carry pairs the findings of an older tree with those of a newer one that are the same problem, and gives the index of
// the older finding for each newer one, -1 for those that are new. A problem is the same when its rule and detail are and
// its line was left alone, moved, edited in place, or taken to another page. lines gives the line map from the older text
// of a file to the newer.
func carry(older, newer []Finding, m move, lines func(oldPath, newPath string) *lineMap) []int {
	c := carrier{older: older, newer: newer, pair: make([]int, len(newer)), taken: make([]bool, len(older))}
	for i := range c.pair {
		c.pair[i] = -1
	}
	byFile := map[string][]int{}
	for i := range older {
		byFile[older[i].Path] = append(byFile[older[i].Path], i)
	}
	for i := 0; i < len(newer); {
		j := i
		for j < len(newer) && newer[j].Path == newer[i].Path {
			j++
		}
		if old := byFile[m.old(newer[i].Path)]; len(old) > 0 {
			c.file(old, i, j, c.lineMap(old, i, j, func() *lineMap { return lines(m.old(newer[i].Path), newer[i].Path) }))
		}
		i = j
	}
	c.across()
	return c.pair
}

type carrier struct {
	older, newer []Finding
	pair         []int
	taken        []bool
}

// key is what makes two findings the same problem, whatever line they stand on.
type key struct{ rule, detail, text string }

// file pairs the findings of two versions of one file: newer[from:to] with the older ones of the list.
func (c *carrier) file(old []int, from, to int, lm *lineMap) {
	// Each step pairs what the one before left over, from the surest to the loosest.
	c.step(old, from, to, func(f *Finding, isNew bool) (key, int) { // the line was left alone
		k := key{f.Rule, f.Detail, ""}
		switch {
		case f.Line == 0: // the whole file, which stays where it is
			return k, -1
		case isNew:
			return k, f.Line
		}
		return k, lm.target(f.Line)
	})
	c.step(old, from, to, func(f *Finding, _ bool) (key, int) { // it moved
		return key{f.Rule, f.Detail, strings.TrimSpace(f.Source)}, 1
	})
	c.step(old, from, to, func(f *Finding, _ bool) (key, int) { // it was edited around the problem
		if f.Detail == "" {
			return key{}, 0
		}
		return key{f.Rule, f.Detail, ""}, 1
	})
	c.step(old, from, to, func(f *Finding, isNew bool) (key, int) { // it was edited, and has the problem as before
		if f.Detail != "" {
			return key{}, 0
		}
		if isNew {
			return key{f.Rule, "", ""}, lm.added(f.Line)
		}
		return key{f.Rule, "", ""}, lm.removed(f.Line)
	})
}

// lineMap compares the two texts only if some finding is about a line of them.
func (c *carrier) lineMap(old []int, from, to int, compare func() *lineMap) *lineMap {
	a := slices.ContainsFunc(old, func(i int) bool { return c.older[i].Line > 0 })
	b := slices.ContainsFunc(c.newer[from:to], func(f Finding) bool { return f.Line > 0 })
	if !a || !b {
		return &lineMap{}
	}
	return compare()
}

// step pairs findings whose key and place agree. A place of 0 takes no part.
func (c *carrier) step(old []int, from, to int, at func(f *Finding, isNew bool) (key, int)) {
	type spot struct {
		key
		place int
	}
	open := map[spot][]int{}
	for _, i := range old {
		if c.taken[i] {
			continue
		}
		if k, place := at(&c.older[i], false); place != 0 {
			s := spot{k, place}
			open[s] = append(open[s], i)
		}
	}
	if len(open) == 0 {
		return
	}
	for j := from; j < to; j++ {
		if c.pair[j] >= 0 {
			continue
		}
		k, place := at(&c.newer[j], true)
		s := spot{k, place}
		if place == 0 || len(open[s]) == 0 {
			continue
		}
		i := open[s][0]
		open[s] = open[s][1:]
		c.pair[j], c.taken[i] = i, true
	}
}

// across pairs what is left in all files: a paragraph taken to another page brings its problems along.
func (c *carrier) across() {
	open := map[key][]int{}
	at := func(f *Finding) (key, bool) {
		text := strings.TrimSpace(f.Source)
		return key{f.Rule, f.Detail, text}, text != ""
	}
	for i := range c.older {
		if k, ok := at(&c.older[i]); ok && !c.taken[i] {
			open[k] = append(open[k], i)
		}
	}
	for j := range c.newer {
		if c.pair[j] >= 0 {
			continue
		}
		if k, ok := at(&c.newer[j]); ok && len(open[k]) > 0 {
			i := open[k][0]
			open[k] = open[k][1:]
			c.pair[j], c.taken[i] = i, true
		}
	}
}

// target is the place of an old line in the new text, 0 when it is gone.
func (m *lineMap) target(line int) int {
	if line >= len(m.to) {
		return 0
	}
	return m.to[line]
}

// removed is the hunk that took an old line away, 0 for none.
func (m *lineMap) removed(line int) int {
	if line == 0 || line >= len(m.hunk) {
		return 0
	}
	return m.hunk[line]
}

// added is the hunk that brought a new line, 0 for none.
func (m *lineMap) added(line int) int {
	if line == 0 || line >= len(m.in) {
		return 0
	}
	return m.in[line]
}
