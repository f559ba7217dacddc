package checks

import (
	"net/url"
	"path"
	"sort"
	"strings"

	"patchbot/internal/wiki"
)

// place is one link of a page and what its host makes of it.
type place struct {
	link   *wiki.Link
	ref    wiki.Ref
	answer wiki.Answer
	path   string // of the file that is served
}

// places resolves the links of the page. A reference counts once, at its definition, if anything uses that; what a tag names
// that the host removes leads nobody anywhere.
func (p *pass) places() []place {
	if p.where != nil || len(p.md.Links) == 0 {
		return p.where
	}
	used, first := map[string]bool{}, map[string]bool{}
	for i := range p.md.Links {
		if l := &p.md.Links[i]; l.Label != "" && p.md.Nodes[l.Node].Kind != wiki.Definition {
			used[l.Label] = true
		}
	}
	p.where = make([]place, 0, len(p.md.Links))
	for i := range p.md.Links {
		l := &p.md.Links[i]
		if l.Label != "" {
			if p.md.Nodes[l.Node].Kind != wiki.Definition || !used[l.Label] || first[l.Label] {
				continue
			}
			first[l.Label] = true
		}
		if l.Tag && !p.host.Keeps(p.tagAt(l.Start), "") {
			continue
		}
		pl := place{link: l, ref: p.host.Locate(p.path, l.Dest, p.own)}
		if pl.ref.Kind == wiki.Internal {
			pl.answer, pl.path = p.host.Answer(p.tree, pl.ref)
		}
		p.where = append(p.where, pl)
	}
	return p.where
}

// tagAt is the name of the tag that an offset is in.
func (p *pass) tagAt(off int32) string {
	i := sort.Search(len(p.md.Tags), func(i int) bool { return p.md.Tags[i].End > off })
	if i == len(p.md.Tags) {
		return ""
	}
	return p.md.Tags[i].Name
}

// hostTitle is what people call the host.
func hostTitle(h wiki.Host) string {
	switch h.Name() {
	case "sourcehut":
		return "man.sr.ht"
	case "github":
		return "GitHub"
	case "gitlab":
		return "GitLab"
	}
	return h.Name()
}

// relative writes a destination for target on the page at from, with a fragment if there is one, so that the host reads it
// back as that path.
func relative(from, target, fragment string) string {
	dir := path.Dir(from)
	up := ""
	for dir != "." && !strings.HasPrefix(target, dir+"/") {
		up += "../"
		dir = path.Dir(dir)
	}
	rest := target
	if dir != "." {
		rest = strings.TrimPrefix(target, dir+"/")
	}
	out := up + escapePath(rest)
	if first, _, _ := strings.Cut(out, "/"); strings.Contains(first, ":") {
		out = "./" + out
	}
	if fragment != "" {
		out += "#" + fragment
	}
	return out
}

// offer is what to write on the page so that readers get the file at a path: a relative destination, or the repository's own
// view of a file that the host does not serve.
func (p *pass) offer(target, fragment string) string {
	dest := relative(p.path, target, fragment)
	if answer, _ := p.host.Answer(p.tree, p.host.Locate(p.path, dest, p.own)); answer == wiki.NotServed {
		if url := p.repoURL(target); url != "" {
			return url
		}
	}
	return dest
}

// repoURL is the address of a file in the own repository's view, empty when that is not known.
func (p *pass) repoURL(target string) string {
	if len(p.own.RepoURLs) == 0 || len(p.own.Branches) == 0 {
		return ""
	}
	return strings.TrimRight(p.own.RepoURLs[0], "/") + "/blob/" + p.own.Branches[0] + "/" + escapePath(target)
}

// escapePath encodes what would end or break a destination.
func escapePath(p string) string {
	var b strings.Builder
	for i := range len(p) {
		switch c := p[i]; {
		case c <= ' ' || c == 0x7F || strings.IndexByte(`#?%()<>"\`, c) >= 0:
			b.WriteString(url.PathEscape(string(rune(c))))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
