package repo

import (
	"bytes"
	"context"
	"net/url"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"patchbot/internal/patch"
)

// How far look-ups go back in the history.
const (
	baseReach  = 5000 // commits searched for the one that a diff was made on
	foundReach = 500  // commits searched for one that has already been applied
)

// ancestors yields the commits reachable from tip, newest first by committer date, until yield returns false, a commit
// cannot be read, or ctx ends.
func (r *Repo) ancestors(ctx context.Context, tip plumbing.Hash, most int, yield func(n int, c *commit) bool) {
	seen := map[plumbing.Hash]bool{tip: true}
	first, err := r.commit(tip)
	if err != nil {
		return
	}
	queue := []*commit{first}
	for n := 0; len(queue) > 0 && n < most && ctx.Err() == nil; n++ {
		newest := 0
		for i, c := range queue {
			if c.when.when.After(queue[newest].when.when) {
				newest = i
			}
		}
		c := queue[newest]
		queue = append(queue[:newest], queue[newest+1:]...)
		if !yield(n, c) {
			return
		}
		for _, p := range c.parents {
			if seen[p] {
				continue
			}
			seen[p] = true
			if parent, err := r.commit(p); err == nil {
				queue = append(queue, parent)
			}
		}
	}
}

// IsAncestor tells whether base is tip or can be reached from it. Ids are 40 hex digits; an unknown id is no ancestor.
func (r *Repo) IsAncestor(base, tip string) bool {
	b, ok := parseID(base)
	t, ok2 := parseID(tip)
	if !ok || !ok2 {
		return false
	}
	found := false
	r.ancestors(context.Background(), t, 1<<30, func(_ int, c *commit) bool {
		found = c.id == b
		return !found
	})
	return found
}

// Ahead counts the commits reachable from tip and not from base. Ids are 40 hex digits.
func (r *Repo) Ahead(base, tip string) int {
	return len(r.between(context.Background(), base, tip))
}

// between lists the commits reachable from tip and not from base, newest first.
func (r *Repo) between(ctx context.Context, base, tip string) []*commit {
	t, ok := parseID(tip)
	if !ok {
		return nil
	}
	excluded := map[plumbing.Hash]bool{}
	if b, ok := parseID(base); ok {
		r.ancestors(ctx, b, 1<<30, func(_ int, c *commit) bool {
			excluded[c.id] = true
			return true
		})
	}
	var out []*commit
	r.ancestors(ctx, t, 1<<30, func(_ int, c *commit) bool {
		if !excluded[c.id] {
			out = append(out, c)
		}
		return true
	})
	return out
}

// BaseOf finds the commit that the author of a diff worked on: hint (a full commit id, from a base-commit trailer) when it
// is an ancestor of tip, else the newest ancestor whose tree holds every old blob of files at its path. behind counts the
// commits from it to tip. ok is false when there is none, or when no file names an old blob.
func (r *Repo) BaseOf(ctx context.Context, tip string, files []patch.File, hint string) (base CommitInfo, behind int, ok bool) {
	t, valid := parseID(tip)
	if !valid {
		return base, 0, false
	}
	h, hinted := parseID(strings.ToLower(hint))
	var byHint, byBlobs *commit
	var hintAt, blobsAt int
	r.ancestors(ctx, t, baseReach, func(n int, c *commit) bool {
		if hinted && c.id == h {
			byHint, hintAt = c, n
			return false
		}
		if byBlobs == nil && r.holds(c, files) {
			byBlobs, blobsAt = c, n
		}
		return hinted || byBlobs == nil
	})
	switch {
	case byHint != nil:
		return byHint.info(), hintAt, true
	case byBlobs != nil:
		return byBlobs.info(), blobsAt, true
	}
	return base, 0, false
}

// holds tells whether the tree of c has every old blob of files at its path, and at least one of them names one.
func (r *Repo) holds(c *commit, files []patch.File) bool {
	tree := &Tree{src: r, root: c.tree}
	named := false
	for _, f := range files {
		path := f.Path
		if f.OldPath != "" {
			path = f.OldPath
		}
		e, there := tree.find(path)
		if f.Status == patch.StatusAdded {
			if there {
				return false
			}
			continue
		}
		if !there {
			return false
		}
		if f.OldBlob == "" || strings.Trim(f.OldBlob, "0") == "" {
			continue
		}
		if !strings.HasPrefix(e.id.String(), strings.ToLower(f.OldBlob)) {
			return false
		}
		named = true
	}
	return named
}

// ChangedSince finds the newest commit after base, up to tip, that removed line from the file at path: a parent has the
// line and the commit has it fewer times. With an empty line, or when no commit removed it, it is the newest commit that
// changed or removed the file at all. line has no line feed.
func (r *Repo) ChangedSince(ctx context.Context, base, tip, path, line string) (CommitInfo, bool) {
	var removed, changed *commit
	for _, c := range r.between(ctx, base, tip) {
		if len(c.parents) != 1 {
			continue
		}
		parent, err := r.commit(c.parents[0])
		if err != nil {
			break
		}
		before, had := (&Tree{src: r, root: parent.tree}).find(path)
		after, has := (&Tree{src: r, root: c.tree}).find(path)
		if had == has && before.id == after.id {
			continue
		}
		if changed == nil {
			changed = c
		}
		if line == "" || !had {
			continue
		}
		if r.countLine(before, true, line) > r.countLine(after, has, line) {
			removed = c
			break
		}
	}
	switch {
	case removed != nil:
		return removed.info(), true
	case changed != nil:
		return changed.info(), true
	}
	return CommitInfo{}, false
}

func (r *Repo) countLine(e treeEntry, there bool, line string) int {
	if !there || e.mode == modeTree || e.mode == modeGitlink {
		return 0
	}
	data, err := r.blob(e.id)
	if err != nil {
		return 0
	}
	n := 0
	for l := range bytes.SplitSeq(data, []byte("\n")) {
		if strings.TrimSuffix(string(l), "\r") == line {
			n++
		}
	}
	return n
}

// FindApplied finds the commit, among the last 500 up to tip, that brought the changes of a diff: the newest with the same
// patch id, else the oldest of the newest run of commits whose trees hold every new blob of files, provided that it brought
// at least one of them. Without files the patch id alone decides, as for a patch that only its id names. ok is false when
// there is none.
func (r *Repo) FindApplied(ctx context.Context, tip, patchID string, files []patch.File) (CommitInfo, bool) {
	t, valid := parseID(tip)
	if !valid || len(files) == 0 && patchID == "" {
		return CommitInfo{}, false
	}
	var same, holding *commit
	run := len(files) > 0
	r.ancestors(ctx, t, foundReach, func(_ int, c *commit) bool {
		if patchID != "" && (len(files) == 0 || r.touched(c, files) == len(files)) && r.patchID(c) == patchID {
			same = c
			return false
		}
		if run {
			if run = r.has(c, files); run {
				holding = c
			}
		}
		return true
	})
	switch {
	case same != nil:
		return same.info(), true
	case holding != nil && r.touched(holding, files) > 0:
		return holding.info(), true
	}
	return CommitInfo{}, false
}

// FindMessage finds the newest commit, among the last 500 up to tip, that names a mail by its Message-ID, without brackets, in a
// line "Message-ID:" of its message, or as the end of a "Link:". ok is false when there is none.
func (r *Repo) FindMessage(ctx context.Context, tip, id string) (CommitInfo, bool) {
	t, valid := parseID(tip)
	if !valid || id == "" {
		return CommitInfo{}, false
	}
	var found *commit
	r.ancestors(ctx, t, foundReach, func(_ int, c *commit) bool {
		if namesMail(c.message, id) {
			found = c
		}
		return found == nil
	})
	if found == nil {
		return CommitInfo{}, false
	}
	return found.info(), true
}

// namesMail reports whether a commit message names a mail.
func namesMail(message, id string) bool {
	for line := range strings.Lines(message) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch {
		case !ok:
		case strings.EqualFold(key, "Message-Id") && strings.Trim(value, "<>") == id:
			return true
		case strings.EqualFold(key, "Link"):
			if plain, err := url.PathUnescape(value); err == nil {
				value = plain
			}
			if rest, found := strings.CutSuffix(strings.TrimSuffix(strings.TrimRight(value, "/"), ">"), id); found && strings.ContainsAny(rest[max(len(rest)-1, 0):], "/<") {
				return true
			}
		}
	}
	return false
}

// has tells whether the tree of c is as files would leave it.
func (r *Repo) has(c *commit, files []patch.File) bool {
	tree := &Tree{src: r, root: c.tree}
	for _, f := range files {
		e, there := tree.find(f.Path)
		if f.Status == patch.StatusDeleted {
			if there {
				return false
			}
			continue
		}
		const shortest = 7
		if !there || len(f.NewBlob) < shortest || !strings.HasPrefix(e.id.String(), strings.ToLower(f.NewBlob)) {
			return false
		}
	}
	return true
}

// touched counts the paths of files that c changed against its first parent.
func (r *Repo) touched(c *commit, files []patch.File) int {
	old := emptyTree
	if len(c.parents) > 0 {
		parent, err := r.commit(c.parents[0])
		if err != nil {
			return 0
		}
		old = parent.tree
	}
	before, after := &Tree{src: r, root: old}, &Tree{src: r, root: c.tree}
	n := 0
	for _, f := range files {
		a, had := before.find(f.Path)
		b, has := after.find(f.Path)
		if had != has || a.id != b.id || a.mode != b.mode {
			n++
		}
	}
	return n
}

// patchID is the patch id of what c changed, empty for a merge and when it cannot be told.
func (r *Repo) patchID(c *commit) string {
	if len(c.parents) > 1 {
		return ""
	}
	if id, ok := r.patchIDs.get(c.id); ok {
		return id
	}
	diff, err := r.commitDiff(c)
	if err != nil {
		return ""
	}
	id := patch.PatchID(diff)
	r.patchIDs.put(c.id, id, int64(len(id)))
	return id
}
