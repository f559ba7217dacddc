package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// manualCommand writes what is derived from the command line: the man page and the completion.
type manualCommand struct {
	Form string `arg:"" enum:"man,bash" help:"man or bash."`
}

// Help is shown by --help.
func (manualCommand) Help() string {
	return examples("patchbot manual man >dist/patchbot.8", "patchbot manual bash >dist/patchbot.bash")
}

// Run writes one of the two.
func (c manualCommand) Run(sh *Shell, k *kong.Context) error {
	text := manPage(k.Model)
	if c.Form == "bash" {
		text = bashCompletion(k.Model)
	}
	_, err := io.WriteString(sh.Out, text)
	return err
}

// leaves are the commands that do something, in the order of the help, with their full names.
func leaves(n *kong.Node) []*kong.Node {
	var out []*kong.Node
	for _, c := range n.Children {
		switch {
		case c.Hidden:
		case len(c.Children) > 0:
			out = append(out, leaves(c)...)
		default:
			out = append(out, c)
		}
	}
	return out
}

// commandName is "hook install".
func commandName(n *kong.Node) string {
	var names []string
	for ; n.Parent != nil; n = n.Parent {
		names = append([]string{n.Name}, names...)
	}
	return strings.Join(names, " ")
}

// flagsOf are the visible flags of a node itself.
func flagsOf(n *kong.Node) []*kong.Flag {
	return slices.DeleteFunc(slices.Clone(n.Flags), func(f *kong.Flag) bool { return f.Hidden })
}

// manPage is a page for section 8 in the man(7) macros.
func manPage(app *kong.Application) string {
	var b strings.Builder
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	put(`.\" Made by "patchbot manual man": do not edit.`)
	put(`.TH PATCHBOT 8 "" "patchbot" "System Administration"`)
	put(".nh\n.ad l\n.SH NAME\npatchbot \\- review of patches that people mail to a wiki's list")
	put(".SH SYNOPSIS\n.B patchbot\n.RI [ options ]\n.I command\n.RI [ arguments ]")
	put(".SH DESCRIPTION")
	put("%s", roff("patchbot watches the inbox of a mailing list, takes the patches for a Markdown wiki, applies them as git am -3 would, checks the pages that they change, and replies in the thread. Its other commands run the same review on a contributor's machine, and show an administrator what the daemon did and why."))
	put(".SH OPTIONS")
	put("These go with every command.")
	for _, f := range flagsOf(app.Node) {
		put("%s", manFlag(f))
	}
	put(".SH COMMANDS")
	for _, n := range leaves(app.Node) {
		put(".SS %s", roff("patchbot "+commandName(n)+arguments(n)))
		put("%s", roff(n.Help))
		for _, p := range n.Positional {
			put(".TP\n.I %s\n%s", roff(p.Name), roff(p.Help))
		}
		for _, f := range flagsOf(n) {
			put("%s", manFlag(f))
		}
		put("%s", manDetail(n.Detail))
	}
	put("%s", manTail)
	return b.String()
}

// manTail is what no command knows.
const manTail = `.SH EXIT STATUS
.TP
.B 0
clean, or nothing to say
.TP
.B 1
there is a finding, a conflict or an incomplete series
.TP
.B 2
usage or configuration
.TP
.B 3
it could not be done: network, permissions, a defect
.SH ENVIRONMENT
.TP
.B PATCHBOT_CONFIG
the configuration file
.TP
.B NO_COLOR
when set, nothing is coloured
.TP
.B CREDENTIALS_DIRECTORY
where the service manager put the passwords and tokens, see
.BR systemd.exec (5)
.TP
.BR NOTIFY_SOCKET ", " WATCHDOG_USEC ", " JOURNAL_STREAM
set by the service manager: whom to tell of progress and how often, and whether the log goes to a journal, see
.BR sd_notify (3)
.SH FILES
.TP
.I /etc/patchbot/config.toml
the configuration; every key is explained in it
.TP
.I /etc/patchbot/credentials/
the passwords that the unit hands over, and the tokens of trackers, named
.I tracker-token-
and the list; readable by root alone
.TP
.I /etc/patchbot/templates/
own texts of replies; may be absent
.TP
.I /var/lib/patchbot/
the state: database, raw mails, mirrors of the repositories, heartbeat
.TP
.I /var/lib/patchbot/STOP
while this file exists, no mail leaves
.SH SIGNALS
SIGTERM and SIGINT let the daemon finish the mail that it is sending, and stop. SIGHUP makes it read its configuration and its
templates anew; a file with a mistake changes nothing, and the log names the keys that hold until a restart.
.SH SEE ALSO
.BR git\-am (1),
.BR git\-send\-email (1),
.BR systemctl (1),
.BR journalctl (1)`

// arguments are the positional arguments and the flags that are needed, as usage shows them.
func arguments(n *kong.Node) string {
	text := ""
	for _, p := range n.Positional {
		text += " " + p.Summary()
	}
	return text
}

func manFlag(f *kong.Flag) string {
	name := "\\fB" + roff("--"+f.Name) + "\\fP"
	if f.Short != 0 {
		name = "\\fB" + roff("-"+string(f.Short)) + "\\fP, " + name
	}
	if !f.IsBool() {
		name += "=\\fI" + roff(placeholder(f)) + "\\fP"
	}
	help := f.Help
	if len(f.Envs) > 0 {
		help += " Environment: " + strings.Join(f.Envs, ", ") + "."
	}
	return ".TP\n" + name + "\n" + roff(help)
}

// placeholder stands for the value of a flag.
func placeholder(f *kong.Flag) string {
	switch values := strings.Trim(strings.ReplaceAll(f.Enum, ",", "|"), "|"); {
	case f.PlaceHolder != "":
		return f.PlaceHolder
	case values != "":
		return values
	case f.HasDefault && f.Default != "":
		return f.Default
	default:
		return strings.ToUpper(f.Name)
	}
}

// manDetail sets the paragraphs of a command's help and its examples; the exit statuses have a section of their own.
func manDetail(detail string) string {
	detail, _, _ = strings.Cut(detail, "\nExit status:")
	text, samples, _ := strings.Cut(detail, "Examples:")
	var b strings.Builder
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if paragraph != "" {
			b.WriteString(".PP\n" + roff(strings.ReplaceAll(paragraph, "\n", " ")) + "\n")
		}
	}
	for sample := range strings.SplitSeq(strings.TrimSpace(samples), "\n") {
		if sample = strings.TrimSpace(sample); sample != "" {
			b.WriteString(".PP\n.RS 4\n.nf\n" + roff(sample) + "\n.fi\n.RE\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// roff writes text so that it is shown as it is.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", "...").Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
