package repo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrNoGit: there is no git binary on this machine.
var ErrNoGit = errors.New("no git on this machine")

// Verification is what the git binary of this machine made of the mails that Apply was given.
type Verification struct {
	Git     string // "git version 2.39.5"
	Applies bool   // git am -3 ended well
	Tree    string // of its last commit, 40 hex; empty unless Applies
	Output  string // what it printed, cut at 4 KiB
	// Agrees: it ended as Apply did. What Apply found too large or dependent on git's version, and a mode that git takes
	// although it cannot read the tree back, always agrees.
	Agrees bool
}

// verifyTime bounds one verification.
const verifyTime = time.Minute

// Verify runs `git am -3` over the raw mails of a series, in order, on the commit that applied started from, and compares.
// git works in a directory of its own under the system's temporary directory, removed afterwards, with no configuration,
// hooks, attributes, network or environment of anybody's; it only reads the objects of the repository, which has to be one
// on disk. Nothing but this method ever runs git.
func (r *Repo) Verify(ctx context.Context, applied *Applied, mails [][]byte) (*Verification, error) {
	binary, err := exec.LookPath("git")
	if err != nil {
		return nil, ErrNoGit
	}
	if len(r.dirs) == 0 {
		return nil, errors.New("verify with git: the repository is not on disk")
	}
	dir, err := os.MkdirTemp("", "patchbot-verify-")
	if err != nil {
		return nil, fmt.Errorf("verify with git: %w", err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(ctx, verifyTime)
	defer cancel()
	p := &proof{ctx: ctx, binary: binary, dir: dir}
	v, err := p.run(r.dirs, applied.Base, mails)
	if err != nil {
		return nil, fmt.Errorf("verify with git: %w", err)
	}
	v.Agrees = v.agrees(applied)
	return v, nil
}

func (v *Verification) agrees(a *Applied) bool {
	switch {
	case a.Status == StatusTooLarge || a.DependsOnGit:
		return true
	case a.Status == StatusRefused && a.Failed != nil && a.Failed.Reason == "mode":
		return true
	case a.Status == StatusApplied || a.Status == StatusAlreadyApplied:
		return v.Applies && v.Tree == a.Tree
	}
	return !v.Applies
}

// proof is one throw-away work tree.
type proof struct {
	ctx    context.Context
	binary string
	dir    string
}

// run sets the work tree up and applies the mails in it.
func (p *proof) run(objects []string, base string, mails [][]byte) (*Verification, error) {
	var v Verification
	var err error
	if v.Git, err = p.git("--version"); err != nil {
		return nil, err
	}
	if _, err := p.git("init", "-q", "--template=", "work"); err != nil {
		return nil, err
	}
	work := filepath.Join(p.dir, "work")
	info := filepath.Join(work, ".git", "objects", "info")
	if err := os.MkdirAll(info, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(info, "alternates"), []byte(strings.Join(objects, "\n")+"\n"), 0o644); err != nil {
		return nil, err
	}
	files := make([]string, len(mails))
	for i, mail := range mails {
		files[i] = filepath.Join(p.dir, fmt.Sprintf("%04d.eml", i+1))
		if err := os.WriteFile(files[i], mail, 0o644); err != nil {
			return nil, err
		}
	}
	for _, args := range [][]string{{"update-ref", "--no-deref", "HEAD", base}, {"reset", "-q", "--hard"}} {
		if _, err := p.git(append([]string{"-C", work}, args...)...); err != nil {
			return nil, err
		}
	}
	out, err := p.git(append([]string{"-C", work, "am", "-3"}, files...)...)
	if ended := (*exec.ExitError)(nil); err != nil && !errors.As(err, &ended) || p.ctx.Err() != nil {
		return nil, errors.Join(err, p.ctx.Err())
	}
	const shown = 4 << 10
	v.Applies, v.Output = err == nil, out[:min(len(out), shown)]
	if v.Applies {
		v.Tree, err = p.git("-C", work, "rev-parse", "HEAD^{tree}")
	} else {
		err = nil
	}
	return &v, err
}

// git runs the binary without anybody's settings and returns what it prints, the last line feed cut.
func (p *proof) git(args ...string) (string, error) {
	var settings []string
	for _, s := range []string{
		"core.hooksPath=/dev/null", "core.fsmonitor=false", "core.attributesFile=/dev/null", "core.excludesFile=/dev/null",
		"gc.auto=0", "maintenance.auto=false", "commit.gpgSign=false", "protocol.allow=never", "advice.detachedHead=false",
	} {
		settings = append(settings, "-c", s)
	}
	c := exec.CommandContext(p.ctx, p.binary, append(settings, args...)...)
	c.Dir = p.dir
	c.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "LC_ALL=C", "TZ=UTC", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "GIT_CEILING_DIRECTORIES=" + p.dir, "GIT_NO_REPLACE_OBJECTS=1",
		"GIT_COMMITTER_NAME=patchbot", "GIT_COMMITTER_EMAIL=patchbot@localhost.invalid", "GIT_COMMITTER_DATE=@0 +0000",
	}
	out, err := c.CombinedOutput()
	text := strings.TrimSuffix(string(out), "\n")
	if err != nil {
		const shown = 200
		err = fmt.Errorf("git %s: %w: %s", args[len(args)-1], err, text[:min(len(text), shown)])
	}
	return text, err
}
