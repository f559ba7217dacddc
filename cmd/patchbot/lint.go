package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"patchbot/internal/checks"
	"patchbot/internal/config"
	"patchbot/internal/repo"
	"patchbot/internal/review"
	"patchbot/internal/wiki"
)

type lintCommand struct {
	Path []string `arg:"" optional:"" help:"Pages or directories (default: the whole wiki)." name:"path"`
	target
	Format string `help:"Output: text, json or sarif." enum:"text,json,sarif" default:"text"`
}

// Help is shown by --help.
func (lintCommand) Help() string {
	return "Without --base the files on disk are read, all of a repository's pages being known to the links; with --base the\npages of that revision.\n\n" +
		examples("patchbot lint", "patchbot lint --format json --base origin/main guides/")
}

// Run lints pages as they stand.
func (c lintCommand) Run(sh *Shell) error {
	conf, err := loadConfig(sh, true)
	if err != nil {
		return err
	}
	set, err := ruleSet(conf, c.Rules)
	if err != nil {
		return err
	}
	w := wikiFor(conf, "")
	host, err := hostNamed(c.host(w))
	if err != nil {
		return err
	}
	tree, paths, err := c.tree()
	if err != nil {
		return err
	}
	set, settings := review.Relax(set, tree)
	findings, err := checks.Lint(set, checks.LintInput{Tree: tree, Paths: paths, Host: host, Own: own(w)})
	if err != nil {
		return fmt.Errorf("lint: %w", err)
	}
	if line := settings.Line(); line != "" {
		fmt.Fprintln(sh.Err, "note:", line)
	}
	if err := c.print(sh, conf, findings, settings); err != nil {
		return err
	}
	if len(findings) > 0 {
		return errFindings
	}
	return nil
}

func (c lintCommand) print(sh *Shell, conf *config.Config, findings []checks.Finding, settings *review.Settings) error {
	words, err := translator(conf)
	if err != nil {
		return err
	}
	lang := language(conf, c.Lang)
	switch c.Format {
	case "json":
		return words.WriteLintJSON(sh.Out, findings, settings, lang)
	case "sarif":
		return words.WriteLintSARIF(sh.Out, findings, lang)
	default:
		return words.WriteLint(sh.Out, findings, lang)
	}
}

// tree gives the files to look into, and the paths to lint within them.
func (c lintCommand) tree() (wiki.Tree, []string, error) {
	if c.Base != "" {
		r, err := c.open()
		if err != nil {
			return nil, nil, err
		}
		id, err := r.Resolve(c.Base)
		if err != nil {
			return nil, nil, usage(fmt.Errorf("base %s: %w", c.Base, err))
		}
		t, err := r.Tree(id)
		if err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", c.Base, err)
		}
		paths, err := c.below(t, func(p string) (string, error) { return filepath.ToSlash(filepath.Clean(p)), nil })
		return t, paths, err
	}
	root, err := c.root()
	if err != nil {
		return nil, nil, err
	}
	t := wiki.DirTree(hideGit{os.DirFS(root)})
	paths, err := c.below(t, func(p string) (string, error) { return relative(root, p) })
	return t, paths, err
}

// root is the directory that links resolve in: the repository's, else the one path given, else the directory one stands in.
func (c lintCommand) root() (string, error) {
	start := c.Repo
	if start == "" {
		start = "."
		if len(c.Path) > 0 {
			start = c.Path[0]
			if info, err := os.Stat(start); err == nil && !info.IsDir() {
				start = filepath.Dir(start)
			}
		}
	}
	if r, err := repo.Open(start); err == nil && r.Worktree() != "" {
		return filepath.Abs(r.Worktree())
	}
	if info, err := os.Stat(start); err != nil || !info.IsDir() {
		return "", usage(fmt.Errorf("read %s: no such directory", start))
	}
	return filepath.Abs(start)
}

func relative(root, p string) (string, error) {
	abs, err := filepath.Abs(p)
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(root, abs)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return "", usage(fmt.Errorf("%s lies outside of %s", p, root), "stand in the wiki, or name it with --repo DIR")
	}
	return filepath.ToSlash(rel), nil
}

// below turns the arguments into paths of the tree; none means all.
func (c lintCommand) below(t wiki.Tree, rel func(string) (string, error)) ([]string, error) {
	var paths []string
	for _, arg := range c.Path {
		p, err := rel(arg)
		if err != nil {
			return nil, err
		}
		if p == "." {
			return nil, nil
		}
		if _, _, ok := t.Lookup(p); !ok {
			return nil, usage(fmt.Errorf("read %s: no such file or directory", arg))
		}
		paths = append(paths, p)
	}
	return paths, nil
}

// hideGit is a directory without its .git.
type hideGit struct{ fs.FS }

// Open refuses .git and what lies below it.
func (h hideGit) Open(name string) (fs.File, error) {
	if name == ".git" || strings.HasPrefix(name, ".git/") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return h.FS.Open(name)
}

// ReadDir leaves .git out.
func (h hideGit) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(h.FS, name)
	out := entries[:0]
	for _, e := range entries {
		if name != "." || e.Name() != ".git" {
			out = append(out, e)
		}
	}
	return out, err
}
