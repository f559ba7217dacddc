package patch

import (
	"strings"
	"testing"
)

func TestWithPrefixes(t *testing.T) {
	for _, test := range []struct{ name, diff, want string }{
		{"edit", "text\ndiff --git d/x.md d/x.md\nindex 1..2 100644\n--- d/x.md\n+++ d/x.md\n@@ -1 +1 @@\n-d/x.md\n+--- d/x.md\n",
			"text\ndiff --git a/d/x.md b/d/x.md\nindex 1..2 100644\n--- a/d/x.md\n+++ b/d/x.md\n@@ -1 +1 @@\n-d/x.md\n+--- d/x.md\n"},
		{"new", "diff --git x.md x.md\nnew file mode 100644\n--- /dev/null\n+++ x.md\n@@ -0,0 +1 @@\n+x\n",
			"diff --git a/x.md b/x.md\nnew file mode 100644\n--- /dev/null\n+++ b/x.md\n@@ -0,0 +1 @@\n+x\n"},
		{"directory a", "diff --git a/x.md a/x.md\r\n--- a/x.md\r\n+++ a/x.md\r\n@@ -1 +1 @@\r\n-x\r\n+y\r\n",
			"diff --git a/a/x.md b/a/x.md\r\n--- a/a/x.md\r\n+++ b/a/x.md\r\n@@ -1 +1 @@\r\n-x\r\n+y\r\n"},
		{"rename", "diff --git x.md d/y z.md\nsimilarity index 100%\nrename from x.md\nrename to d/y z.md\n",
			"diff --git a/x.md b/d/y z.md\nsimilarity index 100%\nrename from x.md\nrename to d/y z.md\n"},
		{"blanks", "diff --git a b.md a b.md\n--- a b.md\t\n+++ a b.md\t\n@@ -1 +1 @@\n-x\n+y\n",
			"diff --git a/a b.md b/a b.md\n--- a/a b.md\t\n+++ b/a b.md\t\n@@ -1 +1 @@\n-x\n+y\n"},
		{"quoted", "diff --git \"\\303\\251.md\" \"\\303\\251.md\"\nold mode 100644\nnew mode 100755\n", "diff --git \"a/\\303\\251.md\" \"b/\\303\\251.md\"\nold mode 100644\nnew mode 100755\n"},
		{"usual", "diff --git a/x.md b/x.md\n--- a/x.md\n+++ b/x.md\n@@ -1 +1 @@\n-x\n+y\n", ""},
		{"mnemonic", "diff --git i/x.md w/x.md\n--- i/x.md\n+++ w/x.md\n@@ -1 +1 @@\n-x\n+y\n", ""},
		{"no diff", "diff --git x\n", ""},
	} {
		got, lacked := WithPrefixes(test.diff)
		if lacked != (test.want != "") || lacked && got != test.want || !lacked && got != test.diff {
			t.Errorf("%s: %v\n%s", test.name, lacked, got)
		}
	}
}

func TestWithCR(t *testing.T) {
	diff := "diff --git a/x.ics b/x.ics\n--- a/x.ics\n+++ b/x.ics\n@@ -1,2 +1,2 @@\n BEGIN\n-A\n+B\n\\ No newline at end of file\ndiff --git a/y.md b/y.md\n--- a/y.md\n+++ b/y.md\n@@ -1 +1 @@\n-A\n+B\n-- \n"
	got, first := WithCR(diff, func(f File) bool { return strings.HasSuffix(f.Path, ".ics") })
	want := strings.Replace(diff, " BEGIN\n-A\n+B\n\\", " BEGIN\r\n-A\r\n+B\n\\", 1)
	if got != want || first != "x.ics" {
		t.Errorf("first %q\n%q\nwant\n%q", first, got, want)
	}
	if again, first := WithCR(got, func(File) bool { return true }); first != "y.md" || strings.Contains(again, "\r\r") {
		t.Errorf("a second time: %q %q", first, again)
	}
	for text, want := range map[string]bool{"": false, "a\r\n": true, "a\r\nb\r\nc\n": true, "a\r\nb\n": false, "a\n": false} {
		if EndsInCR([]byte(text)) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
