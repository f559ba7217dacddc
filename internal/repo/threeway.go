package repo

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"patchbot/internal/patch"
)

// threeWay is what git am -3 does with a diff that does not apply: it makes up the tree that the diff was made on, from the
// ids in its index lines, applies the diff there without fuzz, and merges both into the current tree.
func (r *run) threeWay(diff []byte, v MergeVariant) (attempt, error) {
	entries, bad := patch.ReadDialect(diff, r.options.Limits, v.dialect())
	if bad != nil {
		return attempt{failure: syntaxFailure(bad)}, nil
	}
	base, f, err := r.fakeBase(entries)
	if f != nil || err != nil {
		return attempt{failure: f}, err
	}
	m := &treeMerge{
		src: r, keep: r.keepBlob, ours: r.at, variant: v, known: r.repo.spans,
		base: make(map[string]treeEntry), theirs: make(map[string]treeEntry),
	}
	if err := base.walk(func(path string, n *node) { m.base[path] = treeEntry{mode: n.mode, id: n.id} }); err != nil {
		return attempt{}, err
	}
	a := applier{src: r, index: base, keep: r.keepBlob, limits: r.options.Limits}
	if f, err = a.apply(entries); f != nil || err != nil {
		if f != nil && f.status == StatusConflict {
			f.status = StatusHandEdited
		}
		return attempt{failure: f}, err
	}
	if err := base.walk(func(path string, n *node) { m.theirs[path] = treeEntry{mode: n.mode, id: n.id} }); err != nil {
		return attempt{}, err
	}
	index, conflicts, err := m.merge()
	if errors.Is(err, patch.ErrTooLarge) {
		f := &failure{Failure{Reason: "too-large", Detail: "the merge takes too long"}, StatusTooLarge}
		return attempt{failure: f}, nil
	}
	if err != nil {
		return attempt{}, err
	}
	if len(conflicts) > 0 {
		f, err := r.explainConflict(conflicts[0], entries)
		return attempt{failure: f, sensitive: m.sensitive}, err
	}
	tree := r.write(index)
	return attempt{tree: tree, how: HowThreeWay, already: tree == r.at, sensitive: m.sensitive}, nil
}

// fakeBase makes up the tree that a diff was made on: only the files that it names, by the ids of its index lines.
func (r *run) fakeBase(entries []*patch.Entry) (*draft, *failure, error) {
	base := newDraft(r, emptyTree)
	for _, e := range entries {
		if e.New == patch.Yes {
			continue
		}
		name := e.OldName
		if name == "" {
			name = e.NewName
		}
		id, why, err := r.oldBlob(e)
		if err != nil {
			return nil, nil, err
		}
		if why == "" && !validPath(name, e.OldMode) {
			return nil, &failure{Failure{Path: name, Reason: "path", Detail: name + ": invalid path"}, StatusRefused}, nil
		}
		if why == "" {
			ok, err := base.put(name, indexMode(e.OldMode), id)
			if err != nil {
				return nil, nil, err
			}
			if !ok {
				why = "a file and a directory have the same name"
			}
		}
		if why != "" {
			return nil, &failure{Failure{Path: name, Reason: "no-base", Detail: name + ": " + why}, StatusNoBase}, nil
		}
	}
	return base, nil, nil
}

// oldBlob finds the blob that an entry was made on; why says why there is none.
func (r *run) oldBlob(e *patch.Entry) (id plumbing.Hash, why string, err error) {
	if e.OldMode&modeType == modeGitlink {
		if id, ok := oldGitlink(e); ok {
			return id, "", nil
		}
		return id, "the index line does not name the commit of the submodule", nil
	}
	if id, full := parseID(e.OldID); full && !r.hasBlob(id) {
		return id, fmt.Sprintf("the repository does not have version %s", e.OldID), nil
	}
	ids, err := r.blobsWithPrefix(e.OldID)
	if err != nil {
		return id, "", err
	}
	switch {
	case len(ids) == 1:
		return ids[0], "", nil
	case len(e.Fragments) == 0: // a change of name or mode: the current version will do
		n, err := newDraft(r, r.at).file(e.OldName)
		if err != nil {
			return id, "", err
		}
		if n == nil {
			return id, "not in the current tree", nil
		}
		if n.mode == modeGitlink {
			return id, "the patch does not say that it is a submodule", nil
		}
		return n.id, "", nil
	case len(ids) > 1:
		return id, fmt.Sprintf("the id %s is ambiguous", e.OldID), nil
	case e.OldID == "":
		return id, "the patch names no version", nil
	}
	return id, fmt.Sprintf("the repository does not have version %s", e.OldID), nil
}

// oldGitlink reads the old commit of a submodule from its one hunk, or else from a full index line.
func oldGitlink(e *patch.Entry) (plumbing.Hash, bool) {
	const hex = 40
	if len(e.Fragments) == 1 && e.Fragments[0].OldPos == 1 && e.Fragments[0].OldLines == 1 {
		rest, ok := bytes.CutPrefix(e.Fragments[0].Body, []byte("-"+gitlinkText))
		if ok && len(rest) > hex && rest[hex] == '\n' && strings.HasPrefix(string(rest), e.OldID) {
			if id, ok := parseID(string(rest[:hex])); ok {
				return id, true
			}
		}
	}
	return parseID(e.OldID)
}

// explainConflict describes a conflict by the hunk that does not apply to the current file, where there is one.
func (r *run) explainConflict(c mergeConflict, entries []*patch.Entry) (*failure, error) {
	f := &failure{Failure{Path: c.path, Reason: c.reason, Detail: c.path + ": " + c.detail}, StatusConflict}
	for _, e := range entries {
		if e.OldName != c.path && e.NewName != c.path && (c.oldPath == "" || e.OldName != c.oldPath) {
			continue
		}
		n, err := newDraft(r, r.at).file(c.path)
		if err != nil {
			return nil, err
		}
		if n == nil || n.mode == modeGitlink || len(e.Fragments) == 0 || e.New == patch.Yes {
			continue
		}
		data, err := r.blob(n.id)
		if err != nil {
			return nil, err
		}
		if _, _, herr := e.ApplyHunks(data); herr != nil && !herr.TooLarge {
			f.Line, f.At, f.Expect, f.Marks, f.Found = herr.Line, herr.At, herr.Expect, herr.Marks, herr.Found
			break
		}
	}
	return f, nil
}
