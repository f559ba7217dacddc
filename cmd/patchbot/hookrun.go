package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"patchbot/internal/config"
	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
	"patchbot/internal/review"
)

type hookRun struct {
	File   string `arg:"" help:"The mail." type:"existingfile"`
	Header string `arg:"" optional:"" help:"Its header as git will send it."`
}

// Help is shown by --help.
func (hookRun) Help() string {
	return examples("patchbot hook run 0001-page.patch", "patchbot hook run 0002-page.patch headers")
}

// Run checks the mails that belong together once the last of them is named. It stops git send-email only for what the bot
// would find wrong: what could not be checked is no reason to keep a contributor from writing.
func (c hookRun) Run(ctx context.Context, sh *Shell) error {
	files, err := c.mails()
	if err != nil || len(files) == 0 {
		return c.pass(sh, err)
	}
	conf, err := loadConfig(sh, true)
	if err != nil {
		return c.pass(sh, err)
	}
	r, err := repo.Open(".")
	if err != nil {
		return c.pass(sh, err)
	}
	check := checkCommand{Input: files, Format: "text", judge: hookVerdict, onWire: repo.AsSent}
	check.Base = c.base(r, conf, files)
	toErr := *sh
	toErr.Out = sh.Err
	err = check.Run(ctx, &toErr)
	if err == errFindings {
		fmt.Fprintln(sh.Err, "\nNothing was sent. To send it all the same: git send-email --no-validate")
		return err
	}
	return c.pass(sh, err)
}

// pass lets the mails go.
func (hookRun) pass(sh *Shell, err error) error {
	if err != nil {
		fmt.Fprintf(sh.Err, "warning: patchbot could not check the patches: %v\n", err)
	}
	return nil
}

func hookVerdict(reports []*review.Report) error {
	for _, r := range reports {
		switch r.Verdict {
		case review.VerdictChangesNeeded, review.VerdictDoesNotApply:
			if !r.Failed() {
				return errFindings
			}
		}
	}
	return nil
}

// mails are the files that git send-email is about to send together with this one; none before the last of them is named.
// git 2.41 and later count them. For an older git they are the parts of the same series in the same directory.
func (c hookRun) mails() ([]string, error) {
	count, err1 := strconv.Atoi(os.Getenv("GIT_SENDEMAIL_FILE_COUNTER"))
	total, err2 := strconv.Atoi(os.Getenv("GIT_SENDEMAIL_FILE_TOTAL"))
	file, err := filepath.Abs(c.File)
	if err != nil {
		return nil, err
	}
	if err1 != nil || err2 != nil {
		return siblings(file)
	}
	list := filepath.Join(cmp.Or(os.Getenv("GIT_DIR"), ".git"), "patchbot-sendemail")
	text := ""
	if count > 1 {
		data, err := os.ReadFile(list)
		if err != nil {
			return nil, err
		}
		text = string(data)
	}
	text += file + "\n"
	if count < total {
		return nil, os.WriteFile(list, []byte(text), 0o600)
	}
	if count > 1 {
		if err := os.Remove(list); err != nil {
			return nil, err
		}
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n"), nil
}

// siblings are the parts of the series that the last part belongs to.
func siblings(file string) ([]string, error) {
	own, err := subjectOf(file)
	if err != nil || own.Total <= 1 {
		return []string{file}, err
	}
	if own.Index < own.Total {
		return nil, nil
	}
	names, err := filepath.Glob(filepath.Join(globQuote(filepath.Dir(file)), "*.patch"))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range names {
		s, err := subjectOf(name)
		if err == nil && s.Patch && s.Total == own.Total && s.Version == own.Version && s.Prefix == own.Prefix {
			out = append(out, name)
		}
	}
	if !slices.Contains(out, file) {
		out = append(out, file)
	}
	return out, nil
}

func globQuote(dir string) string {
	return regexp.MustCompile(`[*?\[\\]`).ReplaceAllString(dir, `\$0`)
}

func subjectOf(file string) (patch.Subject, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return patch.Subject{}, err
	}
	return patch.ParseSubject(email.Parse(raw, email.DefaultLimits()).Subject), nil
}

// fromCommit is the first line of a file that git format-patch wrote.
var fromCommit = regexp.MustCompile(`^From ([0-9a-f]{40}) Mon Sep 17 00:00:00 2001`)

// base is what to judge against: what check chooses where the clone follows a remote branch; else, since the patches are
// made from commits of this very branch, what the first of them was made on.
func (hookRun) base(r *repo.Repo, conf *config.Config, files []string) string {
	if upstream(r, conf) != "" {
		return ""
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return ""
		}
		if s := patch.ParseSubject(email.Parse(raw, email.DefaultLimits()).Subject); s.Numbered && s.Index == 0 {
			continue // the cover letter names the last commit
		}
		m := fromCommit.FindSubmatch(raw)
		if m == nil {
			return ""
		}
		c, err := r.Commit(string(m[1]))
		if err != nil || len(c.Parents) != 1 {
			return ""
		}
		return c.Parents[0]
	}
	return ""
}
