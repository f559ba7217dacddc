// Package wiki sees a tree of files as its readers see it: pages with front matter, headings, anchors and links, by the
// rules of the host that serves them.
//
// Its law: a [Host] alone decides how bytes become links, ids and answers; everything that does not depend on a host is
// derived from a page's bytes once and cached under its blob id, so that the cost follows the patch and not the wiki.
//
// It refuses to know git, mail and rules: it states what is there, not whether that is right.
package wiki

// Tree is the state of a wiki at one commit. Paths are slash-separated, without a leading slash, compared byte by byte;
// they may hold any bytes. The empty path is the root directory. Implementations are safe for use by one goroutine.
type Tree interface {
	// Lookup gives the object id (40 hex, or empty when the tree has none) and git file mode of path; ok is false when
	// nothing is there.
	Lookup(path string) (id string, mode uint32, ok bool)
	// List yields the entries of one directory in git's order until yield returns false. A path that is no directory
	// yields nothing.
	List(dir string, yield func(name, id string, mode uint32) bool)
	// Read returns the bytes of the blob at path; symbolic links are returned as their text, never followed.
	Read(path string) ([]byte, error)
	// Err is the first failure to read what is there: Lookup and List can show it only as something missing, which it is
	// not. Whoever draws a conclusion from something missing asks for it at the end; checks.Run and checks.Lint do.
	Err() error
}

// Git file modes, as they stand in tree objects.
const (
	ModeTree    uint32 = 0o040000
	ModeFile    uint32 = 0o100644
	ModeExec    uint32 = 0o100755
	ModeSymlink uint32 = 0o120000
	ModeGitlink uint32 = 0o160000
)
