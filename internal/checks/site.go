package checks

import (
	"bytes"
	"sort"
	"strings"
	"unicode/utf8"

	"patchbot/internal/wiki"
)

// site is one tree as its host would serve it, with everything that was derived from it so far.
type site struct {
	tree  wiki.Tree
	host  wiki.Host
	own   wiki.Own
	store *store

	names   nameIndex          // the files by their names, once needed
	mute    bool               // findings are for comparison only and need no suggestion
	renamed map[string]string  // path in the base to path in this tree, of files that the series moved
	folders map[string]*folder // directories, once looked at

	// before gives the ids that the page at a path had in the base; nil when there is no base.
	before func(p string) (*anchorSet, bool)

	// trust gives the comments of a page that may silence findings; nil lets every comment do so.
	trust func(p string) map[string]bool
}

// store keeps what depends on bytes alone, under the blob id, for all trees of one run.
type store struct {
	index   *wiki.Index
	pages   map[string]*wiki.Page
	size    int // bytes of the texts of pages
	anchors map[string]*anchorSet
}

// anchorSet is the ids of one page.
type anchorSet struct {
	list []wiki.Anchor
	ids  map[string]bool // whether every version of the host keeps the id
}

func newStore(index *wiki.Index) *store {
	if index == nil {
		index = wiki.NewIndex()
	}
	return &store{index: index, pages: map[string]*wiki.Page{}, anchors: map[string]*anchorSet{}}
}

// page parses the page at a path. ok is false when there is no file or it cannot be read.
func (s *site) page(p string) (*wiki.Page, bool) {
	id, mode, ok := s.tree.Lookup(p)
	if !ok || mode != wiki.ModeFile && mode != wiki.ModeExec {
		return nil, false
	}
	key := cacheKey(id, p)
	if pg, ok := s.store.pages[key]; ok {
		return pg, true
	}
	src, err := s.tree.Read(p)
	if err != nil {
		return nil, false
	}
	pg := wiki.ReadPage(src, s.host)
	s.store.pages[key] = pg
	s.store.size += len(src)
	return pg, true
}

// anchorsOf are the ids of the page at a path; ok is false when they cannot be known.
func (s *site) anchorsOf(p string) (*anchorSet, bool) {
	id, mode, ok := s.tree.Lookup(p)
	if !ok || mode != wiki.ModeFile && mode != wiki.ModeExec {
		return nil, false
	}
	key := cacheKey(id, p)
	if a, ok := s.store.anchors[key]; ok {
		return a, true
	}
	f, ok := s.facts(p, id)
	if !ok || f.Partial {
		return nil, false
	}
	a := &anchorSet{list: s.host.Anchors(f), ids: make(map[string]bool)}
	for _, x := range a.list {
		a.ids[x.ID] = a.ids[x.ID] || !x.Unsure
	}
	s.store.anchors[key] = a
	return a, true
}

// cacheKey names a file's content: its blob id or, in the one tree of a run that has none, its path.
func cacheKey(id, p string) string {
	if id == "" {
		return "\x00" + p
	}
	return id
}

func (s *site) facts(p, id string) (*wiki.Facts, bool) {
	if f, ok := s.store.index.Facts(id, s.host.Dialect()); ok {
		return f, true
	}
	pg, ok := s.page(p)
	if !ok {
		return nil, false
	}
	f := pg.Facts()
	s.store.index.Put(id, s.host.Dialect(), f)
	return f, true
}

// maxDepth bounds directories in directories; git itself has no bound.
const maxDepth = 100

// walk visits every file below a directory, in git's order.
func walk(t wiki.Tree, dir string, depth int, visit func(p, id string, mode uint32)) {
	if depth > maxDepth {
		return
	}
	t.List(dir, func(name, id string, mode uint32) bool {
		p := name
		if dir != "" {
			p = dir + "/" + name
		}
		if mode == wiki.ModeTree {
			walk(t, p, depth+1, visit)
		} else if mode != wiki.ModeGitlink {
			visit(p, id, mode)
		}
		return true
	})
}

// pass is one rule at work on one file.
type pass struct {
	*site
	set   *Set
	rule  *Rule
	level Severity
	path  string
	mode  uint32
	src   []byte
	md    *wiki.Page // nil unless the file is a page that was parsed
	lines *wiki.Page // for positions in any file
	out   *[]Finding
	count int     // findings of this rule in this file
	where []place // the links of the page, once resolved

	at     spot   // the place that was asked for last
	quoted int    // the line whose text is source
	source string // as findings quote it
}

// spot is a place in a file.
type spot struct {
	off          int32
	line, column int
}

// maxFindings bounds what one rule says about one file: beyond, the file is hostile or the rule is not for it.
const maxFindings = 1000

// full reports whether the rule has said all that it may about the file.
func (p *pass) full() bool { return p.count >= maxFindings }

// report adds a finding about the bytes [start,end); key names the rule's message.
func (p *pass) report(start, end int32, key string, args map[string]any) *Finding {
	f := p.file(key, args)
	f.Line, f.Column = p.position(start)
	f.EndLine, f.EndColumn = p.position(max(start, end))
	if f.Line != p.quoted && f.Line <= p.lines.LineCount() {
		p.quoted = f.Line
		p.source = string(bytes.ToValidUTF8(p.lines.Line(f.Line), []byte("\uFFFD")))
	}
	if f.Line == p.quoted {
		f.Source = p.source
	}
	return f
}

// position is that of the page, from the last one asked for: a line of a megabyte is not read again for each finding.
func (p *pass) position(off int32) (line, column int) {
	if p.at.line > 0 && off >= p.at.off && off <= p.lines.LineEnd(p.at.line) {
		p.at.column += utf8.RuneCount(p.lines.Source[p.at.off:off])
		p.at.off = off
	} else {
		p.at.line, p.at.column = p.lines.Position(off)
		p.at.off = min(off, p.lines.LineEnd(max(min(p.at.line, p.lines.LineCount()), 1)))
	}
	return p.at.line, p.at.column
}

// line adds a finding about a whole line.
func (p *pass) line(n int, key string, args map[string]any) *Finding {
	return p.report(p.lines.LineStart(n), p.lines.LineEnd(n), key, args)
}

// file adds a finding about the file as a whole. The pointer is valid until the next finding.
func (p *pass) file(key string, args map[string]any) *Finding {
	if p.count++; p.count > maxFindings {
		return &Finding{}
	}
	*p.out = append(*p.out, Finding{
		Path: p.path, Rule: p.rule.ID, Severity: p.level, Message: Message{ID: p.rule.ID + "." + key, Args: args},
	})
	return &(*p.out)[len(*p.out)-1]
}

// suggest is a suggestion in the words of the rule.
func (p *pass) suggest(key string, args map[string]any) Message {
	return Message{ID: p.rule.ID + "." + key, Args: args}
}

// check runs the rules of the set on one file and returns what they find, sorted. With linksOnly, only the rules that an
// untouched page can break.
func (s *site) check(set *Set, p string, linksOnly bool) []Finding {
	_, mode, ok := s.tree.Lookup(p)
	if !ok || mode == wiki.ModeTree || mode == wiki.ModeGitlink {
		return nil
	}
	var out []Finding
	c := pass{site: s, set: set, path: p, mode: mode, out: &out}
	if mode != wiki.ModeSymlink {
		c.load()
	}
	for _, r := range set.rules {
		if linksOnly && !r.links || r.check == nil || !set.on(r.ID) {
			continue
		}
		if r.Scope == ScopePage && c.md == nil || r.Scope == ScopeFile && c.lines == nil {
			continue
		}
		c.rule, c.level, c.count = r, set.Level(r.ID), 0
		r.check(&c)
	}
	if len(out) > 0 && c.md != nil {
		var trusted map[string]bool
		if s.trust != nil {
			trusted = s.trust(p)
		}
		out = silence(c.md, out, trusted)
	}
	sortFindings(out)
	return out
}

// load reads the file and, if it is a page, parses it.
func (p *pass) load() {
	if wiki.IsPage(p.path) {
		pg, ok := p.page(p.path)
		if !ok {
			return
		}
		p.src, p.lines = pg.Source, pg
		if pg.Refused == "" {
			p.md = pg
		} else {
			p.lines = wiki.Lines(nil)
		}
		return
	}
	src, err := p.tree.Read(p.path)
	if err != nil {
		return
	}
	p.src = src
	if len(src) > wiki.MaxBytes {
		src = nil
	}
	p.lines = wiki.Lines(src)
}

// settle gives a finding about a whole file the place that it has for everybody else.
func (f *Finding) settle() {
	if f.Line == 0 {
		f.Line, f.Column, f.EndLine, f.EndColumn = 1, 1, 1, 1
	}
}

// settled are findings as they are handed out.
func settled(fs []Finding) []Finding {
	for i := range fs {
		fs[i].settle()
	}
	sortFindings(fs)
	return fs
}

func sortFindings(f []Finding) {
	sort.SliceStable(f, func(i, j int) bool {
		a, b := &f[i], &f[j]
		switch {
		case a.Part != b.Part:
			return a.Part < b.Part
		case a.Path != b.Path:
			return a.Path < b.Path
		case a.Line != b.Line:
			return a.Line < b.Line
		case a.Column != b.Column:
			return a.Column < b.Column
		case a.Rule != b.Rule:
			return a.Rule < b.Rule
		}
		return strings.Compare(a.Detail, b.Detail) < 0
	})
}
