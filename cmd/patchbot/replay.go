package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"patchbot/internal/config"
	"patchbot/internal/repo"
	"patchbot/internal/review"
)

type replayCommand struct {
	Input []string `arg:"" help:"Mailbox, maildir, or - for standard input." name:"mbox"`
	target
	Prefix []string `help:"Only patches with this subject prefix; may be repeated (default: those of the configuration, else any)." placeholder:"PREFIX"`
	Then   bool     `help:"Judge each series against the branch as it stood when the mails came, by the dates of its commits."`
	Brief  bool     `help:"Do not print the text of the replies."`
	Format string   `help:"Output: text, json or sarif." enum:"text,json,sarif" default:"text"`
}

// Help is shown by --help.
func (replayCommand) Help() string {
	return "The daemon's whole logic runs over the archive in the order of arrival, on a state of its own that is thrown away, and\n" +
		"with a clock that follows the mails: what it would have sent, or why not. Nothing is sent;\nexternal links are asked as they are today, or not at all with --offline.\n" +
		"Without a configuration every mail of the archive counts as one of the list's.\n\n" +
		examples("patchbot replay --repo wiki.git list.mbox", "patchbot replay --config ./config.toml --then --brief ~/Maildir")
}

// Run replays an archive.
func (c replayCommand) Run(ctx context.Context, sh *Shell) error {
	conf, err := loadConfig(sh, true)
	if err != nil {
		return err
	}
	if c.Then && c.Base != "" {
		return usage(fmt.Errorf("--then and --base exclude each other"))
	}
	mails, err := readMails(ctx, sh, c.Input, nil, conf.Mail.MaxBytes)
	if err != nil {
		return err
	}
	conf, described, err := c.describe(conf, mails)
	if err != nil {
		return err
	}
	st, err := c.stage(ctx, sh, conf, described)
	if err != nil {
		return err
	}
	defer st.close()
	if err := st.play(ctx, inOrder(mails, limits(conf.Mail.MaxBytes))); err != nil {
		return err
	}
	told, err := st.outcome(ctx)
	if err != nil {
		return err
	}
	if err := c.print(sh, st, told); err != nil {
		return err
	}
	return verdictStatus(told.live)
}

// describe completes the configuration: flags take precedence, and where no list and no wiki are configured, the archive
// is one list's, and all patches in it are for one wiki. It tells whether list and wiki were described.
func (c replayCommand) describe(conf *config.Config, mails []archived) (*config.Config, bool, error) {
	out := *conf
	out.Bot.Address = cmp.Or(conf.Bot.Address, "patchbot@localhost")
	described := len(conf.Wikis) > 0 && len(conf.Lists) > 0
	if !described {
		out.Lists = []config.List{guessList(mails, limits(conf.Mail.MaxBytes))}
		w := config.DefaultWiki()
		if len(conf.Wikis) > 0 {
			w = conf.Wikis[0]
		}
		w.Name, w.Lists, w.Prefixes = cmp.Or(w.Name, "wiki"), []string{out.Lists[0].Name}, c.Prefix
		out.Wikis = []config.Wiki{w}
	} else if len(c.Prefix) > 0 {
		out.Wikis = nil
		for _, w := range conf.Wikis {
			w.Prefixes = slices.DeleteFunc(slices.Clone(w.Prefixes), func(have string) bool {
				return !slices.ContainsFunc(c.Prefix, func(p string) bool { return strings.EqualFold(p, have) })
			})
			if len(w.Prefixes) > 0 {
				out.Wikis = append(out.Wikis, w)
			}
		}
		if len(out.Wikis) == 0 {
			return nil, false, usage(fmt.Errorf("no configured wiki has the prefix %s", strings.Join(c.Prefix, " or ")), "`patchbot config` shows the prefixes")
		}
	}
	if c.Repo != "" && len(out.Wikis) > 1 {
		return nil, false, usage(fmt.Errorf("--repo names one repository, and %d wikis are configured", len(out.Wikis)), "choose one of them with --prefix PREFIX")
	}
	out.Lists = slices.Clone(out.Lists)
	for i := range out.Lists {
		out.Lists[i].Language = cmp.Or(c.Lang, out.Lists[i].Language)
	}
	out.Wikis = slices.Clone(out.Wikis)
	for i := range out.Wikis {
		out.Wikis[i].Host = cmp.Or(c.Host, out.Wikis[i].Host)
	}
	return &out, described, nil
}

// repository opens what the patches of a wiki are judged against: the one named, the one that one stands in, else what
// the daemon works with.
func (c replayCommand) repository(conf *config.Config, w config.Wiki) (*repo.Repo, error) {
	if c.Repo != "" || w.Repository == "" {
		return c.open()
	}
	if len(conf.Wikis) == 1 {
		if r, err := repo.Open("."); err == nil {
			return r, nil
		}
	}
	if !remote(w.Repository) {
		path := strings.TrimPrefix(w.Repository, "file://")
		r, err := repo.Open(path)
		if err != nil {
			return nil, unopened(err, "name a clone of the wiki with --repo DIR")
		}
		return r, nil
	}
	mirror := stateFile(conf, "mirrors", w.Name)
	r, err := repo.Open(mirror)
	if err != nil {
		return nil, usage(fmt.Errorf("the daemon has no mirror of %s yet: %w", w.Repository, err), "name a clone of the wiki with --repo DIR")
	}
	return r, nil
}

// revision is what a review is judged against, given the state of the clock.
func (c replayCommand) revision(conf *config.Config, described bool, w config.Wiki, clock *clock) func(*repo.Repo) (rev, how string) {
	return func(r *repo.Repo) (string, string) {
		if c.Base != "" {
			return c.Base, "asked"
		}
		tip := ""
		if described {
			for _, name := range []string{"origin/" + w.Branch, w.Branch, "HEAD"} {
				if _, err := r.Resolve(name); err == nil {
					tip = name
					break
				}
			}
		} else {
			tip = checkCommand{target: c.target}.tip(r, conf)
		}
		if c.Then {
			tip = asOf(r, tip, clock.now())
		}
		return tip, "tip"
	}
}

// print writes what came of the archive.
func (c replayCommand) print(sh *Shell, st *replayStage, told *replayOutcome) error {
	lang := language(st.conf, c.Lang)
	switch c.Format {
	case "json":
		return told.writeJSON(sh.Out, st.words, lang)
	case "sarif":
		return st.words.WriteSARIF(sh.Out, told.reports, lang)
	}
	return told.writeText(sh.Out, st.words, review.English, c.Brief)
}
