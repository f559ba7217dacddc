package patch

// rareEnough is how often a line may occur on the old side to serve as an anchor.
const rareEnough = 64

// histogram marks the changed lines of a box: it splits both sides at the longest common stretch around the rarest common
// line and goes on in both halves.
func histogram(a, b *side, x box, work *meter) {
	for {
		if x.a0 == x.a1 || x.b0 == x.b1 || !work.spend(x.a1-x.a0+x.b1-x.b0) {
			mark(a, x.a0, x.a1)
			mark(b, x.b0, x.b1)
			return
		}
		anchor, rare := findAnchor(a, b, x, work)
		switch {
		case !rare:
			byMyers(a, b, x, work)
			return
		case anchor.a0 == anchor.a1:
			mark(a, x.a0, x.a1)
			mark(b, x.b0, x.b1)
			return
		}
		histogram(a, b, box{x.a0, anchor.a0, x.b0, anchor.b0}, work)
		x.a0, x.b0 = anchor.a1, anchor.b1
	}
}

func mark(s *side, from, to int) {
	for i := from; i < to; i++ {
		s.changed[i] = true
	}
}

// byMyers compares stretches whose common lines are all too frequent.
func byMyers(a, b *side, x box, work *meter) {
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
	pa, pb := part(a, x.a0, x.a1), part(b, x.b0, x.b1)
	myers(pa, pb, len(known), work)
	copy(a.changed[x.a0:x.a1], pa.changed)
	copy(b.changed[x.b0:x.b1], pb.changed)
}

// findAnchor finds the common stretch of a box to split at, empty when there is none. ok is false when the sides share
// lines, but only such as occur too often.
func findAnchor(a, b *side, in box, work *meter) (best box, ok bool) {
	common := false
	places := make(map[int][]int) // of each line of a, ascending
	for i := in.a0; i < in.a1; i++ {
		places[a.line[i]] = append(places[a.line[i]], i)
	}
	rarest := rareEnough + 1
	for j := in.b0; j < in.b1; {
		next := j + 1
		at := places[b.line[j]]
		common = common || len(at) > 0
		if len(at) > rarest {
			at = nil
		}
		for len(at) > 0 {
			x, rare := widest(a, b, in, places, at[0], j)
			work.spend(x.a1 - x.a0)
			next = max(next, x.b1)
			if max(best.a1-best.a0, 1) < x.a1-x.a0 || rare < rarest {
				best, rarest = x, rare
			}
			for len(at) > 0 && at[0] < x.a1 {
				at = at[1:]
			}
		}
		j = next
	}
	return best, !common || rarest <= rareEnough
}

// widest is the common stretch around line i of a and line j of b, and how often its rarest line occurs in a.
func widest(a, b *side, in box, places map[int][]int, i, j int) (x box, rare int) {
	count := func(i int) int { return len(places[a.line[i]]) }
	x, rare = box{i, i + 1, j, j + 1}, count(i)
	for x.a0 > in.a0 && x.b0 > in.b0 && a.line[x.a0-1] == b.line[x.b0-1] {
		x.a0--
		x.b0--
		rare = min(rare, count(x.a0))
	}
	for x.a1 < in.a1 && x.b1 < in.b1 && a.line[x.a1] == b.line[x.b1] {
		rare = min(rare, count(x.a1))
		x.a1++
		x.b1++
	}
	return x, rare
}
