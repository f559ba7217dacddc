package patch

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseDiff(t *testing.T) {
	const hunk = "@@ -3,2 +3,2 @@ heading\n context\n-old\n+new\r\n"
	lines := []string{" context", "-old", "+new\r"}
	for _, test := range []struct {
		name, diff string
		want       []File
		fails      bool
	}{
		{"change", "diff --git a/x.md b/x.md\nindex 1111111..2222222 100644\n--- a/x.md\n+++ b/x.md\n" + hunk, []File{{
			Path: "x.md", Status: StatusModified, OldMode: 0o100644, OldBlob: "1111111", NewBlob: "2222222",
			Hunks: []Hunk{{3, 2, 3, 2, lines}},
		}}, false},
		{"text around, quoted name", "Why.\n@@ -1 +1 @@\n---\n stat\n\ndiff --git \"a/\\303\\251.md\" \"b/\\303\\251.md\"\nnew file mode 100644\nindex 0000000..2222222\n--- /dev/null\n+++ \"b/\\303\\251.md\"\n@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n-- \n2.39.5\n", []File{{
			Path: "é.md", Status: StatusAdded, NewMode: 0o100644, OldBlob: "0000000", NewBlob: "2222222", Hunks: []Hunk{{0, 0, 1, 1, []string{"+a"}}},
		}}, false},
		{"deletion", "diff --git a/x.md b/x.md\ndeleted file mode 100644\nindex 1111111..0000000\n--- a/x.md\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n", []File{{
			Path: "x.md", Status: StatusDeleted, OldMode: 0o100644, OldBlob: "1111111", NewBlob: "0000000", Hunks: []Hunk{{1, 1, 0, 0, []string{"-a"}}},
		}}, false},
		{"copy", "diff --git a/x b/y\nsimilarity index 100%\ncopy from x\ncopy to y\n", []File{{Path: "y", OldPath: "x", Status: StatusCopied}}, false},
		{"one bad file among good ones", "diff --git a/x b/x\nindex 1111111..2222222 100644\n--- a/x\n+++ b/x\n@@ -1,9 +1 @@\n-a\ndiff --git a/y b/y\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n", []File{
			{Path: "x", Status: StatusModified, OldMode: 0o100644, OldBlob: "1111111", NewBlob: "2222222"},
			{Path: "y", Status: StatusModified, Hunks: []Hunk{{1, 1, 1, 1, []string{"-a", "+b"}}}},
		}, true},
		{"a header no parser takes", "diff --git a/x b/x\nsimilarity index x%\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", []File{{Path: "x", Status: StatusModified}}, true},
		{"nothing", "no diff here\n", nil, false},
	} {
		got, err := ParseDiff([]byte(test.diff))
		if (err != nil) != test.fails {
			t.Errorf("%s: error %v", test.name, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", test.name, diff)
		}
	}
}

// TestParseDiffBoundsHunks names the files beyond the limit without keeping their lines.
func TestParseDiffBoundsHunks(t *testing.T) {
	header := "diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n"
	diff := header + "@@ -0,0 +1,100001 @@\n" + strings.Repeat("+\n", 100_001) + strings.ReplaceAll(header, "/x", "/y") + "@@ -0,0 +1 @@\n+a\n"
	files, err := ParseDiff([]byte(diff))
	if err != nil || len(files) != 2 || len(files[0].Hunks) != 0 || files[0].Status != StatusAdded || files[1].Path != "y" {
		t.Errorf("%v, error %v", files, err)
	}
}

func TestUnflow(t *testing.T) {
	const diff = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,5 +1,5 @@\n context\n \n-old and long\n+new and long with a blank \n  indented\n >quote\n"
	stuffed := strings.NewReplacer("\n ", "\n  ").Replace(diff)
	for _, test := range []struct {
		name, sent string
		delSp      bool
	}{
		{"untouched", diff, false},
		{"stuffed", stuffed, false},
		{"stuffed and broken", strings.Replace(stuffed, "-old and long", "-old and \nlong", 1), false},
		{"delsp", strings.Replace(stuffed, "-old and long", "-old an \nd long", 1), true},
		{"broken, not stuffed", strings.Replace(diff, "-old and long", "-old \nand \nlong", 1), false},
		{"broken before a sign", strings.Replace(strings.Replace(stuffed, " with a blank ", "", 1), "-old and long", "-old \n- and long", 1), false},
	} {
		want := diff
		if test.name == "broken before a sign" {
			want = strings.Replace(strings.Replace(diff, " with a blank ", "", 1), "-old and long", "-old - and long", 1)
		}
		got, ok := unflow(test.sent, test.delSp)
		if !ok || got != want {
			t.Errorf("%s: repaired %t\n%q, want\n%q", test.name, ok, got, want)
		}
	}
	if _, ok := unflow(strings.Replace(diff, "-old and long", "-old and\nlong", 1), false); ok {
		t.Error("a hard break was taken for a soft one")
	}
}

func TestTrailers(t *testing.T) {
	for _, test := range []struct {
		message string
		want    []Trailer
	}{
		{"Text.\n\nSigned-off-by: A <a@example.org>\nFixes: x\n  y\n", []Trailer{{"Signed-off-by", "A <a@example.org>"}, {"Fixes", "x y"}}},
		{"Signed-off-by: A\r\n", []Trailer{{"Signed-off-by", "A"}}},
		{"One: a\n\nTwo: b\n\n", []Trailer{{"One", "a"}, {"Two", "b"}}},
		{"Text: not a trailer\nsince this is prose\n\nhttps://example.org\n", nil},
		{"https://example.org/x\n", nil},
		{"Empty:\n", nil},
		{"", nil},
	} {
		if diff := cmp.Diff(test.want, parseTrailers(test.message)); diff != "" {
			t.Errorf("%q: -want +got\n%s", test.message, diff)
		}
	}
}

func TestRef(t *testing.T) {
	for ref, want := range map[string]string{
		"a@b": "a@b",
		"https://lists.sr.ht/~etalab/logiciels-libres/%3C20221123-1-a@example.org%3E":     "20221123-1-a@example.org",
		"https://lists.sr.ht/~etalab/logiciels-libres/%3C20221123-1-a%40example.org%3E#x": "20221123-1-a@example.org",
		"https://lore.example.org/list/20221123-1-a@example.org/T/#u":                     "20221123-1-a@example.org",
		"https://lists.sr.ht/~etalab/logiciels-libres/patches/812":                        "",
		"https://user@example.org/": "",
		"https://example.org/%zz":   "",
		"https://inbox.example.org/all/cover.1650000000.git.a%2Bb@example.org/1-raw.txt?x=y": "cover.1650000000.git.a+b@example.org",
	} {
		if got := Ref(ref); got != want {
			t.Errorf("Ref(%q) = %q, want %q", ref, got, want)
		}
	}
}

// TestDamageIsTheMailers tells what a mailer broke from what a person edited.
func TestDamageIsTheMailers(t *testing.T) {
	const head = "diff --git a/x b/x\n--- a/x\n+++ b/x\n"
	for _, test := range []struct {
		name, diff string
		damage     Damage
		line       int
		whole      bool
	}{
		{"whole", head + "@@ -1,2 +1,2 @@\n a\n-b\n+c\n-- \n2.39.5\n", "", 0, true},
		{"blank of an empty context line lost", head + "@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n", "", 0, true},
		{"a line too many announced, at the end", head + "@@ -1,3 +1,3 @@\n a\n-b\n+c\n-- \n2.39.5\n", "", 0, false},
		{"a line too many announced, before a hunk", head + "@@ -1,3 +1,3 @@\n a\n-b\n+c\n@@ -9 +9 @@\n-b\n+c\n", "", 0, false},
		{"a line too few announced", head + "@@ -1 +1 @@\n a\n-b\n+c\n", "", 0, true},
		{"cut off", head + "@@ -1,9 +1,9 @@\n a\n", "", 0, false},
		{"wrapped", head + "@@ -1,2 +1,2 @@\n a long\nline\n-b\n+c\n", DamageWrapped, 6, false},
		{"no-break space", head + "@@ -1,2 +1,2 @@\n\u00a0a\n-b\n+c\n", DamageBlanks, 5, false},
	} {
		o := outlineOf(test.diff)
		if o.damage != test.damage || o.line != test.line || o.whole() != test.whole {
			t.Errorf("%s: damage %q at line %d, whole %t", test.name, o.damage, o.line, o.whole())
		}
	}
}
