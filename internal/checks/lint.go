package checks

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"patchbot/internal/wiki"
)

// LintInput is a tree to check as it stands.
type LintInput struct {
	Tree  wiki.Tree
	Paths []string // files and directories to check; none means the whole tree
	Host  wiki.Host
	Own   wiki.Own
	Index *wiki.Index // facts of pages from earlier runs, locked meanwhile; nil for none
}

// Lint runs the rules on the files of a tree, with no regard to any change. A path that the tree does not have is an
// error, and so is a tree that cannot be read.
func Lint(set *Set, in LintInput) ([]Finding, error) {
	if set == nil || in.Tree == nil || in.Host == nil {
		return nil, errors.New("checks: no rules, tree or host")
	}
	if in.Index != nil {
		in.Index.Lock()
		defer in.Index.Unlock()
	}
	s := &site{tree: in.Tree, host: in.Host, own: in.Own, store: newStore(in.Index)}
	paths, err := lintPaths(in)
	if err := errors.Join(in.Tree.Err(), err); err != nil {
		return nil, err
	}
	out := []Finding{}
	for _, p := range paths {
		out = append(out, s.check(set, p, false)...)
		if s.store.size > maxKept {
			clear(s.store.pages)
			s.store.size = 0
		}
	}
	if err := in.Tree.Err(); err != nil {
		return nil, fmt.Errorf("read tree: %w", err)
	}
	return settled(out), nil
}

// maxKept bounds the pages that are kept parsed, for links to their ids and for their own turn, in bytes of their text. Parsed,
// a hostile page is a hundred times as large.
const maxKept = 2 << 20

func lintPaths(in LintInput) ([]string, error) {
	roots := in.Paths
	if len(roots) == 0 {
		roots = []string{""}
	}
	seen := map[string]bool{}
	var out []string
	add := func(p, _ string, _ uint32) {
		if !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	for _, root := range roots {
		root = strings.Trim(strings.TrimPrefix(root, "./"), "/")
		if root == "." {
			root = ""
		}
		_, mode, ok := in.Tree.Lookup(root)
		switch {
		case !ok && root != "":
			return nil, errors.New(root + ": no such file")
		case root == "" || mode == wiki.ModeTree:
			walk(in.Tree, root, 0, add)
		default:
			add(root, "", mode)
		}
	}
	sort.Strings(out)
	return out, nil
}
