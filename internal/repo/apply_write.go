package repo

import (
	"bytes"
	"errors"

	"github.com/go-git/go-git/v5/plumbing"

	"patchbot/internal/patch"
)

// patchedBinary replaces a file as a whole. git wants to know exactly what it replaces and what comes out.
func (a *applier) patchedBinary(e *patch.Entry, old *content, data []byte) (*content, *failure, error) {
	oldID, ok := parseID(e.OldID)
	newID, ok2 := parseID(e.NewID)
	if !ok || !ok2 {
		return nil, a.fail(e, StatusRefused, "binary", "a binary patch without a full index line"), nil
	}
	switch {
	case e.OldName != "" && hashObject(plumbing.BlobObject, data) != oldID:
		return nil, a.fail(e, StatusConflict, "binary", "the binary patch is for another version"), nil
	case e.OldName == "" && len(data) > 0:
		return nil, a.fail(e, StatusConflict, "binary", "the binary patch is for an empty file"), nil
	case newID.IsZero():
		return &content{mode: e.NewMode, loaded: true}, nil, nil
	case a.src.hasBlob(newID):
		return &content{mode: e.NewMode, id: newID, stored: true}, nil, nil
	case e.Forward == nil:
		return nil, a.fail(e, StatusRefused, "binary", "the patch does not hold the binary data"), nil
	}
	out, err := e.Forward.Apply(data, min(a.limits.BlobBytes, a.limits.AllBytes-a.built))
	switch {
	case errors.Is(err, patch.ErrTooLarge):
		return nil, a.fail(e, StatusTooLarge, "too-large", "the binary data is too large"), nil
	case err != nil:
		return nil, a.fail(e, StatusCorrupt, "binary", err.Error()), nil
	case hashObject(plumbing.BlobObject, out) != newID:
		return nil, a.fail(e, StatusCorrupt, "binary", "the binary data gives another file than the index line says"), nil
	}
	if f := a.count(e, len(out)); f != nil {
		return nil, f, nil
	}
	return &content{mode: e.NewMode, data: out, loaded: true}, nil, nil
}

// write changes the draft: first everything leaves, then everything new comes.
func (a *applier) write() (*failure, error) {
	for _, r := range a.results {
		if e := r.entry; e.OldName != "" && e.New != patch.Yes && !e.Copied {
			if err := a.index.remove(e.OldName); err != nil {
				return nil, err
			}
		}
	}
	for _, r := range a.results {
		if r.file == nil {
			continue
		}
		if f, err := a.create(r.entry, r.file); f != nil || err != nil {
			return f, err
		}
	}
	return nil, nil
}

func (a *applier) create(e *patch.Entry, file *content) (*failure, error) {
	mode := indexMode(file.mode)
	id := file.id
	switch {
	case file.mode&modeType == modeGitlink:
		data, err := a.load(file)
		if err != nil {
			return nil, err
		}
		rest, ok := bytes.CutPrefix(data, []byte(gitlinkText))
		if id, ok2 := parseID(string(rest[:min(len(rest), 40)])); ok && ok2 && !id.IsZero() {
			return a.put(e, mode, id)
		}
		return a.fail(e, StatusCorrupt, "submodule", "corrupt patch for a submodule"), nil
	case !file.stored:
		data, err := a.load(file)
		if err != nil {
			return nil, err
		}
		id = a.keep(data)
		file.id, file.stored = id, true
	}
	if a.disk && mode == modeSymlink {
		if data, err := a.load(file); err != nil || !linkTarget(data) {
			return a.fail(e, StatusRefused, "symlink", "a symbolic link to nowhere"), err
		}
	}
	return a.put(e, mode, id)
}

func (a *applier) put(e *patch.Entry, mode uint32, id plumbing.Hash) (*failure, error) {
	ok, err := a.index.put(e.NewName, mode, id)
	if err != nil || ok {
		return nil, err
	}
	return a.fail(e, StatusConflict, "directory", "a file and a directory would have the same name"), nil
}

// linkTarget tells whether a symbolic link can be made with data for its text.
func linkTarget(data []byte) bool { return len(data) > 0 && data[0] != 0 }

// indexMode is the mode that git records for any mode a patch may name.
func indexMode(mode uint32) uint32 {
	switch mode & modeType {
	case modeSymlink:
		return modeSymlink
	case modeGitlink, modeTree:
		return modeGitlink
	}
	if mode&0o100 != 0 {
		return modeExec
	}
	return modeFile
}
