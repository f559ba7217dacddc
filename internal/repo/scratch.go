package repo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"patchbot/internal/patch"
)

// ScratchOptions is what applying needs besides the mails.
type ScratchOptions struct {
	// CommitterName, CommitterEmail and CommitTime go into the commits that Apply makes. Where they are zero the author
	// of each mail stands in, so that the ids depend on the base and the mails alone.
	CommitterName  string
	CommitterEmail string
	CommitTime     time.Time
	// Plain stops where plain `git am` does: without the three-way fall-back.
	Plain bool
	// Merge chooses the git whose three-way merge counts; empty means both.
	Merge MergeVariant
	// Limits of one part; the zero value means patch.DefaultLimits.
	Limits patch.Limits
}

// MergeVariant names a three-way merge of git's. They differ in about one case in a thousand.
type MergeVariant string

const (
	MergeBoth      MergeVariant = ""          // applies when it does with either git
	MergeRecursive MergeVariant = "recursive" // git up to 2.49
	MergeOrt       MergeVariant = "ort"       // git from 2.50 on
)

// Scratch holds the objects that applying makes, on top of a repository that it never changes. It may be used by one
// goroutine at a time.
type Scratch struct {
	repo    *Repo
	options ScratchOptions
	made    map[plumbing.Hash]madeObject
	trees   map[plumbing.Hash][]treeEntry // those of made that were read
}

type madeObject struct {
	kind plumbing.ObjectType
	data []byte
}

// Scratch returns an empty Scratch with zero options.
func (r *Repo) Scratch() *Scratch { return r.ScratchWith(ScratchOptions{}) }

// ScratchWith returns an empty Scratch.
func (r *Repo) ScratchWith(o ScratchOptions) *Scratch {
	if o.Limits == (patch.Limits{}) {
		o.Limits = patch.DefaultLimits()
	}
	return &Scratch{repo: r, options: o, made: make(map[plumbing.Hash]madeObject), trees: make(map[plumbing.Hash][]treeEntry)}
}

// keep files an object and returns its id.
func (s *Scratch) keep(kind plumbing.ObjectType, data []byte) plumbing.Hash {
	id := hashObject(kind, data)
	s.made[id] = madeObject{kind, data}
	return id
}

func (s *Scratch) keepBlob(data []byte) plumbing.Hash { return s.keep(plumbing.BlobObject, data) }

func (s *Scratch) tree(id plumbing.Hash) ([]treeEntry, error) {
	o, ok := s.made[id]
	if !ok || o.kind != plumbing.TreeObject {
		return s.repo.tree(id)
	}
	if entries, ok := s.trees[id]; ok {
		return entries, nil
	}
	entries, err := parseTree(o.data)
	if err == nil {
		s.trees[id] = entries
	}
	return entries, err
}

func (s *Scratch) blob(id plumbing.Hash) ([]byte, error) {
	if o, ok := s.made[id]; ok && o.kind == plumbing.BlobObject {
		return o.data, nil
	}
	return s.repo.blob(id)
}

func (s *Scratch) blobSize(id plumbing.Hash) (int64, error) {
	if o, ok := s.made[id]; ok && o.kind == plumbing.BlobObject {
		return int64(len(o.data)), nil
	}
	return s.repo.blobSize(id)
}

func (s *Scratch) hasBlob(id plumbing.Hash) bool {
	if o, ok := s.made[id]; ok {
		return o.kind == plumbing.BlobObject
	}
	return s.repo.hasBlob(id)
}

func (s *Scratch) blobsWithPrefix(prefix string) ([]plumbing.Hash, error) {
	ids, err := s.repo.blobsWithPrefix(prefix)
	if err != nil {
		return nil, err
	}
	for id, o := range s.made {
		if o.kind == plumbing.BlobObject && strings.HasPrefix(id.String(), strings.ToLower(prefix)) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// Tree returns a tree of the repository or one that this Scratch made; id is that of a commit or a tree.
func (s *Scratch) Tree(id string) (*Tree, error) {
	if h, ok := parseID(id); ok {
		if o, made := s.made[h]; made && o.kind == plumbing.TreeObject {
			return &Tree{src: s, root: h}, nil
		} else if made && o.kind == plumbing.CommitObject {
			c, err := parseCommit(h, o.data)
			if err != nil {
				return nil, err
			}
			return &Tree{src: s, root: c.tree}, nil
		}
	}
	t, err := s.repo.Tree(id)
	if err != nil {
		return nil, err
	}
	t.src = s
	return t, nil
}

// Apply applies the parts of a series, in their order, to the commit base, as `git am -3` would from a clean checkout
// without configuration. Each part goes on top of the one before; the first that fails ends the series. What the patches
// deserve is in the result; the error is for a base or an object that cannot be read, and for an expired context.
func (s *Scratch) Apply(ctx context.Context, base string, parts []Input) (*Applied, error) {
	baseID, err := s.repo.Resolve(base)
	if err != nil {
		return nil, err
	}
	head, _ := parseID(baseID)
	c, err := s.repo.commit(head)
	if err != nil {
		return nil, err
	}
	run := &run{Scratch: s, head: head, at: c.tree}
	out := &Applied{Base: baseID, Status: StatusApplied, How: HowExact, Tree: c.tree.String()}
	for _, part := range parts {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("apply: %w", err)
		}
		if out.Failed != nil {
			out.Parts = append(out.Parts, PartResult{Index: part.Index, Status: StatusNotTried})
			continue
		}
		result, f, err := run.part(part)
		if err != nil {
			return nil, fmt.Errorf("apply part %d: %w", part.Index, err)
		}
		out.Parts = append(out.Parts, result)
		out.DependsOnGit = out.DependsOnGit || result.DependsOnGit
		if f != nil {
			f.Index = part.Index
			out.Failed, out.Status, out.How = &f.Failure, f.status, ""
			continue
		}
		out.Tree = result.Tree
		if weaker(result.How, out.How) {
			out.How = result.How
		}
	}
	out.summarize()
	return out, nil
}

// weaker tells whether a takes more to apply than b.
func weaker(a, b How) bool {
	rank := map[How]int{HowExact: 0, HowOffset: 1, HowThreeWay: 2}
	return rank[a] > rank[b]
}

// summarize finds the status of a series none of whose parts brings anything new.
func (a *Applied) summarize() {
	if a.Failed != nil || len(a.Parts) == 0 {
		return
	}
	for _, p := range a.Parts {
		if p.Status != StatusAlreadyApplied {
			return
		}
	}
	a.Status, a.How = StatusAlreadyApplied, ""
}

// run is the state of applying one series.
type run struct {
	*Scratch
	head plumbing.Hash
	at   plumbing.Hash // the tree so far
}

// part applies one part to the current tree and commits it.
func (r *run) part(in Input) (PartResult, *failure, error) {
	result := PartResult{Index: in.Index}
	fail := func(f *failure) (PartResult, *failure, error) {
		result.Status = f.status
		return result, f, nil
	}
	var bad *failure
	if in.Err != nil {
		bad = &failure{Failure{Reason: in.Err.Reason, Detail: in.Err.Detail}, Status(in.Err.Class)}
	}
	if in.Commit == nil && bad == nil {
		return result, nil, errors.New("neither a commit nor a refusal")
	}
	if in.Commit == nil {
		return fail(bad)
	}
	try, depends, err := r.tryVariants(in.Commit.Diff)
	if err != nil {
		return result, nil, err
	}
	result.DependsOnGit = depends
	f := try.failure
	if f == nil && try.already {
		result.Status, result.Tree = StatusAlreadyApplied, r.at.String()
		return result, nil, nil
	}
	if f == nil {
		f = bad // git looks at these only when it commits
	}
	if f != nil {
		return fail(f)
	}
	result.Status, result.How, result.Offset = StatusApplied, try.how, try.offset
	r.at = try.tree
	r.head = r.keep(plumbing.CommitObject, r.commitObject(in.Commit))
	result.Tree, result.Commit = r.at.String(), r.head.String()
	return result, nil, nil
}
