package checks

import (
	"fmt"
	"math/rand/v2"
	"path"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"

	"patchbot/internal/wiki"
)

// naive judges a series without any index, graph or thought of what could be affected: it checks every file of both trees.
func naive(t testing.TB, set *Set, c Change) *Result {
	t.Helper()
	r := &runner{set: set, change: c, store: newStore(nil)}
	r.base = r.site(c.Base)
	r.base.mute = true
	older := checkAll(r.base, set)
	res := &Result{}
	var before *step
	for _, h := range c.Heads {
		r.rename(h.Files)
		head := r.site(h.Tree)
		deltas := diffTrees(c.Base, h.Tree)
		st := &step{site: head, deltas: deltas, moves: moves(r.base, head, deltas, r.renames)}
		r.look(st)
		head.names = nameIndex{} // its own graph, of all its files
		r.settle(st, older, checkAll(head, set))
		for j := range st.introduced {
			st.introduced[j].Part = h.Part
		}
		if before != nil {
			res.Repaired = append(res.Repaired, r.follow(before, st, h.Part)...)
		}
		before = st
	}
	res.Findings, res.Fixed, res.Inherited = before.introduced, before.fixed, before.inherited
	res.Findings = settled(res.Findings)
	for i := range res.Repaired {
		res.Repaired[i].settle()
	}
	return res
}

func checkAll(s *site, set *Set) []Finding {
	var out []Finding
	walk(s.tree, "", 0, func(p, _ string, _ uint32) { out = append(out, s.check(set, p, false)...) })
	return out
}

// everything switches all rules on.
func everything(t testing.TB) *Set {
	t.Helper()
	levels := map[string]Severity{}
	for _, r := range All() {
		levels[r.ID] = Error
	}
	levels["orphan"] = Off // reads the graph, whose proof is another
	set, err := NewSet(levels)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func compareWithNaive(t *testing.T, name string, set *Set, c Change) *Result {
	t.Helper()
	got, err := Run(set, c)
	if err != nil {
		t.Fatal(err)
	}
	want := naive(t, set, c)
	if !reflect.DeepEqual(got.Findings, want.Findings) && len(got.Findings)+len(want.Findings) > 0 {
		t.Errorf("%s: introduced\n%v\nby a full check\n%v", name, strings.Join(brief(got.Findings), "\n"), strings.Join(brief(want.Findings), "\n"))
	}
	if got.Fixed != want.Fixed || got.Inherited != want.Inherited {
		t.Errorf("%s: fixed %d inherited %d, by a full check %d and %d", name, got.Fixed, got.Inherited, want.Fixed, want.Inherited)
	}
	if !reflect.DeepEqual(got.Repaired, want.Repaired) {
		t.Errorf("%s: repaired %v, by a full check %v", name, got.Repaired, want.Repaired)
	}
	return got
}

// TestIncrementalOnHistory: on every commit of the sample wiki, forwards and backwards, the incremental check says what a
// full check of both trees says.
func TestIncrementalOnHistory(t *testing.T) {
	h := sampleHistory(t)
	set := everything(t)
	index := wiki.NewIndex()
	for n, host := range wiki.Hosts() {
		introduced := 0
		for i := 1; i < len(h.ids); i++ {
			if n > 0 && i%10 != n || testing.Short() && i%10 != n {
				continue
			}
			for _, way := range []struct{ from, to int }{{i - 1, i}, {i, i - 1}} {
				if way.to < i && i%4 != 0 {
					continue
				}
				c := Change{Base: h.tree(way.from), Host: host, Own: sampleOwn, Index: index,
					Heads: []Head{{Part: 1, Tree: h.tree(way.to)}}}
				if way.to == i {
					c.Heads[0].Files = h.files[h.ids[i]]
				}
				res := compareWithNaive(t, fmt.Sprintf("%s %s %d→%d", host.Name(), h.ids[i][:7], way.from, way.to), set, c)
				introduced += len(res.Findings)
			}
		}
		if introduced == 0 {
			t.Errorf("%s: nothing was ever introduced", host.Name())
		}
		t.Logf("%s: %d findings introduced", host.Name(), introduced)
	}
}

// TestIncrementalOnSeries: the same on made-up series that rename, split, delete, move paragraphs and change headings.
func TestIncrementalOnSeries(t *testing.T) {
	h := sampleHistory(t)
	set := everything(t)
	index := wiki.NewIndex()
	runs := 120
	if testing.Short() {
		runs = 30
	}
	introduced, repaired, elsewhere := 0, 0, 0
	for seed := range runs {
		rng := rand.New(rand.NewPCG(uint64(seed), 7))
		base := h.tree(50 + rng.IntN(len(h.ids)-50))
		host := wiki.Hosts()[rng.IntN(4)]
		c := Change{Base: base, Host: host, Own: sampleOwn, Index: index}
		files := base.files
		for part := 1; part <= 1+rng.IntN(4); part++ {
			m := &mutation{rng: rng, files: cloneFiles(files)}
			for range 1 + rng.IntN(4) {
				m.step()
			}
			files = m.files
			c.Heads = append(c.Heads, Head{Part: part, Tree: newTree(files), Files: m.changes})
		}
		res := compareWithNaive(t, fmt.Sprintf("seed %d on %s", seed, host.Name()), set, c)
		introduced += len(res.Findings)
		repaired += len(res.Repaired)
		for _, f := range res.Findings {
			if f.Rule == inboundLink.ID {
				elsewhere++
			}
		}
	}
	if introduced == 0 || repaired == 0 || elsewhere == 0 {
		t.Errorf("the series introduced %d, repaired %d and broke %d elsewhere: too tame", introduced, repaired, elsewhere)
	}
}

func cloneFiles(files map[string][]byte) map[string][]byte {
	out := make(map[string][]byte, len(files))
	for p, data := range files {
		out[p] = data
	}
	return out
}

// mutation is what people do to a wiki.
type mutation struct {
	rng     *rand.Rand
	files   map[string][]byte
	changes []FileChange
}

func (m *mutation) step() {
	p := m.pick()
	if p == "" {
		return
	}
	switch m.rng.IntN(18) {
	case 0, 1:
		m.rename(p)
	case 2:
		delete(m.files, p)
		m.changes = append(m.changes, FileChange{Path: p, Status: "D"})
	case 3:
		m.deleteDir(path.Dir(p))
	case 4:
		m.split(p)
	case 5:
		m.moveParagraph(p, m.pick())
	case 6:
		m.heading(p)
	case 7:
		m.append(p, "\n[x](nowhere-"+fmt.Sprint(m.rng.IntN(3))+".md) et https://x.fr.\n")
	case 8:
		m.fix(p)
	case 9, 10:
		m.shuffle(p)
	default:
		m.odd(p)
	}
}

// odd is what people do to a wiki once in a while.
func (m *mutation) odd(p string) {
	text, dir := string(m.files[p]), path.Dir(p)
	switch m.rng.IntN(12) {
	case 0: // a directory gains or loses its index
		index := strings.TrimPrefix(dir+"/index.md", "./")
		if _, ok := m.files[index]; ok {
			m.delete(index)
		} else {
			m.set(index, "# Index\n\n["+p+"]("+path.Base(p)+")\n")
		}
	case 1: // a whole directory moves
		to := []string{"archives", "pocos/vieux", "2022"}[m.rng.IntN(3)]
		for _, q := range m.paths() {
			if rest, ok := strings.CutPrefix(q, dir+"/"); ok && dir != "." && m.files[to+"/"+rest] == nil && !strings.HasPrefix(to, dir) {
				m.move(q, to+"/"+rest)
			}
		}
	case 2: // two pages swap their names
		if q := m.pick(); q != p {
			a, b := m.files[p], m.files[q]
			m.set(p, string(b))
			m.set(q, string(a))
		}
	case 3: // a page becomes a directory, or a file that is no page
		m.move(p, []string{strings.TrimSuffix(p, ".md") + "/index.md", strings.TrimSuffix(p, ".md"), p + "/x.md"}[m.rng.IntN(3)])
	case 4:
		m.set(p, strings.ReplaceAll(text, "\n", "\r\n"))
	case 5:
		m.set(p, "<!-- patchbot-disable -->\n"+text)
	case 6: // links to every page, with and without fragments that may be there
		var b strings.Builder
		for _, q := range m.paths() {
			if m.rng.IntN(4) == 0 {
				fmt.Fprintf(&b, "- [%s](%s%s)\n", q, relative(p, q, ""), []string{"", "#x", "#presentation", "#licence"}[m.rng.IntN(4)])
			}
		}
		m.set(p, text+"\n"+b.String())
	case 7: // the same paragraph twice
		list := m.paragraphs(p)
		m.set(p, text+"\n\n"+list[m.rng.IntN(len(list))]+"\n")
	case 8: // an anchor for everybody, or none for anybody
		m.set(p, strings.ReplaceAll(text+"\n<a id=\"x\"></a> <span id=\"licence\"></span>\n", "# ", "## "))
	case 9: // a copy that is edited a little
		m.set(strings.TrimSuffix(p, ".md")+"-copie.md", strings.Replace(text, "\n\n", "\n\nCopie.\n\n", 1))
	case 10: // a page is emptied
		m.set(p, "")
	default: // renamed and edited at once
		q := strings.TrimSuffix(p, ".md") + "s.md"
		if m.files[q] == nil {
			m.move(p, q)
			m.set(q, string(m.files[q])+"\n[x](nowhere-0.md)\n")
		}
	}
}

func (m *mutation) delete(p string) {
	delete(m.files, p)
	m.changes = append(m.changes, FileChange{Path: p, Status: "D"})
}

func (m *mutation) move(from, to string) {
	data := m.files[from]
	delete(m.files, from)
	if m.clashes(to) {
		m.files[from] = data
		return
	}
	m.files[to] = data
	m.changes = append(m.changes, FileChange{Path: to, OldPath: from, Status: "R"})
}

// clashes reports whether a path is taken, or lies below a file or above one.
func (m *mutation) clashes(p string) bool {
	for q := range m.files {
		if q == p || strings.HasPrefix(q, p+"/") || strings.HasPrefix(p, q+"/") {
			return true
		}
	}
	return false
}

func (m *mutation) pick() string {
	var pages []string
	for p := range m.files {
		if wiki.IsPage(p) {
			pages = append(pages, p)
		}
	}
	if len(pages) == 0 {
		return ""
	}
	sort.Strings(pages)
	return pages[m.rng.IntN(len(pages))]
}

// paths lists the files in order, so that a seed makes one series.
func (m *mutation) paths() []string {
	list := make([]string, 0, len(m.files))
	for p := range m.files {
		list = append(list, p)
	}
	sort.Strings(list)
	return list
}

func (m *mutation) set(p string, text string) {
	m.files[p] = []byte(text)
	m.changes = append(m.changes, FileChange{Path: p, Status: "M"})
}

// rename moves a page, and half of the time updates the links to it.
func (m *mutation) rename(p string) {
	dirs := []string{"", "pocos/", "new/", "2022/"}
	now := dirs[m.rng.IntN(len(dirs))] + "r" + path.Base(p)
	if _, ok := m.files[now]; ok {
		return
	}
	m.files[now] = m.files[p]
	delete(m.files, p)
	m.changes = append(m.changes, FileChange{Path: now, OldPath: p, Status: "R"})
	if m.rng.IntN(2) == 0 {
		for _, other := range m.paths() {
			if data := m.files[other]; wiki.IsPage(other) && strings.Contains(string(data), "("+path.Base(p)) {
				m.set(other, strings.ReplaceAll(string(data), "("+path.Base(p), "("+relative(other, now, "")))
			}
		}
	}
}

func (m *mutation) deleteDir(dir string) {
	if dir == "." {
		return
	}
	for _, p := range m.paths() {
		if strings.HasPrefix(p, dir+"/") {
			delete(m.files, p)
			m.changes = append(m.changes, FileChange{Path: p, Status: "D"})
		}
	}
}

func (m *mutation) paragraphs(p string) []string { return strings.Split(string(m.files[p]), "\n\n") }

func (m *mutation) split(p string) {
	list := m.paragraphs(p)
	if len(list) < 4 {
		return
	}
	cut := 1 + m.rng.IntN(len(list)-2)
	m.set(p, strings.Join(list[:cut], "\n\n")+"\n")
	m.files[strings.TrimSuffix(p, ".md")+"-2.md"] = []byte(strings.Join(list[cut:], "\n\n"))
}

func (m *mutation) moveParagraph(from, to string) {
	list := m.paragraphs(from)
	if len(list) < 3 || from == to {
		return
	}
	i := 1 + m.rng.IntN(len(list)-1)
	m.set(to, string(m.files[to])+"\n"+list[i]+"\n")
	m.set(from, strings.Join(slices.Delete(slices.Clone(list), i, i+1), "\n\n"))
}

func (m *mutation) heading(p string) {
	lines := strings.Split(string(m.files[p]), "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, "#") && m.rng.IntN(2) == 0 {
			lines[i] = l + " bis"
			break
		}
	}
	m.set(p, strings.Join(lines, "\n"))
}

func (m *mutation) append(p, text string) { m.set(p, string(m.files[p])+text) }

// fix removes what an earlier part may have added.
func (m *mutation) fix(p string) {
	for _, other := range m.paths() {
		if data := m.files[other]; wiki.IsPage(other) && strings.Contains(string(data), "nowhere-") {
			m.set(other, strings.ReplaceAll(strings.ReplaceAll(string(data), "nowhere-", "./nowhere-"), "x.fr.", "x.fr"))
			return
		}
	}
	m.set(p, strings.ReplaceAll(string(m.files[p]), ").", ") ."))
}

func (m *mutation) shuffle(p string) {
	list := m.paragraphs(p)
	m.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	m.set(p, strings.Join(list, "\n\n"))
}

// TestGraphFollows: a graph that followed the tree over commits, forwards and in leaps, is the graph of the tree.
func TestGraphFollows(t *testing.T) {
	h := sampleHistory(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, host := range wiki.Hosts() {
		index := wiki.NewIndex()
		for i := 0; i < len(h.ids); i += 1 + rng.IntN(30) {
			if rng.IntN(4) == 0 {
				i = rng.IntN(i + 1)
			}
			tree := h.tree(i)
			got := index.Graph(tree, host, sampleOwn)
			want := wiki.NewIndex().Graph(tree, host, sampleOwn)
			links := 0
			for p := range tree.ids {
				a, b := got.Sources(p), want.Sources(p)
				links += len(b)
				if !slices.Equal(a, b) {
					t.Fatalf("%s, commit %d: sources of %q: %v, fresh %v", host.Name(), i, p, a, b)
				}
			}
			if i > 100 && links == 0 {
				t.Fatalf("%s, commit %d: no links at all", host.Name(), i)
			}
		}
	}
}
