// Command patchbot watches the inbox of a mailing list, reviews the patches for a Markdown wiki that arrive there, and
// replies in the thread. Its other commands run the same review on a contributor's machine, and show an administrator what
// the daemon did and why.
//
// This package only wires: it turns flags and configuration into the options of the other packages. The result of a command
// goes to standard output, everything else to standard error, and one table maps what happened to the exit status:
//
//	0  clean, or nothing to say
//	1  there is a finding, a conflict or an incomplete series
//	2  usage or configuration
//	3  it could not be done: network, permissions, a defect
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"patchbot/internal/bot"
	"patchbot/internal/config"
)

// The exit statuses, see the package comment.
const (
	exitClean    = 0
	exitFindings = 1
	exitUsage    = 2
	exitFailure  = 3
)

// errFindings ends a command that found something: nothing more is to be said, the exit status is 1.
var errFindings = errors.New("findings")

// failure is an error for the person at the terminal: one "error:" line and any number of "hint:" lines.
type failure struct {
	status int
	err    error
	hints  []string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// silent ends a command whose output has said everything, with an exit status.
type silent struct{ status int }

func (s *silent) Error() string { return fmt.Sprintf("exit status %d", s.status) }

// usage is a failure of what was asked, with what to do instead.
func usage(err error, hints ...string) error {
	return &failure{status: exitUsage, err: err, hints: hints}
}

// Shell is what a command may touch: the streams, the environment of the terminal and the global flags.
type Shell struct {
	In       io.Reader
	Out      io.Writer
	Err      io.Writer
	Terminal bool // Err is a terminal: progress may be shown
	Config   string

	Now   func() time.Time   // the daemon's clock; nil: the system's
	Parts func(*bot.Options) // sees the parts of the daemon's bot before they are put together, and may change them; may be nil
}

func (sh *Shell) clock() func() time.Time {
	if sh.Now == nil {
		return time.Now
	}
	return sh.Now
}

func (sh *Shell) adapt(o *bot.Options) {
	o.Now = sh.clock()
	if sh.Parts != nil {
		sh.Parts(o)
	}
}

// commands is the command line. The order is the order of the help.
type commands struct {
	Config string `help:"Configuration file (default: /etc/patchbot/config.toml)." env:"PATCHBOT_CONFIG" placeholder:"FILE" short:"c"`

	Demo    demoCommand    `cmd:"" help:"Run the whole system in one process, with sample mails and no configuration."`
	Serve   serveCommand   `cmd:"" help:"Run the daemon: watch the inbox, review, reply."`
	Check   checkCommand   `cmd:"" help:"Review patch files, a mailbox or a range of commits, as the bot would."`
	Lint    lintCommand    `cmd:"" help:"Run all rules over pages as they stand."`
	Links   linksCommand   `cmd:"" help:"Ask external links: one class and its evidence for each."`
	Series  seriesCommand  `cmd:"" help:"Show how the mails of a mailbox assemble into series."`
	Replay  replayCommand  `cmd:"" help:"Run the daemon's whole logic over an archive and show what it would have sent, or why not."`
	Why     whyCommand     `cmd:"" help:"Show the journal of one message: taken or ignored and why, verdict, reply, delivery."`
	Status  statusCommand  `cmd:"" help:"Show cursor, open series, outbox and the last errors."`
	Release releaseCommand `cmd:"" help:"Let a reply go that waits for a person, or drop it."`
	Doctor  doctorCommand  `cmd:"" help:"Check configuration, servers, repository, database, clock, disk and permissions, and say how to repair them."`
	Backup  backupCommand  `cmd:"" help:"Write the whole state into one archive, while the daemon runs."`
	Store   storeCommand   `cmd:"" help:"Move the state from one database to another."`
	Forget  forgetCommand  `cmd:"" help:"Erase everything of one person."`
	Rules   rulesCommand   `cmd:"" help:"List the rules."`
	Explain explainCommand `cmd:"" help:"Explain one rule, with a bad and a good example."`
	Conf    configCommand  `cmd:"" name:"config" help:"Show the effective configuration, secrets masked."`
	Hook    hookCommand    `cmd:"" help:"Let git send-email run check before it sends."`
	Version versionCommand `cmd:"" help:"Show the version."`
	Manual  manualCommand  `cmd:"" hidden:"" help:"Write the man page or the completion of the shell."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], &Shell{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Terminal: isTerminal(os.Stderr)})
	stop()
	os.Exit(status)
}

// run executes one command line and gives its exit status.
func run(ctx context.Context, args []string, sh *Shell) (status int) {
	var cli commands
	exited := -1
	parser, err := kong.New(&cli,
		kong.Name("patchbot"),
		kong.Description("Automatic review of patches to a Markdown wiki, by mail."),
		kong.Writers(sh.Out, sh.Err),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.ValueFormatter(plainHelp),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(sh),
	)
	if err != nil {
		return report(sh, fmt.Errorf("command line: %w", err))
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited // --help has been printed
	}
	if err != nil {
		// An empty default of a choice is no choice.
		err = errors.New(strings.Replace(err.Error(), `must be one of "",`, "must be one of ", 1))
		return report(sh, usage(err, "run `patchbot --help`, or `patchbot COMMAND --help`"))
	}
	sh.Config = cli.Config
	return report(sh, parsed.Run())
}

// plainHelp leaves the help of a flag as it is written.
func plainHelp(v *kong.Value) string { return v.Help }

// report prints what ended a command and gives the exit status: the one place that maps errors to statuses.
func report(sh *Shell, err error) int {
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFindings):
		return exitFindings
	}
	var said *silent
	if errors.As(err, &said) {
		return said.status
	}
	status, hints := exitFailure, []string(nil)
	var f *failure
	var problems config.Problems
	switch {
	case errors.As(err, &f):
		status, hints = f.status, f.hints
	case errors.As(err, &problems):
		for _, p := range problems {
			fmt.Fprintf(sh.Err, "error: %s\n", p)
			if p.Hint != "" {
				fmt.Fprintf(sh.Err, "hint: %s\n", p.Hint)
			}
		}
		return exitUsage
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(sh.Err, "error: interrupted")
		return exitFailure
	}
	fmt.Fprintf(sh.Err, "error: %s\n", strings.TrimSpace(err.Error()))
	for _, h := range hints {
		fmt.Fprintf(sh.Err, "hint: %s\n", h)
	}
	return status
}
