package repo

import (
	"reflect"

	"github.com/go-git/go-git/v5/plumbing"

	"patchbot/internal/patch"
)

// attempt is how one diff ended on the current tree.
type attempt struct {
	tree    plumbing.Hash
	how     How
	offset  int  // of the hunk that moved most
	already bool // the merge changed nothing: git am -3 skips the mail
	failure *failure
	// sensitive: texts were merged or compared, where the variants of git may differ.
	sensitive bool
}

// same tells whether two attempts come to the same for a maintainer.
func (a attempt) same(b attempt) bool {
	return (a.failure == nil) == (b.failure == nil) && (a.failure != nil || a.tree == b.tree)
}

// tryVariants tries a diff as the gits do that were asked for. Of both, a failure counts; when none fails, the older one.
func (r *run) tryVariants(diff []byte) (result attempt, depends bool, err error) {
	if r.options.Merge != MergeBoth {
		result, err = r.try(diff, r.options.Merge)
		return result, false, err
	}
	if result, err = r.try(diff, MergeRecursive); err != nil {
		return result, false, err
	}
	if !result.sensitive && !r.ambiguous(diff) {
		return result, false, nil
	}
	other, err := r.try(diff, MergeOrt)
	if err != nil {
		return result, false, err
	}
	depends = !result.same(other)
	if result.failure == nil && other.failure != nil {
		result = other
	}
	return result, depends, nil
}

// ambiguous tells whether the gits read a diff differently.
func (r *run) ambiguous(diff []byte) bool {
	a, badA := patch.ReadDialect(diff, r.options.Limits, patch.Git239)
	b, badB := patch.ReadDialect(diff, r.options.Limits, patch.Git250)
	return (badA == nil) != (badB == nil) || !reflect.DeepEqual(a, b)
}

func (v MergeVariant) dialect() patch.Dialect {
	if v == MergeOrt {
		return patch.Git250
	}
	return patch.Git239
}

// try applies a diff to the current tree as one git does, with the three-way fall-back unless plain git am was asked for.
func (r *run) try(diff []byte, v MergeVariant) (attempt, error) {
	entries, bad := patch.ReadDialect(diff, r.options.Limits, v.dialect())
	if bad != nil {
		return attempt{failure: syntaxFailure(bad)}, nil
	}
	plain, err := r.plain(entries)
	if err != nil || plain.failure == nil || r.options.Plain || plain.failure.status == StatusTooLarge {
		return plain, err
	}
	merged, err := r.threeWay(diff, v)
	if err != nil {
		return merged, err
	}
	switch {
	case merged.failure == nil:
	case plain.failure.status != StatusConflict:
		merged.failure = plain.failure
	case merged.failure.status == StatusNoBase:
		merged.failure = baseless(plain.failure, merged.failure)
	}
	return merged, nil
}

// baseless is a failure for want of a base, shown at the place where the diff did not apply to the current tree: an author
// can look at that, and not at a version that nobody has.
func baseless(plain, merged *failure) *failure {
	f := *plain
	f.status, f.Detail = merged.status, merged.Detail
	if f.Reason == "hunk" {
		f.Reason = merged.Reason
	}
	return &f
}

func syntaxFailure(bad *patch.SyntaxError) *failure {
	f := &failure{Failure{Line: bad.Line, Reason: "syntax", Detail: bad.Error()}, StatusCorrupt}
	if bad.TooLarge {
		f.status, f.Reason = StatusTooLarge, "too-large"
	}
	return f
}

// plain applies entries without fall-back.
func (r *run) plain(entries []*patch.Entry) (attempt, error) {
	index := newDraft(r, r.at)
	a := applier{src: r, index: index, keep: r.keepBlob, limits: r.options.Limits, disk: true}
	f, err := a.apply(entries)
	if f != nil || err != nil {
		return attempt{failure: f}, err
	}
	how := HowExact
	if a.offset != 0 {
		how = HowOffset
	}
	return attempt{tree: r.write(index), how: how, offset: a.offset}, nil
}

// write keeps the changed directories of a draft.
func (r *run) write(index *draft) plumbing.Hash {
	return index.write(func(t []byte) plumbing.Hash { return r.keep(plumbing.TreeObject, t) })
}
