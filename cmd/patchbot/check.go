package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"patchbot/internal/config"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
	"patchbot/internal/review"
)

// target are the flags of the commands that look into a repository.
type target struct {
	Repo    string   `help:"Repository, bare or not (default: the one that you stand in)." placeholder:"DIR"`
	Base    string   `help:"Revision to judge against (default: the branch that patches are for)." placeholder:"REV"`
	Lang    string   `help:"Language: fr or en (default: of the configured list, else fr)." enum:",fr,en" default:""`
	Rules   []string `help:"Only these rules, separated by commas." placeholder:"RULE"`
	Offline bool     `help:"Ask no web server."`
	Host    string   `help:"Rules of links and anchors: sourcehut, github, gitlab or pandoc (default: as configured, else sourcehut)." enum:",sourcehut,github,gitlab,pandoc" default:""`
}

// open opens the repository.
func (t target) open() (*repo.Repo, error) {
	dir := t.Repo
	if dir == "" {
		dir = "."
	}
	r, err := repo.Open(dir)
	if err != nil {
		return nil, unopened(err, "stand in a clone of the wiki, or name one with --repo DIR")
	}
	return r, nil
}

// unopened is the error of a repository that could not be opened, with a hint that helps against it.
func unopened(err error, hint string) error {
	switch {
	case errors.Is(err, repo.ErrSHA256):
		hint = "patchbot needs a repository with SHA-1 object ids, as git init makes it by default"
	case errors.Is(err, repo.ErrReftable):
		hint = "git refs migrate --ref-format=files makes the references readable"
	}
	return usage(err, hint)
}

// host is what the flag says, else what the wiki is configured with.
func (t target) host(w config.Wiki) string {
	if t.Host != "" {
		return t.Host
	}
	return w.Host
}

type checkCommand struct {
	Input []string `arg:"" optional:"" help:"Patch files, a mailbox, a maildir, - for standard input, or a range such as main..HEAD (default: the commits that the upstream branch lacks)." name:"file"`
	target
	Prefix []string `help:"Only patches with this subject prefix; may be repeated." placeholder:"PREFIX"`
	Format string   `help:"Output: text, json, sarif, or mail for the complete reply." enum:"text,json,sarif,mail" default:"text"`
	Verify bool     `help:"Have the git of this machine apply the patches too, and say on standard error where it disagrees."`

	judge  func([]*review.Report) error `kong:"-"` // of the exit status; nil: verdictStatus
	onWire func(raw []byte) []byte      `kong:"-"` // what becomes of a mail of the input before it is sent; nil: nothing
}

// Help is shown by --help.
func (checkCommand) Help() string {
	return "The verdict and the text are those of the reply that the bot would send. Nothing is sent, and nothing in the\nrepository changes.\n\n" +
		examples("patchbot check origin/main..", "git format-patch --stdout -3 | patchbot check --format json -")
}

// Run reviews every series of the input.
func (c checkCommand) Run(ctx context.Context, sh *Shell) error {
	conf, err := loadConfig(sh, true)
	if err != nil {
		return err
	}
	r, err := c.open()
	if err != nil {
		return err
	}
	base, how, input, err := c.bases(r, conf)
	if err != nil {
		return err
	}
	mails, err := readMails(ctx, sh, input, r, conf.Mail.MaxBytes)
	if err != nil {
		return err
	}
	if c.onWire != nil {
		for i := range mails {
			mails[i].raw = c.onWire(mails[i].raw)
		}
	}
	asm := assemble(mails, limits(conf.Mail.MaxBytes), c.Prefix)
	reports, err := c.review(ctx, sh, conf, r, asm, base, how)
	if err != nil {
		return err
	}
	words, err := translator(conf)
	if err != nil {
		return err
	}
	if err := c.print(sh, conf, words, reports, asm); err != nil {
		return err
	}
	if len(mails) > 0 && len(asm.Series) == 0 {
		return usage(errors.New("no patch in the input"), "a patch is a mail: git format-patch writes it, a bare git diff is none")
	}
	if c.judge != nil {
		return c.judge(reports)
	}
	return verdictStatus(reports)
}

// bases chooses what the series are judged against. A range is judged against its older end; files against --base, else
// the upstream branch when commits of one's own stand on it, else HEAD.
func (c checkCommand) bases(r *repo.Repo, conf *config.Config) (base, how string, input []string, err error) {
	input = c.Input
	if len(input) == 0 {
		up := upstream(r, conf)
		if up == "" {
			return "", "", nil, usage(fmt.Errorf("nothing to check: the repository has no upstream branch"), "name patch files, a mailbox, - for standard input, or a range such as main..HEAD")
		}
		input = []string{up + "..HEAD"}
	}
	switch {
	case c.Base != "":
		base, how = c.Base, "asked"
	case isRange(input[0]):
		base, how = strings.SplitN(strings.ReplaceAll(input[0], "...", ".."), "..", 2)[0], "asked"
		if base == "" {
			base = "HEAD"
		}
	default:
		base, how = c.tip(r, conf), "tip"
	}
	id, err := r.Resolve(base)
	if err != nil {
		return "", "", nil, usage(fmt.Errorf("base %s: %w", base, err), "name a revision that the repository knows with --base REV")
	}
	return id, how, input, nil
}

// tip is the branch that a patch file is for: upstream when the author's own commits stand on it, so that a patch made
// from them is not found applied already; HEAD otherwise.
func (c checkCommand) tip(r *repo.Repo, conf *config.Config) string {
	up := upstream(r, conf)
	if up == "" {
		return "HEAD"
	}
	head, err1 := r.Resolve("HEAD")
	there, err2 := r.Resolve(up)
	if err1 != nil || err2 != nil || r.IsAncestor(head, there) {
		return "HEAD"
	}
	return up
}

// upstream names the remote branch that a clone follows, or nothing.
func upstream(r *repo.Repo, conf *config.Config) string {
	candidates := []string{"origin/HEAD", "origin/main", "origin/master"}
	if len(conf.Wikis) > 0 {
		candidates = append([]string{"origin/" + conf.Wikis[0].Branch}, candidates...)
	}
	for _, name := range candidates {
		if _, err := r.Resolve(name); err == nil {
			return name
		}
	}
	return ""
}

func (c checkCommand) review(ctx context.Context, sh *Shell, conf *config.Config, r *repo.Repo, asm *patch.Assembly, base, how string) ([]*review.Report, error) {
	set, err := ruleSet(conf, c.Rules)
	if err != nil {
		return nil, err
	}
	ask, err := askOnce(conf, c.Offline)
	if err != nil {
		return nil, err
	}
	bar := newProgress(sh)
	defer bar.clear()
	var reports []*review.Report
	for i, s := range asm.Series {
		if s.SupersededBy != "" {
			continue // the later version is judged
		}
		bar.say("series %d of %d: %s", i+1, len(asm.Series), s.Subject)
		w := wikiFor(conf, s.Prefix)
		host, err := hostNamed(c.host(w))
		if err != nil {
			return nil, err
		}
		req := review.Request{Series: s, Repo: r, Base: base, How: how, Branch: branchName(c.target, w, base, how), Rules: set, Host: host, Own: own(w)}
		req.Below, req.Unknown = asm.Foundation(s)
		req.Ask = ask
		if c.Verify || conf.Apply.VerifyWithGit {
			req.Verify = verifier(sh, r, s.Subject)
		}
		rep, err := review.Review(ctx, req)
		if err != nil {
			return nil, fmt.Errorf("review %q: %w", s.Subject, err)
		}
		if line := rep.Settings.Line(); line != "" {
			bar.clear()
			fmt.Fprintln(sh.Err, "note:", line)
		}
		reports = append(reports, rep)
	}
	return reports, nil
}

// branchName is how the base is called in the text of a reply.
func branchName(t target, w config.Wiki, base, how string) string {
	if how == "asked" && t.Base != "" && !strings.HasPrefix(base, t.Base) {
		return t.Base
	}
	return w.Branch
}

func (c checkCommand) print(sh *Shell, conf *config.Config, words *review.Translator, reports []*review.Report, asm *patch.Assembly) error {
	lang := language(conf, c.Lang)
	switch c.Format {
	case "json":
		return words.WriteJSON(sh.Out, reports, lang)
	case "sarif":
		return words.WriteSARIF(sh.Out, reports, lang)
	}
	if len(reports) == 0 {
		fmt.Fprintln(sh.Err, "nothing to check")
		for _, m := range asm.Ignored {
			fmt.Fprintf(sh.Err, "not taken: %q: %s\n", m.Message.Subject, m.Reason)
		}
		return nil
	}
	own, err := listTranslators(conf)
	if err != nil {
		return err
	}
	for i, rep := range reports {
		if i > 0 {
			fmt.Fprintln(sh.Out)
		}
		w := wikiFor(conf, rep.Series.Prefix)
		l := listFor(conf, w)
		o, words := composeOptions(conf, w, l, lang), cmp.Or(own[l.Name], words)
		if c.Format == "mail" {
			reply, err := words.Compose(rep, o)
			if err != nil {
				return err
			}
			raw, err := reply.Bytes(false)
			if err != nil {
				return err
			}
			if _, err := sh.Out.Write(raw); err != nil {
				return err
			}
			continue
		}
		o.Unsigned = true
		text, err := words.Render(rep, o.RenderOptions)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprint(sh.Out, text.Body); err != nil {
			return err
		}
	}
	return nil
}

// verdictStatus is 1 when a series is not clean and 3 when one could not be reviewed for reasons that are not its own.
func verdictStatus(reports []*review.Report) error {
	for _, rep := range reports {
		if rep.Failed() {
			return fmt.Errorf("review %q: %s", rep.Series.Subject, rep.Trouble.Detail)
		}
	}
	for _, rep := range reports {
		if rep.Verdict != review.VerdictClean {
			return errFindings
		}
	}
	return nil
}
