package patch

// rareEnough is how often a line may occur on the old side to serve as an anchor.
const rareEnough = 64

// histogram marks the changed lines of a[a0:a1] and b[b0:b1]: it splits both at the longest common stretch around the
// rarest common line and goes on in both halves.
func histogram(a, b *side, a0, a1, b0, b1 int) {
	for {
		if a0 == a1 || b0 == b1 {
			mark(a, a0, a1)
			mark(b, b0, b1)
			return
		}
		x, rare := findAnchor(a, b, a0, a1, b0, b1)
		switch {
		case !rare:
			byMyers(a, b, a0, a1, b0, b1)
			return
		case x.a0 == x.a1:
			mark(a, a0, a1)
			mark(b, b0, b1)
			return
		}
		histogram(a, b, a0, x.a0, b0, x.b0)
		a0, b0 = x.a1, x.b1
	}
}

func mark(s *side, from, to int) {
	for i := from; i < to; i++ {
		s.changed[i] = true
	}
}

// byMyers compares stretches whose common lines are all too frequent.
func byMyers(a, b *side, a0, a1, b0, b1 int) {
	known := make(map[int]int)
	part := func(s *side, from, to int) *side {
		p := newSide(to - from)
		for i := range p.line {
			n, ok := known[s.line[from+i]]
			if !ok {
				n = len(known)
				known[s.line[from+i]] = n
			}
			p.line[i] = n
		}
		return p
	}
	pa, pb := part(a, a0, a1), part(b, b0, b1)
	myers(pa, pb, len(known))
	copy(a.changed[a0:a1], pa.changed)
	copy(b.changed[b0:b1], pb.changed)
}

// occurrences are the places of one line on the old side, ascending.
type occurrences struct {
	places []int
}

// findAnchor finds the common stretch to split at, empty when there is none. ok is false when the sides share lines, but
// only such as occur too often.
func findAnchor(a, b *side, a0, a1, b0, b1 int) (best box, ok bool) {
	common := false
	index := make(map[int]*occurrences)
	for i := a0; i < a1; i++ {
		o := index[a.line[i]]
		if o == nil {
			o = &occurrences{}
			index[a.line[i]] = o
		}
		o.places = append(o.places, i)
	}
	count := func(i int) int { return len(index[a.line[i]].places) }
	rarest := rareEnough + 1
	for j := b0; j < b1; {
		next := j + 1
		o := index[b.line[j]]
		if o == nil {
			j = next
			continue
		}
		common = true
		if len(o.places) > rarest {
			j = next
			continue
		}
		for k := 0; k < len(o.places); {
			x := box{o.places[k], o.places[k] + 1, j, j + 1}
			rare := len(o.places)
			for x.a0 > a0 && x.b0 > b0 && a.line[x.a0-1] == b.line[x.b0-1] {
				x.a0--
				x.b0--
				rare = min(rare, count(x.a0))
			}
			for x.a1 < a1 && x.b1 < b1 && a.line[x.a1] == b.line[x.b1] {
				rare = min(rare, count(x.a1))
				x.a1++
				x.b1++
			}
			next = max(next, x.b1)
			if max(best.a1-best.a0, 1) < x.a1-x.a0 || rare < rarest {
				best, rarest = x, rare
			}
			for k < len(o.places) && o.places[k] < x.a1 {
				k++
			}
		}
		j = next
	}
	return best, !common || rarest <= rareEnough
}
