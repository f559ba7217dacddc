package review

import (
	"fmt"
	"net/url"
	"strings"

	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// commands are lines for a reader to copy into a shell, each without its indentation. A list that does not apply is empty.
type commands struct {
	Fix    []string // change the commits and send the next version
	Rebase []string // put the commits on the current version and send
	Check  []string // the same review, before sending
	Resend []string // send the missing parts
	Redo   []string // send again as it should have been
	Drop   string   // leave empty commits out
	Mbox   string   // apply from the archive
	Fetch  string   // apply from a published branch
}

func (b *builder) commands() commands {
	var c commands
	next := max(b.r.Series.Version, b.r.Series.Labelled()) + 1
	switch b.r.Verdict {
	case VerdictClean, VerdictRemarks:
		if b.r.Mailed == nil { // what git makes of the mail is not what its author wrote
			c.Mbox, c.Fetch = b.mbox(), b.fetch()
		}
	}
	switch b.r.Verdict {
	case VerdictRemarks, VerdictChangesNeeded:
		c.Fix = b.fix(next)
		if len(b.r.Findings) == 0 { // only the way of mailing is to be changed
			c.Fix = b.send(next, b.posted())
		}
		c.Check = []string{"patchbot check " + b.posted()}
	case VerdictDoesNotApply:
		switch {
		case b.r.Mailed != nil:
			c.Redo = b.send(next, b.posted())
		case b.r.Apply.Status == repo.StatusRefused:
			c.Fix, c.Check = b.fix(next), []string{"patchbot check " + b.posted()}
		case b.r.Apply.Already == nil && b.r.Apply.Status != repo.StatusAlreadyApplied || !b.r.Series.Single() && b.r.Apply.Failed != nil:
			c.Rebase = append([]string{"git fetch origin", "git rebase " + b.upstream()}, b.send(next, b.upstream()+"..")...)
		}
	case VerdictIncomplete:
		c.Resend = b.resend()
	case VerdictNotReviewed:
		if b.r.Trouble == nil {
			c.Redo = b.send(next, b.posted())
		}
		if b.empty() {
			c.Drop = "git rebase --force-rebase --no-keep-empty " + b.upstream()
		}
	}
	return c
}

// empty reports whether the series was not reviewed because one of several patches changes nothing.
func (b *builder) empty() bool {
	s := &b.r.Series
	return !s.Single() && (s.Damage != nil && s.Damage.Kind == patch.DamageLost || b.r.Apply.Status == repo.StatusEmpty)
}

// upstream is the remote branch that contributors work on.
func (b *builder) upstream() string { return quoteShell("origin/" + clean(b.branch())) }

// posted is the range of the commits of the series in the contributor's clone.
func (b *builder) posted() string {
	if b.r.Series.Single() {
		return "HEAD~.."
	}
	return b.upstream() + ".."
}

func (b *builder) fix(next int) []string {
	if b.r.Series.Single() {
		return append([]string{"git commit --amend"}, b.send(next, "-1")...)
	}
	return append([]string{"git rebase -i " + b.upstream()}, b.send(next, b.upstream()+"..")...)
}

// send is git send-email for what the revisions name, with the prefix and the address that bring it here.
func (b *builder) send(version int, revisions string) []string {
	s := &b.r.Series
	args := []string{"git send-email", fmt.Sprintf("-v%d", version)}
	if s.Cover != "" {
		args = append(args, "--cover-letter --annotate")
	}
	if s.Prefix != "" {
		args = append(args, "--subject-prefix="+quoteShell("PATCH "+clean(s.Prefix)))
	}
	if b.o.ListAddress != "" {
		args = append(args, "--to="+quoteShell(b.o.ListAddress))
	}
	if m := b.r.Mailed; m != nil && m.Kind == MailedNoPrefix {
		args = append(args, "--src-prefix=a/ --dst-prefix=b/") // every git has these; --default-prefix came with 2.41
	}
	return continued(append(args, revisions))
}

// maxResend is how many missing parts are named one by one in a command.
const maxResend = 5

func (b *builder) resend() []string {
	s := &b.r.Series
	if len(s.Missing) > maxResend {
		return nil
	}
	version := ""
	if s.Labelled() > 1 {
		version = fmt.Sprintf("v%d-", s.Labelled())
	}
	args := []string{"git send-email", "--in-reply-to=" + quoteShell("<"+clean(s.Root)+">")}
	if b.o.ListAddress != "" {
		args = append(args, "--to="+quoteShell(b.o.ListAddress))
	}
	for _, index := range s.Missing {
		args = append(args, fmt.Sprintf("%s%04d-*.patch", version, index))
	}
	return continued(args)
}

// mbox is the command that applies the series from an archive. Only an archive of SourceHut has a known address for a
// single mail; for a series the address of its mailbox must be given.
func (b *builder) mbox() string {
	s := &b.r.Series
	from := b.o.Mbox
	if from == "" && b.o.List == ListSourceHut && b.o.Archive != "" && len(s.Parts) == 1 && s.Single() {
		from = strings.TrimSuffix(b.o.Archive, "/") + "/" + url.PathEscape("<"+s.Parts[0].MessageID+">") + "/raw"
	}
	if from == "" {
		return ""
	}
	return "curl -s " + quoteShell(clean(from)) + " | git am -3"
}

func (b *builder) fetch() string {
	if b.o.GitURL == "" || b.o.FetchRef == "" {
		return ""
	}
	return "git fetch " + quoteShell(clean(b.o.GitURL)) + " " + quoteShell(clean(b.o.FetchRef)) + " && git merge --ff-only FETCH_HEAD"
}

// commandWidth is the width of a line of a command, its indentation of two aside.
const commandWidth = proseWidth - 2

// continued joins the words of a command, over several lines when one would be too wide.
func continued(words []string) []string {
	var lines []string
	current := ""
	for _, w := range words {
		switch {
		case current == "":
			current = w
		case columns(current)+1+columns(w)+2 > commandWidth:
			lines = append(lines, current+" \\")
			current = "  " + w
		default:
			current += " " + w
		}
	}
	return append(lines, current)
}

// quoteShell makes s one word for a POSIX shell. What needs no quotation marks gets none.
func quoteShell(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:@%+,=", r)
	}
	if s != "" && strings.IndexFunc(s[1:], func(r rune) bool { return !plain(r) && r != '~' }) < 0 && plain(rune(s[0])) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// ReportURL is the page of one version of a series on the bot's web pages; empty when there are none.
func ReportURL(web string, s *Series) string {
	if web == "" {
		return ""
	}
	return fmt.Sprintf("%s/s/%s?v=%d", strings.TrimSuffix(web, "/"), url.PathEscape(s.ID), s.Version)
}

func rulesURL(web string) string {
	if web == "" {
		return ""
	}
	return strings.TrimSuffix(web, "/") + "/rules"
}
