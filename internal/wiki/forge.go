package wiki

import "strings"

// forge is GitHub or GitLab showing the files of a repository: every file is served, a path that begins with a slash is
// one of the repository.
type forge struct{ name string }

func (h forge) Name() string   { return h.name }
func (forge) Dialect() Dialect { return Dialect{Front: FrontFence, Bare: BareGFM} }

// forgeDropped are tags that both sanitizers remove with certainty; what they keep differs between versions.
const forgeDropped = " script style iframe object embed form input button textarea select link meta base applet frame frameset title "

func (forge) Keeps(tag, attr string) bool {
	if strings.Contains(forgeDropped, " "+tag+" ") {
		return tag == "input" // task lists
	}
	return !strings.HasPrefix(attr, "on") || len(attr) < 4
}

func (h forge) Anchors(f *Facts) []Anchor {
	out := make([]Anchor, 0, len(f.Headings)+len(f.IDs))
	hub, lab := counter{}, counter{}
	for i, t := range f.Headings {
		if h.name == "github" {
			out = append(out, Anchor{ID: hub.free(slugGitHub(t.Text)), Heading: i})
			continue
		}
		now, former := hub.free(slugComrak(t.Text)), lab.each(slugGitLab(t.Text))
		out = append(out, Anchor{ID: former, Heading: i})
		if now != former {
			out = append(out, Anchor{ID: now, Heading: i, Also: true})
		}
	}
	for _, id := range f.IDs {
		out = append(out, Anchor{ID: id.Value, Heading: -1})
	}
	n := len(out)
	for _, a := range out[:n] {
		out = append(out, Anchor{ID: "user-content-" + a.ID, Heading: a.Heading, Also: true})
	}
	return out
}

const (
	// githubSchemes are what GitHub's sanitizer leaves in an href (html-pipeline, sanitization filter).
	githubSchemes = " http https mailto xmpp irc ircs github-windows github-mac "
	// gitlabDropped run code: GitLab leaves whatever else has a scheme (sanitization filter).
	gitlabDropped = " javascript vbscript data "
)

func (h forge) drops(scheme string) bool {
	if h.name == "github" {
		return !strings.Contains(githubSchemes, " "+scheme+" ")
	}
	return strings.Contains(gitlabDropped, " "+scheme+" ")
}

func (h forge) Locate(from, s string, own Own) Ref {
	d := cutDest(s)
	switch {
	case s == "":
		return Ref{Kind: Nowhere}
	case d.scheme != "" && h.drops(d.scheme):
		return Ref{Kind: LostScheme, Scheme: d.scheme}
	case d.scheme != "" && !d.hasHost && strings.HasSuffix(d.path, ".md"):
		return Ref{Kind: LostScheme, Scheme: d.scheme} // a file name with a colon
	case d.scheme != "" || d.hasHost:
		if r, ok := ownRepo(s, d, own); ok {
			return r
		}
		return Ref{Kind: External, Scheme: d.scheme}
	case d.path == "":
		return Ref{Kind: Internal, Path: from, Same: d.query == "", Fragment: decode(d.fragment)}
	case d.path[0] == '/':
		r, ok := internal("", strings.TrimLeft(d.path, "/"), d)
		if !ok {
			return Ref{Kind: Outside}
		}
		return r
	}
	r, ok := internal(dirOf(from), d.path, d)
	if h.name == "gitlab" {
		// GitLab looks beside the page first and from the root of the repository next.
		if root, rooted := internal("", d.path, d); rooted && (!ok || root.Path != r.Path) {
			if !ok {
				return root
			}
			r.Fallback = root.Path
		}
	}
	if !ok {
		return Ref{Kind: Outside}
	}
	return r
}

func (forge) Answer(t Tree, r Ref) (Answer, string) {
	p, mode, ok := lookup(t, r)
	switch {
	case !ok:
		return Missing, p
	case IsPage(p) && mode != ModeTree && !r.Repo:
		return Shown, p
	}
	return Served, p
}
