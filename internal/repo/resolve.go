package repo

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

// ErrNoRevision: a revision names nothing in the repository, or more than one commit.
var ErrNoRevision = errors.New("no such revision")

// Resolve gives the commit, 40 hex digits, that a revision names: a branch, a tag, a remote branch, a full or abbreviated
// id, HEAD or @, each with any of ~n, ^, ^n, ^0 and ^{commit} behind it (gitrevisions).
func (r *Repo) Resolve(rev string) (string, error) {
	id, err := r.resolve(rev)
	if err != nil {
		return "", fmt.Errorf("resolve %q: %w", rev, err)
	}
	return id.String(), nil
}

func (r *Repo) resolve(rev string) (plumbing.Hash, error) {
	name, steps := rev, ""
	if i := strings.IndexAny(rev, "^~"); i >= 0 {
		name, steps = rev[:i], rev[i:]
	}
	id, err := r.named(name)
	if err != nil {
		return id, err
	}
	if id, err = r.peel(id); err != nil {
		return id, err
	}
	for steps != "" {
		kind := steps[0]
		steps = steps[1:]
		if kind == '^' && strings.HasPrefix(steps, "{") {
			what, rest, ok := strings.Cut(steps[1:], "}")
			if !ok || what != "" && what != "commit" {
				return id, ErrNoRevision
			}
			steps = rest
			continue
		}
		digits := len(steps) - len(strings.TrimLeft(steps, "0123456789"))
		n := 1
		if digits > 0 {
			if n, err = strconv.Atoi(steps[:digits]); err != nil {
				return id, ErrNoRevision
			}
			steps = steps[digits:]
		} else if steps != "" && steps[0] != '^' && steps[0] != '~' {
			return id, ErrNoRevision
		}
		if id, err = r.step(id, kind, n); err != nil {
			return id, err
		}
	}
	return id, nil
}

// step goes n first parents up, or to the n-th parent.
func (r *Repo) step(id plumbing.Hash, kind byte, n int) (plumbing.Hash, error) {
	parent := 0
	if kind == '^' {
		if n == 0 {
			return id, nil
		}
		parent, n = n-1, 1
	}
	for ; n > 0; n-- {
		c, err := r.commit(id)
		if err != nil {
			return id, err
		}
		if parent >= len(c.parents) {
			return id, ErrNoRevision
		}
		id = c.parents[parent]
	}
	return id, nil
}

// named finds what a name without steps stands for: a full id, a reference, an abbreviated id.
func (r *Repo) named(name string) (plumbing.Hash, error) {
	if id, ok := parseID(strings.ToLower(name)); ok {
		return id, nil
	}
	if name == "@" {
		name = "HEAD"
	}
	if name != "" {
		for _, format := range []string{"%s", "refs/%s", "refs/tags/%s", "refs/heads/%s", "refs/remotes/%s", "refs/remotes/%s/HEAD"} {
			if id, ok := r.reference(fmt.Sprintf(format, name)); ok {
				return id, nil
			}
		}
	}
	ids, err := r.idsWithPrefix(name)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	var found []plumbing.Hash
	for _, id := range ids {
		if c, err := r.peel(id); err == nil {
			found = append(found, c)
		}
	}
	switch len(found) {
	case 0:
		return plumbing.ZeroHash, ErrNoRevision
	case 1:
		return found[0], nil
	}
	return plumbing.ZeroHash, fmt.Errorf("%w: the short id is ambiguous", ErrNoRevision)
}

// reference follows a reference, symbolic ones included.
func (r *Repo) reference(name string) (plumbing.Hash, bool) {
	const deepest = 5
	r.mu.Lock()
	defer r.mu.Unlock()
	for range deepest {
		ref, err := r.store.Reference(plumbing.ReferenceName(name))
		if err != nil {
			return plumbing.ZeroHash, false
		}
		if ref.Type() == plumbing.HashReference {
			return ref.Hash(), !ref.Hash().IsZero()
		}
		name = ref.Target().String()
	}
	return plumbing.ZeroHash, false
}

// peel follows annotated tags to a commit.
func (r *Repo) peel(id plumbing.Hash) (plumbing.Hash, error) {
	const deepest = 10
	for range deepest {
		if _, err := r.commit(id); err == nil {
			return id, nil
		}
		data, err := r.object(plumbing.TagObject, id)
		if err != nil {
			return id, ErrNoRevision
		}
		line, _, _ := bytes.Cut(data, []byte("\n"))
		target, ok := parseID(strings.TrimPrefix(string(line), "object "))
		if !ok {
			return id, ErrNoRevision
		}
		id = target
	}
	return id, ErrNoRevision
}

// Commit describes the commit id, 40 hex digits.
func (r *Repo) Commit(id string) (CommitInfo, error) {
	h, ok := parseID(id)
	if !ok {
		return CommitInfo{}, fmt.Errorf("read commit %q: not a full object id", id)
	}
	c, err := r.commit(h)
	if err != nil {
		return CommitInfo{}, err
	}
	return c.info(), nil
}

// Tree gives the tree of a commit, or the tree itself, by its id of 40 hex digits.
func (r *Repo) Tree(id string) (*Tree, error) {
	h, ok := parseID(id)
	if !ok {
		return nil, fmt.Errorf("read tree %q: not a full object id", id)
	}
	if c, err := r.commit(h); err == nil {
		return &Tree{src: r, root: c.tree}, nil
	}
	if _, err := r.tree(h); err != nil {
		return nil, err
	}
	return &Tree{src: r, root: h}, nil
}
