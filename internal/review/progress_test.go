package review

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbot/internal/checks"
	"patchbot/internal/patch"
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
	want := &Progress{Since: 1, Before: 4, Resolved: 3, Dropped: 1, Gone: []string{"c: Write"},
		Parts: []Change{{Index: 1, What: "same"}, {Index: 2, What: "changed"}, {Index: 3, What: "new"}}}
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

// TestComparePartsOf has parts keep their identity through a rebase, a new order, a new title and a new text.
func TestComparePartsOf(t *testing.T) {
	part := func(index int, title, id string, files ...string) Part {
		p := Part{Index: index, Subject: title, Message: title + "\n", PatchID: id}
		for i := 0; i+1 < len(files); i += 2 {
			p.Files, p.Diffs = append(p.Files, File{Path: files[i]}), append(p.Diffs, files[i+1])
		}
		return p
	}
	for _, test := range []struct {
		name        string
		before, now []Part
		want        []Change
		gone        []string
	}{
		{"reordered", []Part{part(1, "a", "1"), part(2, "b", "2")}, []Part{part(1, "b", "2"), part(2, "a", "1")},
			[]Change{{Index: 1, What: "same", Was: "2/2"}, {Index: 2, What: "same", Was: "1/2"}}, nil},
		{"a single patch with a new title", []Part{part(1, "a", "1")}, []Part{part(1, "better", "2")}, []Change{{Index: 1, What: "changed", Message: true}}, nil},
		{"the same with another message", []Part{part(1, "a", "1")}, []Part{part(1, "better", "1")}, []Change{{Index: 1, What: "same", Message: true}}, nil},
		{"one file of three", []Part{part(1, "a", "1", "x.md", "1", "y.md", "1", "z.md", "1")}, []Part{part(1, "a", "2", "x.md", "1", "y.md", "2", "new.md", "1")},
			[]Change{{Index: 1, What: "changed", Files: []string{"new.md", "y.md", "z.md"}}}, nil},
		{"only lines around it", []Part{part(1, "a", "1", "x.md", "1")}, []Part{part(1, "a", "2", "x.md", "1")}, []Change{{Index: 1, What: "changed"}}, nil},
		{"new title and content, same file", []Part{part(1, "a", "1", "x.md", "1"), part(2, "b", "2", "y.md", "1")}, []Part{part(1, "a", "1", "x.md", "1"), part(2, "c", "3", "y.md", "2")},
			[]Change{{Index: 1, What: "same"}, {Index: 2, What: "changed", Message: true, Files: []string{"y.md"}}}, nil},
		{"one dropped", []Part{part(1, "a", "1", "x.md", "1"), part(2, "b", "2", "y.md", "1")}, []Part{part(1, "b", "2", "y.md", "1")},
			[]Change{{Index: 1, What: "same", Was: "2/2"}}, []string{"a"}},
		{"one added", []Part{part(1, "a", "1")}, []Part{part(1, "n", "3"), part(2, "a", "1")}, []Change{{Index: 1, What: "new"}, {Index: 2, What: "same", Was: "1/1"}}, nil},
	} {
		got, gone := comparePartsOf(&Series{Parts: test.before, Total: len(test.before)}, &Series{Parts: test.now, Total: len(test.now)})
		if diff := cmp.Diff(test.want, got); diff != "" || !slices.Equal(gone, test.gone) {
			t.Errorf("%s: %q gone:\n%s", test.name, gone, diff)
		}
	}
}

// A rebase changes where lines stand and what is around them, and nothing that the author did.
func TestDiffDigest(t *testing.T) {
	file := func(line int, lines ...string) *patch.File {
		return &patch.File{Path: "x.md", Status: patch.StatusModified, Hunks: []patch.Hunk{{OldLine: line, NewLine: line, Lines: lines}}}
	}
	first := diffDigest(file(3, " around", "-old", "+new"))
	if other := diffDigest(file(30, " elsewhere", "-old", "+new", " ")); other != first {
		t.Error("a rebase counts as a change")
	}
	for _, other := range []*patch.File{file(3, " around", "-old", "+newer"), {Path: "x.md", Status: patch.StatusAdded}, {Path: "x.md", Binary: true, NewBlob: "1"}} {
		if diffDigest(other) == first {
			t.Errorf("%+v has the same digest", other)
		}
	}
}

// TestChangeLines holds long series and strange paths to a line for each part, and to the width of a mail.
func TestChangeLines(t *testing.T) {
	r := second()
	for i := 3; i <= 60; i++ {
		p := r.Series.Parts[0]
		p.Index = i
		r.Series.Parts = append(r.Series.Parts, p)
		c := Change{Index: i, What: "same"}
		if i%3 == 0 {
			c.What, c.Files = "changed", []string{strings.Repeat("très long/", 9) + "\u202Ex.md", "b.md"}
		}
		r.Progress.Parts = append(r.Progress.Parts, c)
	}
	r.Series.Total, r.Progress.Gone, r.Progress.Dropped = 60, []string{strings.Repeat("gone ", 30)}, 1
	text, err := translator(t).Render(r, RenderOptions{Lang: French})
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(text.Body, "Depuis la v1")
	part, _, _ = strings.Cut(part, "\n\n")
	lines := strings.Split(part, "\n")
	if len(lines) < 10 || len(lines) > 18 {
		t.Errorf("%d lines:\n%s", len(lines), part)
	}
	for _, line := range lines {
		if columns(line) > proseWidth || strings.ContainsRune(line, '\u202E') {
			t.Errorf("%d columns: %q", columns(line), line)
		}
	}
}
