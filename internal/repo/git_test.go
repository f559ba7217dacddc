package repo_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gitRepo is a repository that the real git works on, without any configuration.
type gitRepo struct {
	t   testing.TB
	dir string
}

// newGit makes a bare repository. git has to be there: README asks for it.
func newGit(t testing.TB, dir string) *gitRepo {
	t.Helper()
	g := &gitRepo{t, dir}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	g.must("", "init", "-q", "--bare", "-b", "main")
	return g
}

// try runs git and returns its standard output; the error tells what it complained about.
func (g *gitRepo) try(in string, args ...string) (string, error) {
	settings := []string{"-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false", "-c", "protocol.file.allow=always"}
	c := exec.Command("git", append(settings, args...)...)
	c.Dir = g.dir
	c.Env = append(os.Environ(), "HOME="+g.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C", "TZ=UTC",
		"GIT_AUTHOR_NAME=Zoé", "GIT_AUTHOR_EMAIL=zoe@example.org", "GIT_AUTHOR_DATE=1600000000 +0100",
		"GIT_COMMITTER_NAME=Bot", "GIT_COMMITTER_EMAIL=bot@example.org", "GIT_COMMITTER_DATE=1700000000 +0000")
	c.Stdin = strings.NewReader(in)
	var out, complaint bytes.Buffer
	c.Stdout, c.Stderr = &out, &complaint
	if err := c.Run(); err != nil {
		return out.String(), fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, complaint.String())
	}
	return out.String(), nil
}

func (g *gitRepo) must(in string, args ...string) string {
	g.t.Helper()
	out, err := g.try(in, args...)
	if err != nil {
		g.t.Fatal(err)
	}
	return strings.TrimSuffix(out, "\n")
}

// files is the content of a tree: path to mode, a blank and the bytes; the mode 160000 is followed by a commit id.
type files map[string]string

func regular(text string) string    { return "100644 " + text }
func executable(text string) string { return "100755 " + text }
func symlink(text string) string    { return "120000 " + text }

// importer collects commits for git fast-import.
type importer struct {
	in    strings.Builder
	marks int
}

// commit adds a commit on top of the commit with the mark parent, 0 for none, and returns its mark.
func (i *importer) commit(ref string, parent int, message string, tree files) int {
	i.marks++
	fmt.Fprintf(&i.in, "commit %s\nmark :%d\nauthor Zoé Ménard <zoe@example.org> %d +0100\ncommitter Bot <bot@example.org> %d +0000\ndata %d\n%s\n",
		ref, i.marks, 1600000000+60*i.marks, 1600000000+60*i.marks, len(message), message)
	if parent > 0 {
		fmt.Fprintf(&i.in, "from :%d\n", parent)
	}
	i.in.WriteString("deleteall\n")
	for path, content := range tree {
		mode, text, _ := strings.Cut(content, " ")
		if mode == "160000" {
			fmt.Fprintf(&i.in, "M %s %s %s\n", mode, text, path)
			continue
		}
		fmt.Fprintf(&i.in, "M %s inline %s\ndata %d\n%s\n", mode, path, len(text), text)
	}
	i.in.WriteString("\n")
	return i.marks
}

// run hands the commits to git and returns their ids by mark; index 0 is unused.
func (i *importer) run(g *gitRepo) []string {
	g.t.Helper()
	file := filepath.Join(g.t.TempDir(), "marks")
	g.must(i.in.String(), "fast-import", "--quiet", "--export-marks="+file)
	data, err := os.ReadFile(file)
	if err != nil {
		g.t.Fatal(err)
	}
	ids := make([]string, i.marks+1)
	for line := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n") {
		var mark int
		var id string
		if _, err := fmt.Sscanf(line, ":%d %s", &mark, &id); err != nil {
			g.t.Fatal(err)
		}
		ids[mark] = id
	}
	return ids
}

// oracle is a work tree in which the real git am is run.
type oracle struct {
	*gitRepo
	objects string
}

func newOracle(t testing.TB, source string) *oracle {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "oracle")
	g := &gitRepo{t, filepath.Dir(dir)}
	g.must("", "clone", "-q", "--shared", "--no-checkout", source, dir)
	g.dir = dir
	return &oracle{g, filepath.Join(dir, ".git", "objects")}
}

// verdict is how git am ended.
type verdict struct {
	ok     bool
	tree   string
	author string // of the new commit; empty when there is none
	text   string // what git printed when it failed
}

// am applies a file of mails to base. Objects of an earlier run are dropped: they would change the outcome.
func (o *oracle) am(base, mail string, threeWay bool) verdict {
	o.t.Helper()
	os.RemoveAll(filepath.Join(o.dir, ".git", "rebase-apply"))
	loose, err := filepath.Glob(filepath.Join(o.objects, "[0-9a-f][0-9a-f]"))
	if err != nil {
		o.t.Fatal(err)
	}
	for _, dir := range loose {
		os.RemoveAll(dir)
	}
	o.must("", "reset", "-q", "--hard", base)
	args := []string{"am", "-q"}
	if threeWay {
		args = append(args, "-3")
	}
	if _, err := o.try("", append(args, mail)...); err != nil {
		return verdict{text: err.Error()}
	}
	id, rest, _ := strings.Cut(o.must("", "log", "-1", "--format=%H %T %an <%ae> %ad%n%B", "--date=raw"), " ")
	tree, author, _ := strings.Cut(rest, " ")
	v := verdict{ok: true, tree: tree}
	if id != base {
		v.author = strings.TrimRight(author, "\n")
	}
	return v
}
