package checks

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"sort"

	"patchbot/internal/wiki"
)

// Change is a series on its base.
type Change struct {
	Base  wiki.Tree
	Heads []Head // the tree after each part that applied, in order
	Host  wiki.Host
	Own   wiki.Own
	Index *wiki.Index // facts of pages from earlier runs, locked meanwhile; nil for none
}

// Head is the tree after one part.
type Head struct {
	Part  int // 1-based
	Tree  wiki.Tree
	Files []FileChange // what the part changed, against the part before
}

// FileChange is one file of a part. Status is a letter of git diff --name-status; OldPath is set when it is R or C.
type FileChange struct {
	Path, OldPath, Status string
}

// Result is what a series does to the wiki.
type Result struct {
	Findings  []Finding  // what the series introduces and its last tree still has, sorted
	Repaired  []Repaired // what one part introduces and a later one removes
	Fixed     int        // problems of the base that the series repairs; those of deleted pages do not count, nor those that gave way to others
	Inherited int        // problems of the touched files that were there before
	Links     []Link     // external links that the series adds, each URL once
}

// Repaired is a finding that a later part of the same series takes back.
type Repaired struct {
	Finding
	By int // the part
}

// Link is an external URL and where it is written first.
type Link struct {
	URL                string
	Part               int
	Path               string
	Line, Column       int
	EndLine, EndColumn int
	Source             string
}

// Run compares the tree after the series with its base. The error is about the call or about a tree that could not be read,
// never about the pages: what could not be read may be missed by no rule and breaks no link.
func Run(set *Set, c Change) (*Result, error) {
	if set == nil || c.Base == nil || c.Host == nil {
		return nil, errors.New("checks: no rules, base or host")
	}
	res := run(set, c)
	if err := c.Base.Err(); err != nil {
		return nil, fmt.Errorf("read base: %w", err)
	}
	for _, h := range c.Heads {
		if err := h.Tree.Err(); err != nil {
			return nil, fmt.Errorf("read tree of part %d: %w", h.Part, err)
		}
	}
	return res, nil
}

func run(set *Set, c Change) *Result {
	if c.Index != nil {
		c.Index.Lock()
		defer c.Index.Unlock()
	}
	r := &runner{set: set, change: c, store: newStore(c.Index)}
	r.base = r.site(c.Base)
	r.base.mute = true
	res := &Result{}
	// The introduced findings of one tree are matched with those of the tree before: that tells which part is to blame,
	// and what was only there for a while.
	var before *step
	for _, h := range c.Heads {
		r.rename(h.Files)
		if before != nil && sameTree(before.site.tree, h.Tree) {
			continue
		}
		now := r.compare(r.site(h.Tree))
		for j := range now.introduced {
			now.introduced[j].Part = h.Part
		}
		if before != nil {
			res.Repaired = append(res.Repaired, r.follow(before, now, h.Part)...)
		}
		r.links(now.site, h.Part, now.deltas, res)
		before = now
	}
	if before == nil {
		return res
	}
	res.Findings, res.Fixed, res.Inherited = before.introduced, before.fixed, before.inherited
	r.keepLinks(before, res)
	res.Findings = settled(res.Findings)
	for i := range res.Repaired {
		res.Repaired[i].settle()
	}
	return res
}

// runner is one run.
type runner struct {
	set     *Set
	change  Change
	store   *store
	base    *site
	graph   *wiki.Graph
	renames map[string]string // path in the newest tree to path in the base, as the parts say
	known   map[string]bool   // external URLs of the base
}

func (r *runner) site(t wiki.Tree) *site {
	return &site{tree: t, host: r.change.Host, own: r.change.Own, store: r.store}
}

// rename composes what a part says about its files with what the parts before said.
func (r *runner) rename(files []FileChange) {
	next := map[string]string{}
	for now, old := range r.renames {
		next[now] = old
	}
	for _, f := range files {
		if f.Status == "D" || f.Status == "R" {
			delete(next, f.OldPath)
			if f.Status == "D" {
				delete(next, f.Path)
			}
		}
	}
	for _, f := range files {
		if f.Status != "R" || f.OldPath == "" {
			continue
		}
		old := f.OldPath
		if o, ok := r.renames[old]; ok {
			old = o
		}
		if old != f.Path {
			next[f.Path] = old
		}
	}
	r.renames = next
}

// step is one tree compared with the base.
type step struct {
	site       *site
	deltas     []delta
	moves      move
	introduced []Finding
	fixed      int
	inherited  int
}

// compare finds what a tree has that the base had not. The files looked at are those that changed, and the pages that lead
// to one whose answer or ids changed.
func (r *runner) compare(head *site) *step {
	deltas := diffTrees(r.base.tree, head.tree)
	st := &step{site: head, deltas: deltas, moves: moves(r.base, head, deltas, r.renames)}
	r.look(st)
	var older, newer []Finding
	for _, d := range deltas {
		if d.oldMode != 0 {
			older = append(older, r.base.check(r.set, d.path, false)...)
		}
		if d.mode != 0 {
			newer = append(newer, head.check(r.set, d.path, false)...)
		}
	}
	for _, p := range r.affected(head, deltas) {
		older = append(older, r.base.check(r.set, p, true)...)
		newer = append(newer, head.check(r.set, p, true)...)
	}
	r.settle(st, older, newer)
	return st
}

// look tells the newer site what to know of the base.
func (r *runner) look(st *step) {
	st.site.renamed = st.moves.to
	st.site.names = nameIndex{graph: r.baseGraph}
	for _, d := range st.deltas {
		switch {
		case d.oldMode == 0:
			st.site.names.added = append(st.site.names.added, d.path)
		case d.mode == 0:
			st.site.names.gone = append(st.site.names.gone, d.path)
		}
	}
	st.site.before = func(p string) (*anchorSet, bool) { return r.base.anchorsOf(st.moves.old(p)) }
	st.site.trust = func(p string) map[string]bool {
		if pg, ok := r.base.page(st.moves.old(p)); ok {
			return trustedIn(pg)
		}
		return map[string]bool{}
	}
}

// settle sorts findings into introduced, fixed and inherited ones. Of a file that the series leaves alone, only what the
// rules of links say can be its doing.
func (r *runner) settle(st *step, older, newer []Finding) {
	changed, deleted := map[string]bool{}, map[string]bool{}
	for _, d := range st.deltas {
		changed[d.path] = true
		if _, moved := st.moves.to[d.path]; d.mode == 0 && !moved {
			deleted[d.path] = true
		}
	}
	older, newer = concerned(older, changed), concerned(newer, changed)
	pairs := carry(older, newer, st.moves, r.lineMaps(r.base, st.site))
	carried := make([]bool, len(older))
	for j, i := range pairs {
		f := newer[j]
		switch {
		case i >= 0:
			carried[i] = true
			if changed[f.Path] {
				st.inherited++
			}
		case changed[f.Path]:
			st.introduced = append(st.introduced, f)
		default:
			if f, ok := inbound(r.set, f); ok {
				st.introduced = append(st.introduced, f)
			}
		}
	}
	st.introduced = append(st.introduced, translations(r.set, st.site, st.deltas)...)
	sortFindings(st.introduced)
	worse := map[subject]int{}
	for i := range st.introduced {
		if at, ok := subjectOf(&st.introduced[i], nil); ok {
			worse[at]++
		}
	}
	for i := range older {
		if carried[i] || deleted[older[i].Path] {
			continue
		}
		if at, ok := subjectOf(&older[i], st.moves.to); ok && worse[at] > 0 {
			worse[at]--
			continue
		}
		st.fixed++
	}
}

// subject is what has one problem at a time: the header of a page, or its links with one destination. Where a problem
// gives way to another one, nothing is repaired.
type subject struct{ path, link string }

// subjectOf is what a finding is about, in the names of the newer tree; ok is false for what can have several problems.
func subjectOf(f *Finding, renamed map[string]string) (at subject, ok bool) {
	at.path = cmp.Or(renamed[f.Path], f.Path)
	switch {
	case f.Rule == frontMatter.ID:
		return at, true
	case f.Rule == inboundLink.ID, ByID(f.Rule).links:
		at.link = f.Detail
		return at, true
	}
	return at, false
}

// concerned keeps the findings of changed files, and of others those of the rules of links.
func concerned(fs []Finding, changed map[string]bool) []Finding {
	var out []Finding
	for _, f := range fs {
		if changed[f.Path] || ByID(f.Rule).links {
			out = append(out, f)
		}
	}
	return out
}

// lineMaps gives the line maps between the files of two trees, each computed once.
func (r *runner) lineMaps(a, b *site) func(oldPath, newPath string) *lineMap {
	type pair struct{ old, now string }
	done := map[pair]*lineMap{}
	return func(oldPath, newPath string) *lineMap {
		k := pair{oldPath, newPath}
		m, ok := done[k]
		if !ok {
			m = diffLines(a.bytes(oldPath), b.bytes(newPath))
			done[k] = m
		}
		return m
	}
}

// bytes reads a file, nil when there is none.
func (s *site) bytes(p string) []byte {
	if wiki.IsPage(p) {
		if pg, ok := s.page(p); ok {
			return pg.Source
		}
	}
	src, err := s.tree.Read(p)
	if err != nil {
		return nil
	}
	return src
}

// affected lists the unchanged pages of the base that lead to a path whose answer or ids changed.
func (r *runner) affected(head *site, deltas []delta) []string {
	targets := map[string]bool{}
	changed := map[string]bool{}
	for _, d := range deltas {
		changed[d.path] = true
		if d.oldMode != d.mode {
			for p := d.path; p != ""; p = parent(p) {
				targets[p] = true
			}
			targets[""] = true
		} else if r.idsChanged(head, d) {
			targets[d.path] = true
			targets[parent(d.path)] = true // shown for the directory when it is its index
		}
	}
	if len(targets) == 0 {
		return nil
	}
	g := r.baseGraph()
	seen := map[string]bool{}
	var out []string
	for t := range targets {
		for _, p := range g.Sources(t) {
			if !seen[p] && !changed[p] {
				seen[p] = true
				out = append(out, p)
			}
		}
	}
	sort.Strings(out)
	return out
}

// baseGraph is the graph of the base, made once.
func (r *runner) baseGraph() *wiki.Graph {
	if r.graph == nil {
		r.graph = r.store.index.Graph(r.base.tree, r.change.Host, r.change.Own)
	}
	return r.graph
}

func parent(p string) string {
	for i := len(p) - 1; i >= 0; i-- {
		if p[i] == '/' {
			return p[:i]
		}
	}
	return ""
}

// idsChanged reports whether a page has other ids in the two trees.
func (r *runner) idsChanged(head *site, d delta) bool {
	if !wiki.IsPage(d.path) {
		return false
	}
	a, oka := r.base.anchorsOf(d.path)
	b, okb := head.anchorsOf(d.path)
	if oka != okb {
		return true
	}
	return oka && !maps.Equal(a.ids, b.ids)
}

// follow matches what one tree has introduced with what the next has: a finding that stays keeps its part, one that goes is
// repaired.
func (r *runner) follow(before, now *step, part int) []Repaired {
	deltas := diffTrees(before.site.tree, now.site.tree)
	m := moves(before.site, now.site, deltas, nil)
	pairs := carry(before.introduced, now.introduced, m, r.lineMaps(before.site, now.site))
	stays := make([]bool, len(before.introduced))
	for j, i := range pairs {
		if i >= 0 {
			stays[i] = true
			now.introduced[j].Part = before.introduced[i].Part
		}
	}
	var out []Repaired
	for i, f := range before.introduced {
		if !stays[i] {
			out = append(out, Repaired{f, part})
		}
	}
	return out
}

func sameTree(a, b wiki.Tree) bool {
	x, _, _ := a.Lookup("")
	y, _, _ := b.Lookup("")
	return x == y && x != ""
}
