package patch

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestMergeText(t *testing.T) {
	base := numbered(10)
	edit := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(base) }
	tests := []struct {
		name, base, ours, theirs, want string
		ok                             bool
	}{
		{"far apart", base, edit("2\n", "two\n"), edit("8\n", "eight\n"), edit("2\n", "two\n", "8\n", "eight\n"), true},
		{"only theirs", base, base, edit("8\n", "eight\n"), edit("8\n", "eight\n"), true},
		{"only ours", base, edit("8\n", "eight\n"), base, edit("8\n", "eight\n"), true},
		{"alike", base, edit("5\n", "five\n"), edit("5\n", "five\n"), edit("5\n", "five\n"), true},
		{"alike and more", base, edit("5\n", "five\n", "9\n", "nine\n"), edit("2\n", "two\n", "5\n", "five\n"), edit("2\n", "two\n", "5\n", "five\n", "9\n", "nine\n"), true},
		{"same line", base, edit("5\n", "five\n"), edit("5\n", "fünf\n"), "", false},
		{"adjacent lines", base, edit("5\n", "five\n"), edit("6\n", "six\n"), "", false},
		{"one line between", base, edit("5\n", "five\n"), edit("7\n", "seven\n"), edit("5\n", "five\n", "7\n", "seven\n"), true},
		{"deleted and changed", base, edit("5\n", ""), edit("5\n", "five\n"), "", false},
		{"both deleted", base, edit("5\n", ""), edit("5\n", ""), edit("5\n", ""), true},
		{"overlapping, the same in the end", "a\nb\nc\nd\n", "a\nX\nY\nd\n", "a\nX\nY\nd\n", "a\nX\nY\nd\n", true},
		{"added alike", "", "a\nb\n", "a\nb\n", "a\nb\n", true},
		{"added differently", "", "a\nb\n", "a\nc\n", "", false},
		{"one side empty", "", "", "a\nc\n", "a\nc\n", true},
		{"final newline", "a\nb", "A\nb", "a\nb\n", "", false},
	}
	for _, tt := range tests {
		for _, a := range []Algorithm{Myers, Histogram} {
			got, err := MergeText([]byte(tt.base), []byte(tt.ours), []byte(tt.theirs), a)
			if (err == nil) != tt.ok || tt.ok && string(got) != tt.want || err != nil && !errors.Is(err, ErrConflict) {
				t.Errorf("%s, algorithm %d: got %q, %v, want %q, %v", tt.name, a, got, err, tt.want, tt.ok)
			}
		}
	}
}

// TestWorkIsBounded has texts that would take hours to compare or to search.
func TestWorkIsBounded(t *testing.T) {
	var up, down, old, new strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&up, "%d\n", i)
		fmt.Fprintf(&down, "%d\n", 20_000-i)
		fmt.Fprintf(&old, "%d\nold %d\n", i, i) // every second line is common, and no two common lines stand together
		fmt.Fprintf(&new, "%d\nnew %d\n", i, i)
	}
	for _, tt := range []struct {
		a          Algorithm
		base, ours string
	}{{Myers, up.String(), down.String()}, {Histogram, old.String(), new.String()}} {
		work := &meter{1 << 18}
		if merged, err := mergeText([]byte(tt.base), []byte(tt.ours), []byte("x\n"), tt.a, work, false); !errors.Is(err, ErrTooLarge) {
			t.Errorf("algorithm %d: %d bytes, %v", tt.a, len(merged), err)
		}
		if work.left < -1<<18 {
			t.Errorf("algorithm %d took %d steps too many", tt.a, -work.left)
		}
	}
	far := strings.Repeat("a\n", 200_000) + "b\n"
	hunks := "--- x\n+++ x\n" + strings.Repeat("@@ -1000,2 +1000,2 @@\n a\n-b\n+b\n a\n", 2000)
	entries, bad := ReadDiff([]byte(strings.ReplaceAll(hunks, "1000,2", "1000,3")), DefaultLimits())
	if bad != nil {
		t.Fatal(bad)
	}
	for i := range entries[0].Fragments { // each found at the end of the file only
		entries[0].Fragments[i].Body = []byte(strings.Repeat(" a\n", 1500) + "-b\n+b\n")
		entries[0].Fragments[i].Trailing = 1
	}
	if _, _, err := entries[0].applyHunks([]byte(far), &meter{1 << 20}); err == nil || !err.TooLarge {
		t.Errorf("a long search: %v", err)
	}
}

// randomTexts makes a text of few different lines and a descendant of it.
func randomTexts(r *rand.Rand, lines int) (old, new []byte) {
	kinds := 2 + r.Intn(3+r.Intn(lines))
	fresh := func(n int) (out [][]byte) {
		for range n {
			out = append(out, fmt.Appendf(nil, "line %d\n", r.Intn(kinds)))
		}
		return out
	}
	a := fresh(r.Intn(lines))
	b := append([][]byte(nil), a...)
	for range r.Intn(1 + lines/3) {
		at := r.Intn(len(b) + 1)
		end := min(len(b), at+r.Intn(5))
		switch r.Intn(3) {
		case 0:
			b = append(b[:at:at], append(fresh(1+r.Intn(4)), b[at:]...)...)
		case 1:
			b = append(b[:at:at], b[end:]...)
		case 2:
			moved := append([][]byte(nil), b[at:end]...)
			b = append(b[:at:at], b[end:]...)
			to := r.Intn(len(b) + 1)
			b = append(b[:to:to], append(moved, b[to:]...)...)
		}
	}
	old, new = bytes.Join(a, nil), bytes.Join(b, nil)
	if r.Intn(4) == 0 {
		old = bytes.TrimSuffix(old, []byte("\n"))
	}
	return old, new
}

// TestDiffAgainstGit compares random texts as git diff does. Which of several shortest scripts comes out decides whether a
// merge is clean, so they have to be the same.
func TestDiffAgainstGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal("this test compares with git, which README asks for: ", err)
	}
	dir := t.TempDir()
	r := rand.New(rand.NewSource(7))
	for i := range 120 {
		lines := []int{12, 60, 400}[i%3]
		old, new := randomTexts(r, lines)
		for name, text := range map[string][]byte{"a": old, "b": new} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for algorithm, name := range []string{"myers", "histogram"} {
			c := exec.Command("git", "diff", "--no-index", "--no-indent-heuristic", "--no-color", "-U0", "--diff-algorithm="+name, "a", "b")
			c.Dir = dir
			c.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null")
			out, err := c.Output()
			if exit := (*exec.ExitError)(nil); err != nil && !asExit(err, &exit) {
				t.Fatal(err)
			}
			var want []string
			for line := range strings.SplitSeq(string(out), "\n") {
				if strings.HasPrefix(line, "@@ ") {
					want = append(want, strings.Join(strings.Fields(line)[1:3], " "))
				}
			}
			var got []string
			for _, c := range Diff(old, new, Algorithm(algorithm)) {
				got = append(got, "-"+place(c.OldAt, c.OldLines)+" +"+place(c.NewAt, c.NewLines))
			}
			if strings.Join(got, "; ") != strings.Join(want, "; ") {
				t.Errorf("case %d, %s:\ngot %v\ngit %v", i, name, got, want)
			}
		}
	}
}

// asExit accepts the exit status 1 with which git says that the texts differ.
func asExit(err error, exit **exec.ExitError) bool {
	e, ok := err.(*exec.ExitError)
	*exit = e
	return ok && e.ExitCode() == 1
}

func place(at, lines int) string {
	switch lines {
	case 0:
		return fmt.Sprintf("%d,0", at)
	case 1:
		return fmt.Sprint(at + 1)
	}
	return fmt.Sprintf("%d,%d", at+1, lines)
}

// rebuild applies a script to the text it was made for.
func rebuild(old, new []byte, changes []Change) []byte {
	a, b := splitLines(old), splitLines(new)
	var out []byte
	at := 0
	for _, c := range changes {
		out = append(append(out, bytes.Join(a[at:c.OldAt], nil)...), bytes.Join(b[c.NewAt:c.NewAt+c.NewLines], nil)...)
		at = c.OldAt + c.OldLines
	}
	return append(out, bytes.Join(a[at:], nil)...)
}

func FuzzMerge(f *testing.F) {
	f.Add([]byte("a\nb\nc\n"), []byte("a\nB\nc\n"), []byte("a\nb\nc\nd\n"))
	f.Add([]byte("x\nx\nx\n"), []byte("x\nx"), []byte("x\nx\nx\nx\n"))
	f.Add([]byte(""), []byte("a"), []byte("a\n"))
	f.Fuzz(func(t *testing.T, base, ours, theirs []byte) {
		for _, a := range []Algorithm{Myers, Histogram} {
			if got := rebuild(base, ours, Diff(base, ours, a)); !bytes.Equal(got, ours) {
				t.Fatalf("algorithm %d: the changes lead to %q", a, got)
			}
			merged, err := MergeText(base, ours, theirs, a)
			swapped, err2 := MergeText(base, theirs, ours, a)
			if (err == nil) != (err2 == nil) || err == nil && !bytes.Equal(merged, swapped) {
				t.Fatalf("algorithm %d: the sides are not alike: %q, %v and %q, %v", a, merged, err, swapped, err2)
			}
			if merged, err := MergeText(base, base, theirs, a); err != nil || !bytes.Equal(merged, theirs) {
				t.Fatalf("algorithm %d: a change on one side is lost", a)
			}
			if merged, err := MergeText(base, ours, ours, a); err != nil || !bytes.Equal(merged, ours) {
				t.Fatalf("algorithm %d: the same change on both sides is lost", a)
			}
		}
	})
}

// BenchmarkDiff prints how many bytes of text are compared in a second, next to reading them line by line.
func BenchmarkDiff(b *testing.B) {
	r := rand.New(rand.NewSource(3))
	old, new := randomTexts(r, 3000)
	for name, algorithm := range map[string]Algorithm{"myers": Myers, "histogram": Histogram} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(old) + len(new)))
			for b.Loop() {
				Diff(old, new, algorithm)
			}
		})
	}
	b.Run("floor", func(b *testing.B) {
		b.SetBytes(int64(len(old) + len(new)))
		for b.Loop() {
			numberLines(splitLines(old), splitLines(new))
		}
	})
}
