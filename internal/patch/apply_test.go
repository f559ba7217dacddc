package patch

import (
	"fmt"
	"strings"
	"testing"
)

// numbered is the text "1\n2\n…" up to n.
func numbered(n int) string {
	var s strings.Builder
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&s, "%d\n", i)
	}
	return s.String()
}

func TestApplyHunks(t *testing.T) {
	ten := numbered(10)
	change := func(from, to string) string { return strings.Replace(ten, from, to, 1) }
	const noNewline = "\\ No newline at end of file\n"
	tests := []struct {
		name, old, hunks, want string
		offset                 int
		line                   int // of the refusal
	}{
		{"exact", ten, "@@ -4,3 +4,3 @@\n 4\n-5\n+five\n 6\n", change("5\n", "five\n"), 0, 0},
		{"further down", ten, "@@ -2,3 +2,3 @@\n 4\n-5\n+five\n 6\n", change("5\n", "five\n"), 2, 0},
		{"further up", ten, "@@ -40,3 +40,3 @@\n 4\n-5\n+five\n 6\n", change("5\n", "five\n"), -36, 0},
		{"the nearer of two", "a\nx\nb\nc\nd\ne\na\nx\nb\nz\n", "@@ -6,3 +6,3 @@\n a\n-x\n+y\n b\n", "a\nx\nb\nc\nd\ne\na\ny\nb\nz\n", 1, 0},
		{"down before up", "a\nx\nb\na\nx\nb\nz\n", "@@ -2,3 +2,3 @@\n a\n-x\n+y\n b\n", "a\ny\nb\na\nx\nb\nz\n", -1, 0},
		{"two hunks", ten, "@@ -2,3 +2,4 @@\n 2\n-3\n+three\n+and more\n 4\n@@ -7,3 +8,3 @@\n 7\n-8\n+eight\n 9\n", "1\n2\nthree\nand more\n4\n5\n6\n7\neight\n9\n10\n", 0, 0},
		{"hunks out of order", ten, "@@ -7,3 +7,3 @@\n 7\n-8\n+eight\n 9\n@@ -2,3 +2,3 @@\n 2\n-3\n+three\n 4\n", "1\n2\nthree\n4\n5\n6\n7\neight\n9\n10\n", 0, 0},
		{"lines of a hunk before do not match", ten, "@@ -4,3 +4,3 @@\n 4\n-5\n+five\n 6\n@@ -4,3 +4,3 @@\n 4\n-five\n+FIVE\n 6\n", "", 0, 4},
		{"missing", ten, "@@ -4,3 +4,3 @@\n 4\n-fünf\n+five\n 6\n", "", 0, 5},

		{"at the beginning", ten, "@@ -1,2 +1,2 @@\n-1\n+one\n 2\n", change("1\n", "one\n"), 0, 0},
		{"not at the beginning any more", "0\n" + ten, "@@ -1,2 +1,2 @@\n-1\n+one\n 2\n", "", 0, 1},
		{"at the end", ten, "@@ -9,2 +9,3 @@\n 9\n 10\n+11\n", ten + "11\n", 0, 0},
		{"at the end, moved", "0\n" + ten, "@@ -9,2 +9,3 @@\n 9\n 10\n+11\n", "0\n" + ten + "11\n", 1, 0},
		{"not at the end any more", ten + "neu\n", "@@ -9,2 +9,3 @@\n 9\n 10\n+11\n", "", 0, 9},
		{"insertion without context", ten, "@@ -4,0 +5 @@\n+new\n", ten + "new\n", 6, 0},
		{"insertion before everything", ten, "@@ -0,0 +1 @@\n+new\n", "", 0, 1},

		{"into an empty file", "", "@@ -0,0 +1,2 @@\n+a\n+b\n", "a\nb\n", 0, 0},
		{"all lines away", "a\n", "@@ -1 +0,0 @@\n-a\n", "", 0, 0},
		{"empty context line", "a\n\nb\n", "@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n", "a\n\nc\n", 0, 0},
		{"carriage returns", "a\r\nb\r\n", "@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n", "a\r\nc\r\n", 0, 0},
		{"carriage returns lost", "a\r\nb\r\n", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n", "", 0, 2},
		{"newline taken from the end", "a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+b\n" + noNewline, "a\nb", 0, 0},
		{"newline given to the end", "a\nb", "@@ -1,2 +1,2 @@\n a\n-b\n" + noNewline + "+b\n", "a\nb\n", 0, 0},
		{"marker in another language", "a\nb", "@@ -1,2 +1,2 @@\n-a\n+A\n b\n\\ Pas de fin de ligne\n", "A\nb", 0, 0},
		{"no newline, white space follows", "a\nb \nc\n", "@@ -2 +2 @@\n-b\n" + noNewline + "+B\n", "", 0, 2},
		{"no newline where there is one", "a\nb\n", "@@ -1,2 +1,2 @@\n-a\n+A\n b\n" + noNewline, "A\nb", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			entries, bad := ReadDiff([]byte("--- a/x\n+++ b/x\n"+tt.hunks), DefaultLimits())
			if bad != nil {
				t.Fatal(bad)
			}
			out, offset, err := entries[0].ApplyHunks([]byte(tt.old))
			switch {
			case tt.line != 0:
				if err == nil || err.Line != tt.line {
					t.Errorf("got %q, %+v, want a refusal at line %d", out, err, tt.line)
				}
			case err != nil:
				t.Errorf("refused: %+v", err)
			case string(out) != tt.want || offset != tt.offset:
				t.Errorf("got %q moved by %d, want %q moved by %d", out, offset, tt.want, tt.offset)
			}
		})
	}
}

// TestExplain shows what a person is told of a hunk that found no place: the lines where the file went another way, even
// when the file has grown above them.
func TestExplain(t *testing.T) {
	old := "new\nnew\n# Guide\n\nOld title\n\nmore\n"
	hunks := "@@ -1,4 +1,4 @@\n # Guide\n \n-Title\n+New title\n \n"
	entries, bad := ReadDiff([]byte("--- a/x\n+++ b/x\n"+hunks), DefaultLimits())
	if bad != nil {
		t.Fatal(bad)
	}
	_, _, err := entries[0].ApplyHunks([]byte(old))
	if err == nil {
		t.Fatal("applied")
	}
	got := fmt.Sprintf("%d %d %q %q %q", err.Line, err.At, err.Expect, err.Marks, err.Found)
	if want := `3 5 ["Title" ""] "- " ["Old title" ""]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
