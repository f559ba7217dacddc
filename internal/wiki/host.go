package wiki

import "strings"

// Host is the software that serves a wiki: it alone decides how bytes become links, ids and answers. Its methods are pure
// and safe for concurrent use.
type Host interface {
	// Name is how a configuration calls the host: "sourcehut".
	Name() string
	// Dialect is how the host reads a page.
	Dialect() Dialect
	// Anchors lists the ids of a page that a fragment can reach, headings first.
	Anchors(f *Facts) []Anchor
	// Keeps reports whether the host's sanitizer leaves an attribute on a tag; with an empty attribute, the tag itself.
	Keeps(tag, attr string) bool
	// Locate resolves a destination written on the page at path from, without asking any tree.
	Locate(from, dest string, own Own) Ref
	// Answer is what the host answers for a located reference, and the path of the file that it serves.
	Answer(t Tree, r Ref) (Answer, string)
}

// Own says under which addresses a wiki is its own: links to them are links into the tree under review.
type Own struct {
	WikiURLs []string // https://man.sr.ht/~owner/wiki, all owners and names that it ever had
	RepoURLs []string // https://git.sr.ht/~owner/repo
	Branches []string // names that stand for the branch under review: main, master
}

// Anchor is one id of a page.
type Anchor struct {
	ID      string
	Heading int  // index into Facts.Headings, -1 for raw HTML
	Also    bool // another id that some version of the host gives to the same heading
	Unsure  bool // kept by some versions of the host only
}

// RefKind is what a destination turned out to be.
type RefKind uint8

const (
	// External: another site, or something that is not fetched (mailto:).
	External RefKind = iota
	// Internal: a path of the tree under review.
	Internal
	// Outside: a path of the host that is not in this wiki.
	Outside
	// LostScheme: the host drops the destination, because of its scheme or because of a colon that it takes for one.
	LostScheme
	// Nowhere: nothing is written.
	Nowhere
)

// Ref is a destination, resolved against the page that it stands on.
type Ref struct {
	Kind     RefKind
	Path     string // Internal: path in the tree, "" for its root
	Fallback string // Internal: the path that is tried when nothing is at Path; empty when there is none
	Slash    bool   // Internal: written with a final slash, so that only a directory will do
	Repo     bool   // Internal: the repository's own view of the file, which shows every file
	Same     bool   // Internal: the page itself; nothing but a fragment is written
	Fragment string // decoded, without "#"; empty when there is none
	Scheme   string // in lower case; empty when there is none
}

// Answer is what a host does when a reader follows an internal reference.
type Answer uint8

const (
	// Missing: nothing is there.
	Missing Answer = iota
	// NoIndex: a directory that the host cannot show, since it has no index page.
	NoIndex
	// NotServed: a file that exists and that the host does not serve.
	NotServed
	// Served: a file, as it is.
	Served
	// Shown: a page, whose ids can be reached.
	Shown
)

// Hosts lists the known hosts, the default first.
func Hosts() []Host {
	return []Host{sourcehut{}, forge{name: "github"}, forge{name: "gitlab"}, pandoc{}}
}

// HostByName finds a host by its name; the empty name is the default.
func HostByName(name string) (Host, bool) {
	if name == "" {
		return Hosts()[0], true
	}
	for _, h := range Hosts() {
		if h.Name() == name {
			return h, true
		}
	}
	return nil, false
}

// ReadPage parses a page as the host reads it.
func ReadPage(src []byte, h Host) *Page { return Parse(src, h.Dialect()) }

// IsPage reports whether a path is a page of Markdown by its name.
func IsPage(path string) bool {
	return strings.HasSuffix(path, ".md") && !strings.HasSuffix(path, "/.md") && path != ".md"
}

// regular reports whether a mode is that of a plain file.
func regular(mode uint32) bool { return mode&0o170000 == 0o100000 }

// WantedID is the id that a fragment asks for; empty when any page answers it: "top" reaches every page's start (HTML,
// section 7.4.6.4), and text fragments (":~:") are the browser's affair.
func WantedID(fragment string) string {
	id, _, _ := strings.Cut(fragment, ":~:")
	if strings.EqualFold(id, "top") {
		return ""
	}
	return id
}
