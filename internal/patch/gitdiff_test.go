package patch

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// summary describes an entry in one line.
func summary(e *Entry) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%q -> %q", e.OldName, e.NewName)
	for _, w := range []struct {
		set  bool
		word string
	}{
		{e.New == Yes, "new"}, {e.New == Unknown, "perhaps new"}, {e.Deleted == Yes, "deleted"}, {e.Deleted == Unknown, "perhaps deleted"},
		{e.Renamed, "renamed"}, {e.Copied, "copied"}, {e.Binary, "binary"},
	} {
		if w.set {
			s.WriteString(" " + w.word)
		}
	}
	if e.OldMode != 0 || e.NewMode != 0 {
		fmt.Fprintf(&s, " mode %o:%o", e.OldMode, e.NewMode)
	}
	if e.OldID != "" || e.NewID != "" {
		fmt.Fprintf(&s, " id %s:%s", e.OldID, e.NewID)
	}
	for _, f := range e.Fragments {
		fmt.Fprintf(&s, " @%d,%d+%d,%d(%d,%d)", f.OldPos, f.OldLines, f.NewPos, f.NewLines, f.Leading, f.Trailing)
	}
	return s.String()
}

// TestReadDiff has what git apply makes of diffs, good and bad. Where git is at hand it must accept the same ones.
func TestReadDiff(t *testing.T) {
	const hunk = "@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
	tests := []struct {
		name, diff string
		want       []string
		line       int // of the refusal
	}{
		{"git diff", "diff --git a/x b/x\nindex 12..34 100644\n--- a/x\n+++ b/x\n" + hunk, []string{`"x" -> "x" mode 100644:0 id 12:34 @1,2+1,2(1,0)`}, 0},
		{"text around", "Text.\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n" + hunk + "-- \n2.39.5\n\nfooter\n", []string{`"x" -> "x" @1,2+1,2(1,0)`}, 0},
		{"directories", "diff --git a/d/e/x b/d/e/x\n--- a/d/e/x\n+++ b/d/e/x\n" + hunk, []string{`"d/e/x" -> "d/e/x" @1,2+1,2(1,0)`}, 0},
		{"name with blanks", "diff --git a/a b/c d b/a b/c d\nold mode 100644\nnew mode 100755\n", []string{`"a b/c d" -> "a b/c d" mode 100644:100755`}, 0},
		{"quoted name", `diff --git "a/caf\303\251" "b/caf\303\251"` + "\n--- \"a/caf\\303\\251\"\n+++ \"b/caf\\303\\251\"\n" + hunk, []string{`"café" -> "café" @1,2+1,2(1,0)`}, 0},
		{"one name quoted", "diff --git a/x \"b/x\"\nold mode 100644\nnew mode 100755\n", []string{`"x" -> "x" mode 100644:100755`}, 0},
		{"bad escape", "diff --git \"a/\\x\" \"b/\\x\"\nold mode 100644\nnew mode 100755\n", nil, 1},
		{"tab after the name", "diff --git a/x y b/x y\n--- a/x y\t\n+++ b/x y\t\n" + hunk, []string{`"x y" -> "x y" @1,2+1,2(1,0)`}, 0},
		{"new", "diff --git a/x b/x\nnew file mode 100755\nindex 0000..1234\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n", []string{`"" -> "x" new mode 0:100755 id 0000:1234 @0,0+1,1(0,0)`}, 0},
		{"new and empty", "diff --git a/x b/x\nnew file mode 100644\n", []string{`"" -> "x" new mode 0:100644`}, 0},
		{"deleted", "diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n", []string{`"x" -> "" deleted mode 100644:0 @1,1+0,0(0,0)`}, 0},
		{"rename", "diff --git a/x b/d/y\nsimilarity index 100%\nrename from x\nrename to d/y\n", []string{`"x" -> "d/y" renamed`}, 0},
		{"copy", "diff --git a/x b/y\ncopy from x\ncopy to y\n", []string{`"x" -> "y" copied`}, 0},
		{"several", "diff --git a/x b/x\nold mode 100644\nnew mode 100755\ndiff --git a/y b/y\n--- a/y\n+++ b/y\n" + hunk, []string{`"x" -> "x" mode 100644:100755`, `"y" -> "y" @1,2+1,2(1,0)`}, 0},
		{"junk mode", "diff --git a/x b/x\nold mode 100644x\nnew mode 100755\n", nil, 2},
		{"no index form", "diff --git a/x b/x\nindex HEAD:x\n--- a/x\n+++ b/x\n" + hunk, []string{`"x" -> "x" @1,2+1,2(1,0)`}, 0},

		{"plain diff", "--- a/x\n+++ b/x\n" + hunk, []string{`"x" -> "x" @1,2+1,2(1,0)`}, 0},
		{"plain diff without prefix", "--- x\n+++ x\n" + hunk, []string{`"x" -> "x" @1,2+1,2(1,0)`}, 0},
		{"plain diff with dates", "--- a/x y\t2022-01-01 10:00:00.000000000 +0100\n+++ b/x y\t2022-01-02 10:00:00.000000000 +0100\n" + hunk, []string{`"x y" -> "x y" @1,2+1,2(1,0)`}, 0},
		{"plain creation", "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n", []string{`"" -> "x" new @0,0+1,1(0,0)`}, 0},
		{"plain creation by date", "--- a/x\t1970-01-01 01:00:00.000000000 +0100\n+++ b/x\t2022-01-02 10:00:00 +0100\n@@ -0,0 +1 @@\n+a\n", []string{`"" -> "x" new @0,0+1,1(0,0)`}, 0},
		{"plain, perhaps a creation", "--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+a\n", []string{`"x" -> "x" perhaps new @0,0+1,1(0,0)`}, 0},
		{"backup name", "--- a/x.orig\n+++ b/x\n" + hunk, []string{`"x" -> "x" @1,2+1,2(1,0)`}, 0},
		{"mark without a hunk", "--- a/x\n+++ b/x\ntext\n", nil, 1},

		{"binary", "diff --git a/x b/x\nindex 12..34 100644\nBinary files a/x and b/x differ\n", []string{`"x" -> "x" binary mode 100644:0 id 12:34`}, 0},
		{"binary data", "diff --git a/x b/x\nindex 12..34 100644\nGIT binary patch\nliteral 0\nHcmV?d00001\n\nliteral 0\nHcmV?d00001\n\n", []string{`"x" -> "x" binary mode 100644:0 id 12:34`}, 0},
		{"corrupt binary data", "diff --git a/x b/x\nindex 12..34 100644\nGIT binary patch\nliteral 0\nHcm~?d0000\n\n", nil, 5},
		{"unknown binary data", "diff --git a/x b/x\nindex 12..34 100644\nGIT binary patch\ndata\n", nil, 4},

		{"empty context line", "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n\n-b\n+c\n", []string{`"x" -> "x" @1,2+1,2(1,0)`}, 0},
		{"huge position", "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -99999999999999999999,2 +1,2 @@\n a\n-b\n+c\n", []string{`"x" -> "x" @18446744073709551615,2+1,2(1,0)`}, 0},
		{"signs", "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -+1,2 ++1,2 @@\n a\n-b\n+c\n", nil, 4},
		{"count too low", "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n a\n-b\n+c\n", nil, 6},
		{"count too high", "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n-b\n+c\n-- \n", nil, 9},
		{"nothing changed", "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n a\n", nil, 6},
		{"cut short", "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b", nil, 6},
		{"wrapped by a mailer", "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b and\nmore\n+c\n", nil, 7},
		{"hunk alone", hunk, nil, 1},
		{"nothing but a header", "diff --git a/x b/x\nindex 12..34 100644\n", nil, 3},
		{"new and deleted", "diff --git a/x b/x\nnew file mode 100644\ndeleted file mode 100644\n", nil, 3},
		{"two names", "diff --git a/x b/x\n--- a/y\n+++ b/x\n" + hunk, []string{`"y" -> "x" @1,2+1,2(1,0)`}, 0},
		{"rename of another file", "diff --git a/x b/y\nrename from x\nrename to y\n--- a/z\n+++ b/y\n" + hunk, nil, 4},
		{"no names", "diff --git x y\nindex 12..34 100644\n" + hunk, nil, 1},
		{"new file with old lines", "diff --git a/x b/x\nnew file mode 100644\n--- /dev/null\n+++ b/x\n" + hunk, nil, 9},
		{"deleted file with new lines", "diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n" + hunk, nil, 9},
		{"names of a header before", "diff --git a/y b/y\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n" + hunk, nil, 3},
		{"combined diff", "diff --cc x\nindex 1,2..3\n--- a/x\n+++ b/x\n@@@ -1 -1 +1 @@@\n--a\n++b\n", nil, 1},
		{"nothing", "just text\n", nil, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			entries, err := ReadDiff([]byte(tt.diff), DefaultLimits())
			if tt.name != "nothing but a header" { // which only really applying refuses
				askGitApply(t, tt.diff, tt.line == 0)
			}
			if tt.line != 0 {
				if err == nil || err.Line != tt.line {
					t.Fatalf("got %v, want an error in line %d", err, tt.line)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range entries {
				got = append(got, summary(e))
			}
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
			}
		})
	}
}

// askGitApply has git read a diff without applying it.
func askGitApply(t *testing.T, diff string, ok bool) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		return
	}
	c := exec.Command("git", "apply", "--numstat", "-")
	c.Dir = t.TempDir()
	c.Stdin = strings.NewReader(diff)
	if out, err := c.CombinedOutput(); (err == nil) != ok {
		t.Errorf("git says: %s", out)
	}
}

func TestReadDiffLimits(t *testing.T) {
	file := "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n"
	if _, err := ReadDiff([]byte(strings.Repeat(file, 4)), Limits{Files: 3}); err == nil || !err.TooLarge {
		t.Errorf("four files: %v", err)
	}
	hunk := "@@ -1 +1 @@\n-a\n+b\n"
	if _, err := ReadDiff([]byte("--- a/x\n+++ b/x\n"+strings.Repeat(hunk, 4)), Limits{Files: 3, Hunks: 3}); err == nil || !err.TooLarge {
		t.Errorf("four hunks: %v", err)
	}
}

func FuzzReadDiff(f *testing.F) {
	mails, err := filepath.Glob("testdata/mailinfo/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	old := []byte(strings.Repeat("a\nb\n\n", 4))
	for _, file := range mails {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, old)
	}
	f.Add([]byte("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n"), []byte("a\nb\n"))
	f.Add([]byte("--- a/x\n+++ b/x\n@@ -2,0 +3 @@\n+c\n"), []byte("a\nb"))
	limits := Limits{Files: 100, Hunks: 100, BlobBytes: 1 << 20, AllBytes: 1 << 20}
	f.Fuzz(func(t *testing.T, diff, old []byte) {
		entries, err := ReadDiff(diff, limits)
		if err != nil {
			if err.Line < 1 || err.Reason == "" {
				t.Fatalf("no place or reason: %+v", err)
			}
			return
		}
		for _, e := range entries {
			if e.OldName == "" && e.NewName == "" {
				t.Fatal("an entry without a name")
			}
			if strings.Contains(e.OldName+e.NewName, "\x00") || strings.Contains(e.OldName+e.NewName, "//") {
				t.Fatalf("names %q and %q", e.OldName, e.NewName)
			}
			if e.Forward != nil {
				if out, err := e.Forward.Apply(old, limits.BlobBytes); err == nil && int64(len(out)) > limits.BlobBytes {
					t.Fatal("more than the limit")
				}
			}
			checkHunks(t, e, old)
		}
	})
}

// checkHunks applies the hunks of e and holds the result against what they say.
func checkHunks(t *testing.T, e *Entry, old []byte) {
	out, _, err := e.ApplyHunks(old)
	if err != nil {
		if len(err.Expect) != len(err.Marks) || len(err.Found) > len(err.Expect) || err.Line < 0 || err.At < 1 {
			t.Fatalf("a failure that cannot be shown: %+v", err)
		}
		return
	}
	grown := 0
	for i := range e.Fragments {
		before, after := e.Fragments[i].images()
		for _, l := range after {
			grown += len(l.text)
		}
		for _, l := range before {
			grown -= len(l)
		}
	}
	// a hunk whose last line has no line feed may take the place of a longer one
	if len(out) > len(old)+grown {
		t.Fatalf("%d bytes became %d, not %d", len(old), len(out), len(old)+grown)
	}
}
