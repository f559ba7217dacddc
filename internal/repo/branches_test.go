package repo

import (
	"net/http/cgi"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbot/testdata"
)

// The branches are the same whether the repository is asked over HTTP, served by git itself, or opened in place; a mirror
// over HTTP has them too.
func TestBranches(t *testing.T) {
	dir := t.TempDir()
	bare := filepath.Join(dir, "wiki.git")
	if _, err := UnpackBundle(testdata.Bundle, bare); err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", bare}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("branch", "brouillon/é", "main~3")
	want := map[string]string{"main": git("rev-parse", "main"), "brouillon/é": git("rev-parse", "main~3")}

	program, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&cgi.Handler{Path: program, Args: []string{"http-backend"},
		Env: []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1"}})
	defer server.Close()
	url := server.URL + "/wiki.git"
	for _, from := range []string{url, bare, "file://" + bare} {
		got, err := Branches(t.Context(), MirrorOptions{URL: from})
		if err != nil {
			t.Fatalf("%s: %v", from, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: branches (-want +got):\n%s", from, diff)
		}
	}
	mirror, err := Mirror(t.Context(), MirrorOptions{URL: url, Dir: filepath.Join(dir, "mirror.git")})
	if err != nil {
		t.Fatal(err)
	}
	defer mirror.Close()
	if got, err := mirror.branches(); err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("mirror: %v, %v", got, err)
	}
	if _, err := Branches(t.Context(), MirrorOptions{URL: server.URL + "/nosuch.git"}); err == nil || !strings.Contains(err.Error(), "/nosuch.git: ") {
		t.Errorf("a repository that does not exist: %v", err)
	}
	secret := strings.Replace(server.URL, "http://", "http://u:secret@", 1) + "/nosuch.git"
	if _, err := Branches(t.Context(), MirrorOptions{URL: secret}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a password in the URL: %v", err)
	}
}
