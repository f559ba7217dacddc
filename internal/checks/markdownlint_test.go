package checks

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"unicode/utf16"

	"patchbot/internal/wiki"
)

// mdPlace is where markdownlint reports: a line, and for most findings a column and a length in UTF-16 units. The file
// testdata/markdownlint/expected.json holds what markdownlint 0.42.1 says of the pages beside it and of every version of
// every page of the sample wiki (by blob id), with its defaults but for MD059, whose list of texts is ours.
type mdPlace struct {
	rule         string
	line         int
	column, size int // 0 when it gives no range
}

func (m *mdPlace) UnmarshalJSON(raw []byte) error {
	var list []any
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	m.rule = list[0].(string)
	m.line = int(list[1].(float64))
	if len(list) == 4 {
		m.column, m.size = int(list[2].(float64)), int(list[3].(float64))
	}
	return nil
}

// knownDifferences are findings where we differ on purpose.
var knownDifferences = map[string]map[mdPlace]string{
	"references.md": {
		{"MD052", 6, 30, 9}: "a label around code is no less undefined",
		{"MD052", 6, 10, 6}: "[a][b][c] is said of [a][b]",
		{"MD052", 6, 10, 9}: "[a][b][c] is said of [a][b]",
	},
}

// numbered are the rules that are markdownlint's, by id.
func numbered() map[string]string {
	ids := map[string]string{}
	for _, r := range All() {
		for _, a := range r.Aliases {
			if a != "MD051" && a != "MD033" { // replaced by rules that know the host
				ids[r.ID] = a
			}
		}
	}
	return ids
}

// mdSet is the rule of near links alone, which silences others, or all other numbered rules.
func mdSet(t testing.TB, near bool) *Set {
	var ids []string
	for id := range numbered() {
		if (id == nearLink.ID) == near {
			ids = append(ids, id)
		}
	}
	set, err := defaults(t).Only(ids...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestMarkdownlint(t *testing.T) {
	raw, err := os.ReadFile("testdata/markdownlint/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][]mdPlace
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	pages := map[string][]byte{}
	files, _ := filepath.Glob("testdata/markdownlint/*.md")
	for _, f := range files {
		if pages[filepath.Base(f)], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	h := sampleHistory(t)
	for _, tree := range h.trees {
		for p, data := range tree.files {
			if wiki.IsPage(p) {
				pages[blobID(data)] = data
			}
		}
	}
	compared := 0
	for name, src := range pages {
		expected, ok := want[name]
		if !ok && filepath.Ext(name) == ".md" {
			t.Errorf("%s: no expectation", name)
		}
		compared += len(expected)
		compareMarkdownlint(t, name, src, expected)
	}
	if len(pages) < 400 || compared < 200 {
		t.Errorf("compared only %d findings on %d pages", compared, len(pages))
	}
}

func compareMarkdownlint(t *testing.T, name string, src []byte, want []mdPlace) {
	t.Helper()
	host, _ := wiki.HostByName("github")
	md := wiki.ReadPage(src, host)
	var got []mdPlace
	numbers := numbered()
	for _, set := range []*Set{mdSet(t, true), mdSet(t, false)} {
		findings, err := Lint(set, LintInput{Tree: newTree(map[string][]byte{"page.md": src}), Host: host})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			if f.Rule == nearLink.ID && f.Message.ID != "near-link.reversed" {
				continue
			}
			start, end := unit(md, f.Line, f.Column), unit(md, f.EndLine, f.EndColumn)
			if f.EndLine != f.Line {
				end = start
			}
			got = append(got, mdPlace{numbers[f.Rule], f.Line, start, end - start})
		}
	}
	got = subtract(got, &want)
	for i := range got { // those for which markdownlint gives a line alone
		line := mdPlace{rule: got[i].rule, line: got[i].line}
		if j := slices.Index(want, line); j >= 0 {
			want = slices.Delete(want, j, j+1)
			got[i].rule = ""
		}
	}
	for _, g := range got {
		if knownDifferences[name][g] == "" && g.rule != "" {
			t.Errorf("%s: %+v is said by us alone", name, g)
		}
	}
	for _, w := range want {
		if knownDifferences[name][w] == "" {
			t.Errorf("%s: %+v is said by markdownlint alone", name, w)
		}
	}
}

// subtract removes from both lists what they have in common.
func subtract(got []mdPlace, want *[]mdPlace) []mdPlace {
	var rest []mdPlace
	for _, g := range got {
		if j := slices.Index(*want, g); j >= 0 {
			*want = slices.Delete(*want, j, j+1)
			continue
		}
		rest = append(rest, g)
	}
	return rest
}

// unit turns a column in code points into one in UTF-16 units.
func unit(md *wiki.Page, line, column int) int {
	n := 1
	for i, r := range []rune(string(md.Line(line))) {
		if i+1 >= column {
			break
		}
		n += utf16.RuneLen(r)
	}
	return n
}
