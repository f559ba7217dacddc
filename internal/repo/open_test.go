package repo_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"patchbot/internal/repo"
	"patchbot/testdata"
)

// worktree clones the sample wiki with a work tree.
func worktree(t *testing.T) *gitRepo {
	t.Helper()
	dir := t.TempDir()
	bundle := filepath.Join(dir, "wiki.bundle")
	if err := os.WriteFile(bundle, testdata.Bundle, 0o644); err != nil {
		t.Fatal(err)
	}
	g := &gitRepo{t, dir}
	g.must("", "clone", "-q", "-b", "main", bundle, "wiki")
	g.dir = filepath.Join(dir, "wiki")
	return g
}

func TestOpen(t *testing.T) {
	g := worktree(t)
	head := g.must("", "rev-parse", "HEAD")
	parent := filepath.Dir(g.dir)
	g.must("", "worktree", "add", "-q", "--detach", filepath.Join(parent, "linked"), "HEAD~3")
	older := g.must("", "rev-parse", "HEAD~3")
	g.must("", "clone", "-q", "--bare", "--shared", g.dir, filepath.Join(parent, "borrowing.git"))
	sub := filepath.Join(g.dir, "a", "b")
	if err := os.MkdirAll(sub, 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, path, worktree, head string
	}{
		{"work tree", g.dir, g.dir, head},
		{"below a work tree", sub, g.dir, head},
		{"git directory", filepath.Join(g.dir, ".git"), "", head},
		{"linked work tree", filepath.Join(parent, "linked"), filepath.Join(parent, "linked"), older},
		{"bare, with alternates", filepath.Join(parent, "borrowing.git"), "", head},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := repo.Open(tt.path)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if got, err := r.Resolve("HEAD"); err != nil || got != tt.head {
				t.Errorf("HEAD is %s, %v, want %s", got, err, tt.head)
			}
			if r.Worktree() != tt.worktree {
				t.Errorf("work tree %q, want %q", r.Worktree(), tt.worktree)
			}
			if got, err := r.Resolve(head[:9]); err != nil || got != head {
				t.Errorf("%s is %s, %v", head[:9], got, err)
			}
			tree, err := r.Tree(head)
			if err != nil {
				t.Fatal(err)
			}
			if data, err := tree.Read("index.md"); err != nil || len(data) == 0 {
				t.Errorf("index.md: %d bytes, %v", len(data), err)
			}
		})
	}
	if _, err := repo.Open(t.TempDir()); !errors.Is(err, repo.ErrNoRepository) {
		t.Errorf("an empty directory: %v", err)
	}
	if _, err := repo.Open(filepath.Join(parent, "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}

// TestOpenFormat: what cannot be read is called by its name.
func TestOpenFormat(t *testing.T) {
	for extension, want := range map[string]error{"objectFormat=sha256": repo.ErrSHA256, "refStorage=reftable": repo.ErrReftable, "neverHeardOf=1": nil} {
		g := newGit(t, filepath.Join(t.TempDir(), "r.git"))
		name, value, _ := strings.Cut(extension, "=")
		config, err := os.ReadFile(filepath.Join(g.dir, "config"))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(string(config), "repositoryformatversion = 0", "repositoryformatversion = 1", 1)
		writeFile(t, filepath.Join(g.dir, "config"), text+fmt.Sprintf("[extensions]\n\t%s = %s\n", name, value))
		r, err := repo.Open(g.dir)
		if err == nil || r != nil {
			t.Errorf("%s: opened", extension)
			continue
		}
		if want != nil && !errors.Is(err, want) || strings.Count(err.Error(), "open repository") != 1 {
			t.Errorf("%s: %v", extension, err)
		}
	}
}

func TestResolve(t *testing.T) {
	g := worktree(t)
	g.must("", "tag", "-a", "-m", "release", "v1", "HEAD~2")
	g.must("", "tag", "light", "HEAD~4")
	g.must("", "branch", "topic/one", "HEAD~5")
	g.must("", "checkout", "-q", "-b", "side", "HEAD~2")
	g.must("", "commit", "-q", "--allow-empty", "-m", "side")
	g.must("", "merge", "-q", "--no-ff", "-m", "merge", "main")
	g.must("", "pack-refs", "--all")
	r, err := repo.Open(g.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, rev := range []string{
		"HEAD", "@", "main", "refs/heads/main", "heads/main", "side", "origin/main", "topic/one", "v1", "tags/v1", "light", "v1^{commit}",
		"HEAD^", "HEAD^1", "HEAD^2", "HEAD^0", "HEAD^2~3", "main~3", "main~", "main^^", "v1~1", g.must("", "rev-parse", "main"), g.must("", "rev-parse", "--short=5", "main~7"),
		strings.ToUpper(g.must("", "rev-parse", "main~1")),
	} {
		want := g.must("", "rev-parse", "--verify", rev+"^{commit}")
		if got, err := r.Resolve(rev); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", rev, got, err, want)
		}
	}
	for _, rev := range []string{"", "nope", "main~1000", "HEAD^3", "abc", "main:index.md", "main^{tree}", "~1", "main~x", strings.Repeat("0", 40)} {
		if got, err := r.Resolve(rev); !errors.Is(err, repo.ErrNoRevision) {
			t.Errorf("%q: got %s, %v", rev, got, err)
		}
	}
}

// TestMirror fetches over http from the real git's own server side.
func TestMirror(t *testing.T) {
	source := worktree(t)
	path, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&cgi.Handler{
		Path: path, Args: []string{"http-backend"},
		Env: []string{"GIT_PROJECT_ROOT=" + filepath.Dir(source.dir), "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1", "HOME=" + source.dir},
	})
	defer server.Close()
	o := repo.MirrorOptions{URL: server.URL + "/wiki/.git", Dir: filepath.Join(t.TempDir(), "mirror.git")}
	r, err := repo.Mirror(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	same := func(rev string) {
		t.Helper()
		want := source.must("", "rev-parse", rev)
		if got, err := r.Resolve(rev); err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", rev, got, err, want)
		}
	}
	same("main")
	if head, err := r.Resolve("HEAD"); err != nil || head != source.must("", "rev-parse", "main") {
		t.Errorf("HEAD: %s, %v", head, err)
	}

	// a new commit, a branch that comes and goes, a history rewritten
	source.must("", "branch", "topic", "main~5")
	source.must("", "commit", "-q", "--allow-empty", "-m", "new")
	if err := r.Fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	same("main")
	same("topic")
	source.must("", "branch", "-q", "-D", "topic")
	source.must("", "reset", "-q", "--hard", "HEAD~10")
	if err := r.Fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	same("main")
	if id, err := r.Resolve("topic"); err == nil {
		t.Errorf("the deleted branch is still at %s", id)
	}

	// fetches leave packs; a mirror with too many is made anew
	packs := filepath.Join(o.Dir, "objects", "pack")
	for i := range 201 {
		writeFile(t, filepath.Join(packs, fmt.Sprintf("pack-%040d.pack", i)), "")
	}
	if err := r.Fetch(t.Context()); err != nil {
		t.Fatal(err)
	}
	same("main")
	if left, err := filepath.Glob(filepath.Join(packs, "*.pack")); err != nil || len(left) != 1 {
		t.Errorf("%d packs, %v", len(left), err)
	}

	// without the server everything stays
	server.Close()
	if err := r.Fetch(t.Context()); err == nil {
		t.Error("fetched from nowhere")
	}
	same("main")
	again, err := repo.Mirror(t.Context(), o)
	if err == nil || again == nil {
		t.Fatalf("opening a mirror without its server: %v, %v", again, err)
	}
	defer again.Close()
	if got, err := again.Resolve("main"); err != nil || got != source.must("", "rev-parse", "main") {
		t.Errorf("main: %s, %v", got, err)
	}
	o.Dir = filepath.Join(t.TempDir(), "other.git")
	if other, err := repo.Mirror(t.Context(), o); err == nil || other != nil {
		t.Errorf("a first mirror without a server: %v, %v", other, err)
	}
}

// TestMirrorOverGit fetches by git's own protocol from the real git daemon.
func TestMirrorOverGit(t *testing.T) {
	source := worktree(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	daemon := exec.Command("git", "daemon", "--export-all", "--reuseaddr", "--listen=127.0.0.1", fmt.Sprintf("--port=%d", port), "--base-path="+filepath.Dir(source.dir), filepath.Dir(source.dir))
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		daemon.Process.Signal(syscall.SIGTERM) // which git hands on to its child
		daemon.Wait()
	}()
	o := repo.MirrorOptions{URL: fmt.Sprintf("git://127.0.0.1:%d/wiki/.git", port), Dir: filepath.Join(t.TempDir(), "mirror.git")}
	var r *repo.Repo
	for range 100 { // until the daemon listens
		if r, err = repo.Mirror(t.Context(), o); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := r.Resolve("main"); err != nil || got != source.must("", "rev-parse", "main") {
		t.Errorf("main: %s, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Fetch(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a fetch that was called off: %v", err)
	}
}

// TestMirrorOfLocalPath: a repository on this machine is read in place, with no git to be found.
func TestMirrorOfLocalPath(t *testing.T) {
	g := worktree(t)
	head := g.must("", "rev-parse", "HEAD")
	t.Setenv("PATH", t.TempDir())
	for _, url := range []string{g.dir, "file://" + g.dir} {
		r, err := repo.Mirror(t.Context(), repo.MirrorOptions{URL: url, Dir: filepath.Join(t.TempDir(), "unused")})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Resolve("main"); err != nil || got != head {
			t.Errorf("%s: %s, %v", url, got, err)
		}
		if err := r.Fetch(t.Context()); err != nil {
			t.Errorf("%s: %v", url, err)
		}
		r.Close()
	}
}

func TestBundle(t *testing.T) {
	memory, err := repo.OpenBundle(testdata.Bundle)
	if err != nil {
		t.Fatal(err)
	}
	disk, err := repo.UnpackBundle(testdata.Bundle, filepath.Join(t.TempDir(), "wiki.git"))
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	for _, r := range []*repo.Repo{memory, disk} {
		id, err := r.Resolve("main")
		if err != nil {
			t.Fatal(err)
		}
		if short, err := r.Resolve(id[:8]); err != nil || short != id {
			t.Errorf("%s: %s, %v", id[:8], short, err)
		}
		if n := r.Ahead(firstParents(t, r, "main")[0].ID, id); n != 299 {
			t.Errorf("main has %d commits after the first", n)
		}
	}
	for name, data := range map[string][]byte{
		"nothing": nil, "text": []byte("hello\n"), "header only": []byte("# v2 git bundle\n"),
		"incomplete": []byte("# v2 git bundle\n-0123456789012345678901234567890123456789 x\n\nPACK"),
		"sha256":     []byte("# v3 git bundle\n@object-format=sha256\n\nPACK"),
		"cut off":    testdata.Bundle[:100_000],
		"no branch":  []byte("# v2 git bundle\n\nPACK\x00\x00\x00\x02\x00\x00\x00\x00"),
	} {
		if _, err := repo.OpenBundle(data); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

func TestTree(t *testing.T) {
	g := newGit(t, filepath.Join(t.TempDir(), "r.git"))
	var imp importer
	imp.commit("refs/heads/main", 0, "x", files{
		"index.md": regular("text\n"), "run.sh": executable("#!\n"), "link": symlink("../outside"), "d/e/page.md": regular("page\n"), "d/z.md": regular(""),
		"sub": "160000 0123456789012345678901234567890123456789", "é\x01.md": regular("x"),
	})
	id := imp.run(g)[1]
	r, err := repo.Open(g.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tree, err := r.Tree(id)
	if err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]uint32{"": 0o040000, "index.md": 0o100644, "run.sh": 0o100755, "link": 0o120000, "d": 0o040000, "d/e/page.md": 0o100644, "sub": 0o160000, "é\x01.md": 0o100644} {
		if id, got, ok := tree.Lookup(path); !ok || got != mode || len(id) != 40 {
			t.Errorf("%q: %s %o %v", path, id, got, ok)
		}
	}
	for _, path := range []string{"nope", "d/", "/d", "d//e", "index.md/x", "d/e/page.md/", "sub/x", "link/x", "..", "d/../index.md"} {
		if id, mode, ok := tree.Lookup(path); ok {
			t.Errorf("%q: %s %o", path, id, mode)
		}
		if data, err := tree.Read(path); err == nil {
			t.Errorf("%q reads %q", path, data)
		}
	}
	for path, want := range map[string]string{"": "d|index.md|link|run.sh|sub|é\x01.md", "d": "e|z.md", "index.md": "", "nope": ""} {
		var names []string
		tree.List(path, func(name, id string, mode uint32) bool {
			names = append(names, name)
			return true
		})
		if got := strings.Join(names, "|"); got != want {
			t.Errorf("%q lists %q, want %q", path, got, want)
		}
	}
	var first []string
	tree.List("", func(name, _ string, _ uint32) bool {
		first = append(first, name)
		return false
	})
	if !slices.Equal(first, []string{"d"}) {
		t.Errorf("a list that was stopped gave %q", first)
	}
	if data, err := tree.Read("link"); err != nil || string(data) != "../outside" {
		t.Errorf("link reads %q, %v", data, err)
	}
	if err := tree.Err(); err != nil {
		t.Error(err)
	}
	other, err := r.Tree(tree.ID())
	if err != nil || other.ID() != tree.ID() {
		t.Errorf("by its own id: %v", err)
	}
	if _, err := r.Tree(strings.Repeat("1", 40)); err == nil {
		t.Error("a tree that is not there")
	}
}
