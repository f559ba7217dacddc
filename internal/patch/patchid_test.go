package patch

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gitCommand is the real git in dir without any configuration of the machine.
func gitCommand(t *testing.T, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "HOME="+dir, "LC_ALL=C", "GIT_AUTHOR_NAME=A", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=A", "GIT_COMMITTER_EMAIL=a@example.org")
	return cmd
}

func runGit(t *testing.T, dir string, stdin []byte, args ...string) []byte {
	t.Helper()
	cmd := gitCommand(t, dir, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return out
}

func tryGit(t *testing.T, dir string, args ...string) error {
	if out, err := gitCommand(t, dir, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w: %s", args[0], err, out[:min(len(out), 500)])
	}
	return nil
}

// TestPatchIDIsGits compares with git on the kinds of changes that text diffs can show, in several forms of each diff.
func TestPatchIDIsGits(t *testing.T) {
	dir := t.TempDir()
	runGit(t, dir, nil, "init", "-q")
	long := strings.Repeat("ligne égale\n", 30)
	write := func(name, content string) func() error {
		return func() error {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			return os.WriteFile(path, []byte(content), 0o644)
		}
	}
	rename := func(from, to string) func() error {
		return func() error { return os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)) }
	}
	for _, commit := range []struct {
		name  string
		steps []func() error
	}{
		{"new files", []func() error{write("a.md", "un\ndeux\n"), write("dossier/été.md", long), write("rdv.ics", "A\r\nB\r\n")}},
		{"change", []func() error{write("a.md", "un\ndeux et demi\n")}},
		{"two hunks", []func() error{write("dossier/été.md", "début\n"+long+"fin\n")}},
		{"no final newline", []func() error{write("a.md", "un\ndeux et demi")}},
		{"blanks only", []func() error{write("a.md", "un \n\tdeux et  demi")}},
		{"content with CRs", []func() error{write("rdv.ics", "A\r\nC\r\n")}},
		{"empty file", []func() error{write("vide.md", "")}},
		{"two files", []func() error{write("a.md", "x\n"), write("rdv.ics", "y\n")}},
		{"rename", []func() error{rename("dossier/été.md", "dossier/hiver.md")}},
		{"renames and a change", []func() error{rename("dossier/hiver.md", "z.md"), rename("vide.md", "a vide.md"), write("a.md", "x\ny\n")}},
		{"mode", []func() error{func() error { return os.Chmod(filepath.Join(dir, "a.md"), 0o755) }}},
		{"lines that look like headers", []func() error{write("a.md", "-- a/x\n++ b/x\ndiff --git a/x b/x\nindex 1..2\n@@ -1 +1 @@\n")}},
		{"deletion", []func() error{func() error { return os.Remove(filepath.Join(dir, "rdv.ics")) }}},
	} {
		for _, step := range commit.steps {
			if err := step(); err != nil {
				t.Fatal(err)
			}
		}
		runGit(t, dir, nil, "add", "-A")
		runGit(t, dir, nil, "commit", "-q", "-m", commit.name)
		for _, options := range []string{"-p", "-p -M", "-p -U0", "-p -U1 --full-index", "-p --stat --no-renames"} {
			args := append([]string{"diff-tree", "--root", "--no-commit-id", "HEAD"}, strings.Fields(options)...)
			diff := runGit(t, dir, nil, args...)
			want, _, _ := strings.Cut(string(runGit(t, dir, diff, "patch-id", "--stable")), " ")
			if got := PatchID(diff); got != want {
				t.Errorf("%s, %s: %s, git says %s\n%s", commit.name, options, got, want, diff)
			}
		}
		mail := runGit(t, dir, nil, "format-patch", "--stdout", "--root", "-1")
		want, _, _ := strings.Cut(string(runGit(t, dir, mail, "patch-id", "--stable")), " ")
		if got := PatchID(mail); got != want {
			t.Errorf("%s as a mail: %s, git says %s", commit.name, got, want)
		}
	}
	if id := PatchID([]byte("no diff\n")); id != "" {
		t.Errorf("text without a diff has the id %q", id)
	}
}
