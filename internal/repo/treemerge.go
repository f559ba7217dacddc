package repo

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"patchbot/internal/patch"
)

// treeMerge merges what a diff did to the made-up base into our tree. base and theirs hold only the files of the diff.
type treeMerge struct {
	src     objects
	keep    func(blob []byte) plumbing.Hash
	ours    plumbing.Hash
	base    map[string]treeEntry
	theirs  map[string]treeEntry
	variant MergeVariant

	// sensitive is set when the outcome may depend on the variant: lines were compared.
	sensitive bool
	known     *cache[spanKey, []span]
	compared  int // spans, against renameWork

	index      *draft // ours, becoming the result
	conflicts  []mergeConflict
	put        map[string]treeEntry
	remove     map[string]bool
	ourMoves   map[string]string // base path to our path
	theirMoves map[string]string
	handled    map[string]bool // paths of theirs that came by a rename
}

// mergeConflict is one path that git would leave to a person.
type mergeConflict struct {
	path, oldPath  string // oldPath: in the base, when it is another
	reason, detail string
}

func (m *treeMerge) conflict(path, old, reason, detail string) {
	m.conflicts = append(m.conflicts, mergeConflict{path, old, reason, detail})
}

// merge returns the merged tree, or the conflicts by path.
func (m *treeMerge) merge() (*draft, []mergeConflict, error) {
	m.index = newDraft(m.src, m.ours)
	m.put, m.remove, m.handled = make(map[string]treeEntry), make(map[string]bool), make(map[string]bool)
	if err := m.findMoves(); err != nil {
		return nil, nil, err
	}
	for _, path := range slices.Sorted(maps.Keys(m.base)) {
		if err := m.mergeBasePath(path); err != nil {
			return nil, nil, err
		}
	}
	for _, path := range slices.Sorted(maps.Keys(m.theirs)) {
		if _, old := m.base[path]; old || m.handled[path] {
			continue
		}
		if err := m.mergeAdded(path); err != nil {
			return nil, nil, err
		}
	}
	if err := m.finish(); err != nil {
		return nil, nil, err
	}
	slices.SortStableFunc(m.conflicts, func(a, b mergeConflict) int { return strings.Compare(a.path, b.path) })
	return m.index, m.conflicts, nil
}

// our is our file at path.
func (m *treeMerge) our(path string) (treeEntry, bool, error) {
	n, err := m.index.file(path)
	if n == nil || err != nil {
		return treeEntry{}, false, err
	}
	return treeEntry{mode: n.mode, id: n.id}, true, nil
}

// mergeBasePath merges one file of the base, wherever both sides have it now.
func (m *treeMerge) mergeBasePath(path string) error {
	ourPath, ourMove := m.ourMoves[path]
	theirPath, theirMove := m.theirMoves[path]
	switch {
	case ourMove && theirMove:
		m.handled[theirPath] = true
		if ourPath != theirPath {
			m.conflict(theirPath, path, "rename", "renamed differently on both sides")
			return nil
		}
		return m.mergeMoved(path, ourPath, m.theirs[theirPath], nil)
	case ourMove:
		t, there := m.theirs[path]
		if !there {
			m.conflict(ourPath, path, "rename", "renamed here and deleted by the patch")
			return nil
		}
		var added *treeEntry
		if a, ok := m.theirs[ourPath]; ok && !m.inBase(ourPath) {
			m.handled[ourPath] = true
			added = &a
		}
		return m.mergeMoved(path, ourPath, t, added)
	case theirMove:
		return m.mergeTheirMove(path, theirPath)
	}
	return m.mergeInPlace(path)
}

func (m *treeMerge) inBase(path string) bool {
	_, ok := m.base[path]
	return ok
}

// mergeMoved merges a file that we have at another path; added is a file that theirs has created there.
func (m *treeMerge) mergeMoved(path, ourPath string, t treeEntry, added *treeEntry) error {
	o, _, err := m.our(ourPath)
	if err != nil {
		return err
	}
	if added != nil && added.mode == o.mode && added.id == o.id {
		return nil
	}
	merged, ok, err := m.mergeFile(ourPath, m.base[path], o, t)
	if err != nil {
		return err
	}
	if ok && added != nil {
		if merged, ok, err = m.mergeFile(ourPath, treeEntry{}, merged, *added); err != nil {
			return err
		}
	}
	if !ok {
		m.conflict(ourPath, path, "hunk", "both sides changed the same lines")
		return nil
	}
	m.put[ourPath] = merged
	return nil
}

// mergeTheirMove merges a file that the patch renames and we do not.
func (m *treeMerge) mergeTheirMove(path, theirPath string) error {
	m.handled[theirPath] = true
	o, there, err := m.our(path)
	if err != nil {
		return err
	}
	if !there {
		m.conflict(path, "", "rename", "deleted here and renamed by the patch")
		return nil
	}
	t := m.theirs[theirPath]
	m.remove[path] = true
	existing, occupied, err := m.our(theirPath)
	if err != nil {
		return err
	}
	occupied = occupied && !m.inBase(theirPath)
	if occupied && isRegular(existing.mode) && isRegular(m.base[path].mode) && !isRegular(o.mode) {
		return m.mergeOntoOther(path, theirPath, existing, t)
	}
	if occupied && existing.mode == t.mode && existing.id == t.id {
		return nil
	}
	merged, ok, err := m.mergeFile(path, m.base[path], o, t)
	if err != nil {
		return err
	}
	if ok && occupied {
		if merged, ok, err = m.mergeFile(theirPath, treeEntry{}, existing, merged); err != nil {
			return err
		}
	}
	if !ok {
		m.conflict(path, "", "hunk", "both sides changed the same lines")
		return nil
	}
	m.put[theirPath] = merged
	return nil
}

// mergeOntoOther is what git makes of a renamed symbolic link when a file of ours stands at the new name. A patch that only
// renames a link does not say that it is one, and the made-up base takes it for a file. The older git then merges the text of
// the link into that file; the newer one drops the rename.
func (m *treeMerge) mergeOntoOther(path, theirPath string, existing, t treeEntry) error {
	m.sensitive = true
	if m.variant == MergeOrt {
		delete(m.remove, path)
		return nil
	}
	merged, ok, err := m.mergeFile(theirPath, treeEntry{}, existing, t)
	if err != nil {
		return err
	}
	if !ok {
		m.conflict(theirPath, path, "exists", "both sides created it, with different contents")
		return nil
	}
	m.put[theirPath] = merged
	return nil
}

// mergeInPlace merges a file that neither side renames.
func (m *treeMerge) mergeInPlace(path string) error {
	b := m.base[path]
	t, inTheirs := m.theirs[path]
	o, inOurs, err := m.our(path)
	if err != nil {
		return err
	}
	switch {
	case !inOurs && !inTheirs:
	case !inTheirs:
		if o.mode != b.mode || o.id != b.id {
			m.conflict(path, "", "deleted", "changed here and deleted by the patch")
			return nil
		}
		m.remove[path] = true
	case !inOurs:
		if t.mode != b.mode || t.id != b.id {
			m.conflict(path, "", "missing", "deleted here and changed by the patch")
		}
	default:
		merged, ok, err := m.mergeFile(path, b, o, t)
		if err != nil {
			return err
		}
		if !ok {
			m.conflict(path, "", "hunk", "both sides changed the same lines")
			return nil
		}
		m.put[path] = merged
	}
	return nil
}

// mergeAdded takes a file that the patch creates.
func (m *treeMerge) mergeAdded(path string) error {
	t := m.theirs[path]
	o, occupied, err := m.our(path)
	if err != nil {
		return err
	}
	if !occupied {
		m.put[path] = t
		return nil
	}
	merged, ok, err := m.mergeFile(path, treeEntry{}, o, t)
	if err != nil {
		return err
	}
	if !ok {
		m.conflict(path, "", "exists", "both sides created it, with different contents")
		return nil
	}
	m.put[path] = merged
	return nil
}

// finish turns our tree into the result. A file that stands where a directory must be is a conflict.
func (m *treeMerge) finish() error {
	for path := range m.remove {
		if _, stays := m.put[path]; stays {
			continue
		}
		if err := m.index.remove(path); err != nil {
			return err
		}
	}
	for _, path := range slices.Sorted(maps.Keys(m.put)) {
		e := m.put[path]
		if e.mode == modeSymlink {
			data, err := m.src.blob(e.id)
			if err != nil {
				return err
			}
			if !linkTarget(data) {
				m.conflict(path, "", "symlink", "a symbolic link to nowhere")
			}
		}
		if !fitsDisk(path) {
			m.conflict(path, "", "path", "the path is too long")
		}
		ok, err := m.index.put(path, e.mode, e.id)
		if err != nil {
			return err
		}
		if !ok {
			m.conflict(path, "", "directory", "a file and a directory would have the same name")
		}
	}
	return nil
}

// mergeFile merges three versions of one file, ours standing at path; a zero base means that it has none.
func (m *treeMerge) mergeFile(path string, b, o, t treeEntry) (merged treeEntry, ok bool, err error) {
	if o.mode&modeType != t.mode&modeType {
		return o, false, nil
	}
	ok = true
	switch {
	case o.mode == t.mode || o.mode == b.mode:
		merged.mode = t.mode
	default:
		merged.mode = o.mode
		ok = t.mode == b.mode
	}
	switch {
	case o.id == t.id || o.id == b.id:
		merged.id = t.id
		return merged, ok, nil
	case t.id == b.id:
		merged.id = o.id
		return merged, ok, nil
	case o.mode&modeType == modeSymlink || o.mode&modeType == modeGitlink:
		merged.id = o.id
		return merged, false, nil
	}
	data, clean, err := m.mergeContents(path, b, o, t)
	if err != nil || !clean {
		return merged, false, err
	}
	merged.id = m.keep(data)
	// the older git forgets that the modes conflict when the contents do not
	return merged, ok || m.variant != MergeOrt, nil
}

func (m *treeMerge) mergeContents(path string, b, o, t treeEntry) (merged []byte, ok bool, err error) {
	m.sensitive = true
	var base []byte
	if !b.id.IsZero() {
		if base, err = m.src.blob(b.id); err != nil {
			return nil, false, err
		}
	}
	ours, err := m.src.blob(o.id)
	if err != nil {
		return nil, false, err
	}
	theirs, err := m.src.blob(t.id)
	if err != nil {
		return nil, false, err
	}
	how, err := m.mergeDriver(path)
	if err != nil || how == driverBinary || looksBinary(base) || looksBinary(ours) || looksBinary(theirs) {
		return nil, false, err
	}
	algorithm := patch.Myers
	if m.variant == MergeOrt {
		algorithm = patch.Histogram
	}
	merge := patch.MergeText
	if how == driverUnion {
		merge = patch.MergeUnion
	}
	merged, err = merge(base, ours, theirs, algorithm)
	if errors.Is(err, patch.ErrConflict) {
		return nil, false, nil
	}
	return merged, err == nil, err
}
