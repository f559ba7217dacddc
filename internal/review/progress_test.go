package review

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbot/internal/checks"
	"patchbot/internal/repo"
)

func TestProgress(t *testing.T) {
	finding := func(rule, source string, line int) Finding {
		return Finding{Finding: checks.Finding{Rule: rule, Source: source, Line: line, Severity: checks.Error}}
	}
	before := posted(1, "Pages", "a: Write", "b: Write", "c: Write")
	before.Findings = []Finding{finding("x", "same line", 1), finding("x", "same line", 9), finding("y", "gone", 2), finding("y", "reworded", 3)}
	now := posted(2, "Pages", "a: Write", "b: Write", "d: Write")
	now.Series.Parts[1].PatchID, now.Series.Parts[2].PatchID = "other", "another"
	now.Findings = []Finding{finding("x", "  same   line", 40), finding("z", "new", 1)}
	want := &Progress{Since: 1, Before: 4, Resolved: 3, Dropped: 1, Parts: []Change{{1, "same"}, {2, "changed"}, {3, "new"}}}
	if diff := cmp.Diff(want, progress(before, now)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if progress(nil, now) != nil {
		t.Error("progress without a version before")
	}
	now.Series.Missing = []int{2}
	if progress(before, now) != nil {
		t.Error("progress of an incomplete series")
	}
	now.Series.Missing, now.Apply.Status = nil, repo.StatusConflict
	if p := progress(before, now); p == nil || p.Before != 0 || len(p.Parts) != 3 {
		t.Errorf("what did not apply resolves nothing: %+v", p)
	}
}

// A reordered series is unchanged; a single patch with a new title is the old one, changed.
func TestComparePartsOf(t *testing.T) {
	part := func(index int, title, id string) Part { return Part{Index: index, Subject: title, PatchID: id} }
	changes, dropped := comparePartsOf([]Part{part(1, "a", "1"), part(2, "b", "2")}, []Part{part(1, "b", "2"), part(2, "a", "1")})
	if diff := cmp.Diff([]Change{{1, "same"}, {2, "same"}}, changes); diff != "" || dropped != 0 {
		t.Errorf("reordered, %d dropped:\n%s", dropped, diff)
	}
	changes, dropped = comparePartsOf([]Part{part(1, "a", "1")}, []Part{part(1, "better", "2")})
	if diff := cmp.Diff([]Change{{1, "changed"}}, changes); diff != "" || dropped != 0 {
		t.Errorf("new title, %d dropped:\n%s", dropped, diff)
	}
}
