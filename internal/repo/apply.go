package repo

import (
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"patchbot/internal/patch"
)

// applier applies the entries of one diff to a draft, all or none: git apply --index. It first checks every entry against
// the draft and against what earlier entries of the same diff leave, and only then changes the draft.
type applier struct {
	src     objects
	index   *draft
	keep    func(blob []byte) plumbing.Hash
	limits  patch.Limits
	disk    bool  // files are written as well, as plain git am does
	built   int64 // bytes of new blobs
	states  map[string]*state
	links   map[string]linkChange
	results []result
	offset  int // of the hunk that moved most
}

// state is what the entries read so far say about one path.
type state struct {
	leaving bool // a later entry deletes or renames it
	gone    bool // an earlier entry did
	file    *content
}

// content is one version of a file; data is read when it is needed.
type content struct {
	mode   uint32
	id     plumbing.Hash
	data   []byte
	loaded bool
	stored bool // id is known and its blob exists
}

// result is one entry that was checked.
type result struct {
	entry *patch.Entry
	file  *content // nil for a deletion
}

// linkChange is what the diff does to a symbolic link.
type linkChange int

const (
	linkLeaves linkChange = 1 << iota
	linkStays
)

// failure says why an entry does not apply.
type failure struct {
	Failure
	status Status
}

func (a *applier) fail(e *patch.Entry, status Status, reason, detail string) *failure {
	return &failure{Failure{Path: e.Name(), Reason: reason, Detail: e.Name() + ": " + detail}, status}
}

// apply checks and applies all entries. It changes them: modes that a diff leaves open are filled in.
func (a *applier) apply(entries []*patch.Entry) (*failure, error) {
	a.states, a.links = make(map[string]*state), make(map[string]linkChange)
	for _, e := range entries {
		if e.NewName == "" || e.Renamed {
			a.states[e.OldName] = &state{leaving: true}
		}
		if e.OldName != "" && e.OldMode&modeType == modeSymlink && (e.Renamed || e.Deleted != patch.No) {
			a.links[e.OldName] |= linkLeaves
		}
		if e.NewName != "" && e.NewMode&modeType == modeSymlink {
			a.links[e.NewName] |= linkStays
		}
	}
	for _, e := range entries {
		if f, err := a.check(e); f != nil || err != nil {
			return f, err
		}
	}
	return a.write()
}

// check finds the old file of e, makes the new one and files it under the new name.
func (a *applier) check(e *patch.Entry) (*failure, error) {
	old, f, err := a.oldFile(e)
	if f != nil || err != nil {
		return f, err
	}
	if f, err := a.checkNewName(e); f != nil || err != nil {
		return f, err
	}
	if f, err := a.checkPaths(e); f != nil || err != nil {
		return f, err
	}
	file, f, err := a.patched(e, old)
	if f != nil || err != nil {
		return f, err
	}
	if e.NewName != "" {
		a.states[e.NewName] = &state{file: file}
	}
	if e.NewName == "" || e.Renamed {
		a.states[e.OldName] = &state{gone: true}
	}
	if e.Deleted == patch.Yes {
		if data, err := a.load(file); err != nil || len(data) > 0 {
			return a.fail(e, StatusConflict, "hunk", "the removal leaves contents"), err
		}
		file = nil
	}
	a.results = append(a.results, result{e, file})
	return nil, nil
}

// oldFile is the file that e changes, as earlier entries left it; nil for a new file.
func (a *applier) oldFile(e *patch.Entry) (*content, *failure, error) {
	if e.OldName == "" {
		return nil, nil, nil
	}
	var old *content
	if s := a.states[e.OldName]; s != nil && !e.Copied && !e.Renamed && !s.leaving {
		if s.gone {
			return nil, a.fail(e, StatusConflict, "missing", "renamed or deleted earlier in the patch"), nil
		}
		old = s.file
	}
	if old == nil {
		n, err := a.index.file(e.OldName)
		if err != nil {
			return nil, nil, err
		}
		if n == nil {
			if e.New == patch.Unknown {
				e.New, e.Deleted, e.OldName = patch.Yes, patch.No, ""
				return nil, nil, nil
			}
			return nil, a.fail(e, StatusConflict, "missing", "does not exist"), nil
		}
		old = &content{mode: n.mode, id: n.id, stored: true}
	}
	if e.New == patch.Unknown {
		e.New = patch.No
	}
	if e.OldMode == 0 {
		e.OldMode = old.mode
	}
	if (old.mode^e.OldMode)&modeType != 0 {
		return nil, a.fail(e, StatusRefused, "mode", "has another type"), nil
	}
	if e.NewMode == 0 && e.Deleted == patch.No {
		e.NewMode = old.mode
	}
	return old, nil, nil
}

// checkNewName holds the place where e creates a file against what is there.
func (a *applier) checkNewName(e *patch.Entry) (*failure, error) {
	if e.NewName != "" && (e.New == patch.Yes || e.Renamed || e.Copied) {
		s := a.states[e.NewName]
		free := s != nil && (s.leaving || s.gone)
		n, err := a.index.file(e.NewName)
		if err != nil {
			return nil, err
		}
		if n != nil && !free {
			return a.fail(e, StatusConflict, "exists", "already exists"), nil
		}
		if a.disk && !fitsDisk(e.NewName) {
			return a.fail(e, StatusRefused, "path", "the path is too long"), nil
		}
		if e.NewMode == 0 {
			if e.New == patch.Yes {
				e.NewMode = modeFile
			} else {
				e.NewMode = e.OldMode
			}
		}
	}
	if e.NewName != "" && e.OldName != "" {
		if e.NewMode == 0 {
			e.NewMode = e.OldMode
		}
		if (e.OldMode^e.NewMode)&modeType != 0 {
			return a.fail(e, StatusRefused, "mode", "the patch changes the type of the file"), nil
		}
	}
	return nil, nil
}

// checkPaths refuses names that could leave the tree or write through a symbolic link.
func (a *applier) checkPaths(e *patch.Entry) (*failure, error) {
	if e.OldName != "" && e.New != patch.Yes && !e.Copied && !validPath(e.OldName, e.OldMode) {
		return a.fail(e, StatusRefused, "path", "invalid path"), nil
	}
	if e.Deleted == patch.Yes {
		return nil, nil
	}
	if !validPath(e.NewName, e.NewMode) {
		return a.fail(e, StatusRefused, "path", "invalid path"), nil
	}
	if e.NewMode == modeTree {
		return a.fail(e, StatusRefused, "mode", "a file cannot have the mode of a directory"), nil
	}
	for path := e.NewName; ; {
		i := strings.LastIndexByte(path, '/')
		if i <= 0 {
			return nil, nil
		}
		path = path[:i]
		change := a.links[path]
		if change&linkStays == 0 {
			if change&linkLeaves != 0 {
				continue
			}
			n, err := a.index.file(path)
			if err != nil {
				return nil, err
			}
			if n == nil || n.mode != modeSymlink {
				continue
			}
		}
		return a.fail(e, StatusRefused, "symlink", "lies beyond a symbolic link"), nil
	}
}

// load reads a version of a file; a submodule reads as the line that diffs show for it.
func (a *applier) load(c *content) ([]byte, error) {
	if c == nil {
		return nil, nil
	}
	if c.loaded {
		return c.data, nil
	}
	if c.mode == modeGitlink {
		c.data = []byte(gitlinkText + c.id.String() + "\n")
	} else {
		data, err := a.src.blob(c.id)
		if err != nil {
			return nil, err
		}
		c.data = data
	}
	c.loaded = true
	return c.data, nil
}

const gitlinkText = "Subproject commit "

// patched is the new version of old under e.
func (a *applier) patched(e *patch.Entry, old *content) (*content, *failure, error) {
	if len(e.Fragments) == 0 && !e.Binary {
		if old == nil {
			return &content{mode: e.NewMode, loaded: true}, nil, nil
		}
		file := *old
		file.mode = e.NewMode
		if old.mode == modeGitlink && e.NewMode != modeGitlink {
			file.stored = false
		}
		return &file, nil, nil
	}
	data, err := a.load(old)
	if err != nil {
		return nil, nil, err
	}
	if int64(len(data)) > a.limits.BlobBytes {
		return nil, a.fail(e, StatusTooLarge, "too-large", "the file is too large"), nil
	}
	if e.Binary {
		return a.patchedBinary(e, old, data)
	}
	out, offset, herr := e.ApplyHunks(data)
	if herr != nil && herr.TooLarge {
		return nil, a.fail(e, StatusTooLarge, "too-large", herr.Error()), nil
	}
	if herr != nil {
		f := a.fail(e, StatusConflict, "hunk", herr.Error())
		f.Line, f.At, f.Expect, f.Marks, f.Found = herr.Line, herr.At, herr.Expect, herr.Marks, herr.Found
		return nil, f, nil
	}
	if max(offset, -offset) > max(a.offset, -a.offset) {
		a.offset = offset
	}
	if f := a.count(e, len(out)); f != nil {
		return nil, f, nil
	}
	return &content{mode: e.NewMode, data: out, loaded: true}, nil, nil
}

// count holds the sizes of new files against the limits.
func (a *applier) count(e *patch.Entry, size int) *failure {
	a.built += int64(size)
	if int64(size) > a.limits.BlobBytes || a.built > a.limits.AllBytes {
		return a.fail(e, StatusTooLarge, "too-large", "the patch makes too much data")
	}
	return nil
}
