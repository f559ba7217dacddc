package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"patchbot/internal/checks"
	"patchbot/internal/config"
	"patchbot/internal/email"
	"patchbot/internal/review"
	"patchbot/internal/wiki"
)

const defaultConfig = "/etc/patchbot/config.toml"

// loadConfig reads the configuration that a command works with. A command that can do without one (optional) gets the
// defaults when no file was named and the default file does not exist.
func loadConfig(sh *Shell, optional bool) (*config.Config, error) {
	file := sh.Config
	if file == "" {
		file = defaultConfig
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) && optional {
			return config.Default(), nil
		}
	}
	c, err := config.Load(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usage(err, "name the file with --config FILE or in PATCHBOT_CONFIG; config.example.toml is a start")
	}
	return c, err
}

// ruleSet gives the rules with the configured weights; only limits them to those named, as --rules does.
func ruleSet(c *config.Config, only []string) (*checks.Set, error) {
	levels := map[string]checks.Severity{}
	for id, level := range c.Rules {
		levels[id] = severities[level]
	}
	set, err := checks.NewSet(levels)
	if err != nil {
		var problems config.Problems
		for id := range c.Rules {
			if _, one := checks.NewSet(map[string]checks.Severity{id: checks.Warning}); one != nil {
				problems = append(problems, config.Problem{File: c.File(), Line: c.Line("rules." + id), Text: one.Error()})
			}
		}
		if len(problems) > 0 {
			return nil, problems
		}
		return nil, usage(err)
	}
	if len(only) == 0 {
		return set, nil
	}
	if set, err = set.Only(only...); err != nil {
		return nil, usage(err, "`patchbot rules` lists the rules")
	}
	return set, nil
}

var severities = map[string]checks.Severity{"off": checks.Off, "note": checks.Note, "warning": checks.Warning, "error": checks.Error}

// translator reads the built-in words and those of the template directory, when there is one.
func translator(c *config.Config) (*review.Translator, error) {
	return translatorIn(review.Options{Overlay: directory(c.Templates)}, c.Templates)
}

// listTranslators reads the words of the lists that have a directory of their own, named like the list, in the template
// directory.
func listTranslators(c *config.Config) (map[string]*review.Translator, error) {
	own := map[string]*review.Translator{}
	for _, l := range c.Lists {
		dir := filepath.Join(c.Templates, l.Name)
		above := directory(dir)
		if c.Templates == "" || above == nil {
			continue
		}
		t, err := translatorIn(review.Options{Overlay: directory(c.Templates), Above: above}, dir)
		if err != nil {
			return nil, err
		}
		own[l.Name] = t
	}
	return own, nil
}

func translatorIn(o review.Options, dir string) (*review.Translator, error) {
	t, err := review.NewTranslator(o)
	if err != nil {
		return nil, usage(fmt.Errorf("templates in %s: %w", dir, err), "take the broken file away to get the built-in text back")
	}
	return t, nil
}

// directory is a directory as files, nil when there is none.
func directory(path string) fs.FS {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return nil
	}
	return os.DirFS(path)
}

func hostNamed(name string) (wiki.Host, error) {
	h, ok := wiki.HostByName(name)
	if !ok {
		return h, usage(fmt.Errorf("unknown host %q", name), "use sourcehut, github, gitlab or pandoc")
	}
	return h, nil
}

func own(w config.Wiki) wiki.Own {
	return wiki.Own{
		WikiURLs: w.URLs, RepoURLs: w.RepositoryURLs,
		Branches: append([]string{w.Branch}, w.BranchAliases...),
	}
}

// stateFile is a path below the state directory.
func stateFile(c *config.Config, elem ...string) string {
	return filepath.Join(append([]string{c.StateDir}, elem...)...)
}

// language is what a flag says, else the language of the first configured list, else French.
func language(c *config.Config, flag string) review.Lang {
	switch {
	case flag != "":
		return review.Lang(flag)
	case len(c.Lists) > 0:
		return review.Lang(c.Lists[0].Language)
	}
	return review.French
}

// wikiFor is the configured wiki of a subject prefix, else the first one, else the defaults.
func wikiFor(c *config.Config, prefix string) config.Wiki {
	for _, w := range c.Wikis {
		for _, p := range w.Prefixes {
			if strings.EqualFold(p, prefix) {
				return w
			}
		}
	}
	if len(c.Wikis) > 0 {
		return c.Wikis[0]
	}
	return config.DefaultWiki()
}

// listFor is the first configured list of a wiki, else a default one.
func listFor(c *config.Config, w config.Wiki) config.List {
	for _, l := range c.Lists {
		if len(w.Lists) > 0 && l.Name == w.Lists[0] {
			return l
		}
	}
	return config.DefaultList()
}

// composeOptions makes the reply that the bot would send from this configuration.
func composeOptions(c *config.Config, w config.Wiki, l config.List, lang review.Lang) review.ComposeOptions {
	o := review.ComposeOptions{
		RenderOptions: review.RenderOptions{Lang: lang, List: review.ListKind(l.Kind), Archive: l.Archive, Branch: w.Branch, WebURL: c.Web.URL, Listen: len(l.Addresses) > 0 && l.To != "author"},
		From:          email.Address{Name: c.Bot.Name, Addr: cmp.Or(c.Bot.Address, "patchbot@localhost")},
		Date:          time.Now(), To: review.Audience(l.To),
	}
	if len(l.Addresses) > 0 {
		o.ListAddress = l.Addresses[0]
	}
	o.Domain = o.From.Addr[strings.LastIndexByte(o.From.Addr, '@')+1:]
	return o
}
