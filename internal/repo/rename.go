package repo

import (
	"cmp"
	"maps"
	"path"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"

	"patchbot/internal/patch"
)

// Scores of git's rename detection.
const (
	fullScore     = 60000
	basenameScore = fullScore * 3 / 4 // for a file that keeps its name
	leastScore    = fullScore / 2
	renameLimit   = 7000 // beyond this number squared, pairs are not compared
	perTarget     = 4    // candidates kept for each target
	identicalSeen = 100  // identical candidates looked at
	renameWork    = 1 << 29
)

// renameFile is a file that may have been renamed.
type renameFile struct {
	path  string
	entry treeEntry
	taken bool
}

// findMoves detects what both sides renamed.
func (m *treeMerge) findMoves() error {
	var gone []*renameFile
	for _, p := range slices.Sorted(maps.Keys(m.base)) {
		_, there, err := m.our(p)
		if err != nil {
			return err
		}
		if !there {
			gone = append(gone, &renameFile{path: p, entry: m.base[p]})
		}
	}
	var added []*renameFile
	if len(gone) > 0 {
		if err := walkFiles(m.src, m.ours, "", func(p string, e treeEntry) {
			if _, old := m.base[p]; !old {
				added = append(added, &renameFile{path: p, entry: e})
			}
		}); err != nil {
			return err
		}
		m.sensitive = m.sensitive || severalAlike(gone, added)
		if m.variant == MergeOrt {
			m.asVisited(added)
		}
	}
	var err error
	if m.ourMoves, err = m.detect(gone, added); err != nil {
		return err
	}
	gone, added = nil, nil
	for _, p := range slices.Sorted(maps.Keys(m.base)) {
		if _, there := m.theirs[p]; !there {
			gone = append(gone, &renameFile{path: p, entry: m.base[p]})
		}
	}
	for _, p := range slices.Sorted(maps.Keys(m.theirs)) {
		if _, old := m.base[p]; !old {
			added = append(added, &renameFile{path: p, entry: m.theirs[p]})
		}
	}
	m.theirMoves, err = m.detect(gone, added)
	return err
}

// walkFiles calls f for every file of a tree, in git's order.
func walkFiles(src objects, tree plumbing.Hash, prefix string, f func(path string, e treeEntry)) error {
	entries, err := src.tree(tree)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.mode != modeTree {
			f(prefix+e.name, e)
		} else if err := walkFiles(src, e.id, prefix+e.name+"/", f); err != nil {
			return err
		}
	}
	return nil
}

// detect pairs files that are gone with files that were added: first those with the same content, then those that kept a
// name nobody else has, then the most alike. Both lists are sorted by path.
func (m *treeMerge) detect(gone, added []*renameFile) (map[string]string, error) {
	moves := make(map[string]string)
	empty := func(f *renameFile) bool { return f.entry.id == emptyBlob }
	gone, added = slices.DeleteFunc(gone, empty), slices.DeleteFunc(added, empty)
	pair := func(g, a *renameFile) {
		g.taken, a.taken = true, true
		moves[g.path] = a.path
	}
	pairIdentical(gone, added, pair)
	taken := func(f *renameFile) bool { return f.taken }
	gone, added = slices.DeleteFunc(gone, taken), slices.DeleteFunc(added, taken)
	if len(gone) == 0 || len(added) == 0 {
		return moves, nil
	}
	m.sensitive = true
	if err := m.pairByName(gone, added, pair); err != nil {
		return nil, err
	}
	gone, added = slices.DeleteFunc(gone, taken), slices.DeleteFunc(added, taken)
	if len(gone) == 0 || len(added) == 0 || len(gone)*len(added) > renameLimit*renameLimit {
		return moves, nil
	}
	return moves, m.pairAlike(gone, added, pair)
}

// pairIdentical pairs files of the same content, those that keep their name first.
func pairIdentical(gone, added []*renameFile, pair func(g, a *renameFile)) {
	byID := make(map[plumbing.Hash][]*renameFile)
	for _, g := range gone {
		byID[g.entry.id] = append(byID[g.entry.id], g)
	}
	for _, a := range added {
		var best *renameFile
		seen := 0
		for _, g := range byID[a.entry.id] {
			if !isRegular(g.entry.mode) || !isRegular(a.entry.mode) {
				if g.entry.mode != a.entry.mode {
					continue
				}
			}
			if g.taken {
				continue
			}
			if path.Base(g.path) == path.Base(a.path) {
				best = g
				break
			}
			if best == nil {
				best = g
			}
			if seen++; seen == identicalSeen {
				break
			}
		}
		if best != nil {
			pair(best, a)
		}
	}
}

func isRegular(mode uint32) bool { return mode&modeType == modeFile&modeType }

// pairByName pairs files whose last path component is unique on both sides, if they are alike enough.
func (m *treeMerge) pairByName(gone, added []*renameFile, pair func(g, a *renameFile)) error {
	unique := func(files []*renameFile) map[string]*renameFile {
		byName := make(map[string]*renameFile)
		for _, f := range files {
			name := path.Base(f.path)
			if _, twice := byName[name]; twice {
				byName[name] = nil
			} else {
				byName[name] = f
			}
		}
		return byName
	}
	from, to := unique(gone), unique(added)
	for _, g := range gone {
		name := path.Base(g.path)
		a := to[name]
		if from[name] == nil || a == nil || a.taken {
			continue
		}
		score, err := m.similarity(g, a, basenameScore)
		if err != nil {
			return err
		}
		if score >= basenameScore {
			pair(g, a)
		}
	}
	return nil
}

// likeness is how alike two files are.
type likeness struct {
	gone, added *renameFile
	score       int
	sameName    bool
}

// compare orders the most alike first.
func (l likeness) compare(other likeness) int {
	if c := cmp.Compare(other.score, l.score); c != 0 {
		return c
	}
	switch {
	case l.sameName == other.sameName:
		return 0
	case l.sameName:
		return -1
	}
	return 1
}

// pairAlike pairs the files that are most alike, at least by half.
func (m *treeMerge) pairAlike(gone, added []*renameFile, pair func(g, a *renameFile)) error {
	var all []likeness
	for _, a := range added {
		var best []likeness
		for _, g := range gone {
			score, err := m.similarity(g, a, leastScore)
			if err != nil {
				return err
			}
			l := likeness{g, a, score, path.Base(g.path) == path.Base(a.path)}
			if len(best) < perTarget {
				best = append(best, l)
				continue
			}
			worst := 0
			for i := range best {
				if best[i].compare(best[worst]) > 0 {
					worst = i
				}
			}
			if best[worst].compare(l) > 0 {
				best[worst] = l
			}
		}
		all = append(all, best...)
	}
	slices.SortStableFunc(all, likeness.compare)
	for _, l := range all {
		if l.score < leastScore {
			break
		}
		if !l.gone.taken && !l.added.taken {
			pair(l.gone, l.added)
		}
	}
	return nil
}

// similarity is the part of the larger file that both have in common, in units of fullScore; 0 when their sizes alone rule
// out that it reaches least.
func (m *treeMerge) similarity(g, a *renameFile, least int) (int, error) {
	if !isRegular(g.entry.mode) || !isRegular(a.entry.mode) {
		return 0, nil
	}
	x, err := m.src.blobSize(g.entry.id)
	if err != nil {
		return 0, err
	}
	y, err := m.src.blobSize(a.entry.id)
	if err != nil {
		return 0, err
	}
	large, small := max(x, y), min(x, y)
	if large*int64(fullScore-least) < (large-small)*fullScore {
		return 0, nil
	}
	from, err := m.spans(g.entry.id)
	if err != nil {
		return 0, err
	}
	to, err := m.spans(a.entry.id)
	if err != nil {
		return 0, err
	}
	if m.compared += len(from) + len(to); m.compared > renameWork {
		return 0, patch.ErrTooLarge
	}
	common := int64(0)
	for len(from) > 0 && len(to) > 0 {
		switch {
		case from[0].hash < to[0].hash:
			from = from[1:]
		case from[0].hash > to[0].hash:
			to = to[1:]
		default:
			common += int64(min(from[0].bytes, to[0].bytes))
			from, to = from[1:], to[1:]
		}
	}
	return int(common * fullScore / large), nil
}

// span counts the bytes of all pieces of a file that have one hash.
type span struct{ hash, bytes uint32 }

// spans cuts a file into lines, long ones into pieces of 64 bytes, and sums up their lengths by a hash of small range, the
// one that decides git's scores. git up to 2.43.1 leaves out an unfinished last piece.
func (m *treeMerge) spans(id plumbing.Hash) ([]span, error) {
	key := spanKey{id, m.variant == MergeOrt}
	if s, ok := m.known.get(key); ok {
		return s, nil
	}
	data, err := m.src.blob(id)
	if err != nil {
		return nil, err
	}
	s := hashSpans(data, key.tail)
	const spanSize = 8
	m.known.put(key, s, int64(spanSize*len(s)))
	return s, nil
}

// spanKey names the spans of a blob, with or without its unfinished tail.
type spanKey struct {
	id   plumbing.Hash
	tail bool
}

func hashSpans(data []byte, tail bool) []span {
	const piece, buckets = 64, 107927
	text := !looksBinary(data)
	count := make(map[uint32]uint32)
	var low, high, n uint32
	add := func() {
		count[(low+high*0x61)%buckets] += n
		low, high, n = 0, 0, 0
	}
	for i, c := range data {
		if text && c == '\r' && i+1 < len(data) && data[i+1] == '\n' {
			continue
		}
		// the two words turn left together by seven bits, low taking in the byte
		low, high = low<<7^high>>25, high<<7^low>>25
		low += uint32(c)
		if n++; n >= piece || c == '\n' {
			add()
		}
	}
	if tail && n > 0 {
		add()
	}
	out := make([]span, 0, len(count))
	for h, b := range count {
		out = append(out, span{h, b})
	}
	slices.SortFunc(out, func(a, b span) int { return cmp.Compare(a.hash, b.hash) })
	return out
}
