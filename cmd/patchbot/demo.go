package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/config"
	"patchbot/internal/email"
	"patchbot/internal/mailbox"
	"patchbot/internal/mailbox/loopback"
	"patchbot/internal/repo"
	"patchbot/internal/store"
	"patchbot/internal/web"
	"patchbot/internal/wiki"
	"patchbot/testdata"
)

type demoCommand struct {
	Once bool   `help:"Exit when all replies are out; the exit status is 1 when one is missing or one too many came."`
	Lang string `help:"Language of the replies: fr or en." enum:"fr,en" default:"fr"`
	Log  bool   `help:"Show the log of the daemon on standard error."`
}

// Help is shown by --help.
func (demoCommand) Help() string {
	return "Everything runs in this process and on loopback; no mail leaves the machine, and nothing is kept.\n\n" +
		examples("patchbot demo", "patchbot demo --once --lang en")
}

// scene is one step of the demo: the wiki stands at a commit, mails arrive, and a reply with a verdict is expected, or none.
type scene struct {
	title   string
	base    string   // commit that the branch of the wiki stands at
	mails   []string // files of testdata/demo, in order of arrival
	verdict string   // X-Patchbot-Verdict of the reply, empty when the mails must be left alone
}

// scenes are real commits of the wiki, mailed with git send-email.
func scenes() []scene {
	return []scene{
		{"a patch with nothing to remark", "c2c04ca4fcc1a79b529e765e6ec9461030e1aa07", []string{"01-clean"}, "clean"},
		{"a link that leads nowhere", "277b628d4ebe13129a4861887a9d1f87e473e9cb", []string{"02-broken-link"}, "changes-needed"},
		{"version 2 repairs it", "277b628d4ebe13129a4861887a9d1f87e473e9cb", []string{"03-broken-link-v2"}, "clean"},
		{"a title that is not YAML", "d21859318eb0003a4b75e6f948770ac5dbeaf08f", []string{"04-front-matter"}, "changes-needed"},
		{"a patch for an older state of the page", "ae86b83cf8a3eaea21e28e2b0ab562f0cb7c3654", []string{"05-conflict"}, "does-not-apply"},
		{"a patch that is in the wiki already", "2ca2043a2a570e3f207c315b13b21334729a4864", []string{"06-already-applied"}, "does-not-apply"},
		{"a series of three, the second part being late", "9e36c9802b92f802e85ab66c70371361c51d7616", []string{"07-series-0", "07-series-1", "07-series-3"}, "incomplete"},
		{"the missing part arrives", "9e36c9802b92f802e85ab66c70371361c51d7616", []string{"07-series-2"}, "clean"},
		{"an answer in French, with a quoted diff: left alone", "9e36c9802b92f802e85ab66c70371361c51d7616", []string{"08-reply"}, ""},
		{"a patch with the prefix of another wiki: left alone", "9e36c9802b92f802e85ab66c70371361c51d7616", []string{"09-other-prefix"}, ""},
	}
}

// The addresses of the demo. They exist nowhere else.
const (
	demoBot      = "patchbot@example.org"
	demoList     = "~etalab/logiciels-libres@lists.sr.ht"
	demoListID   = "~etalab/logiciels-libres.lists.sr.ht"
	demoPassword = "demo"
)

// stage is a running demo.
type stage struct {
	sh      *Shell
	dir     string
	server  *loopback.Server
	db      *store.DB
	replies chan []byte
	pages   string // URL of the web pages
}

// Run plays all scenes.
func (c demoCommand) Run(ctx context.Context, sh *Shell) error {
	dir, err := os.MkdirTemp("", "patchbot-demo-")
	if err != nil {
		return fmt.Errorf("make a place for the demo: %w", err)
	}
	defer os.RemoveAll(dir)
	st := &stage{sh: sh, dir: dir, replies: make(chan []byte, 64)}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop, err := st.start(ctx, c)
	if err != nil {
		return err
	}
	defer stop()
	results, err := st.play(ctx)
	if err != nil {
		return err
	}
	wrong := summary(sh, results)
	if c.Once {
		return wrong
	}
	fmt.Fprintf(sh.Err, "the same as web pages: %s\npress Ctrl-C to end\n", st.pages)
	<-ctx.Done()
	return wrong
}

// start makes the wiki, the mail servers and the bot. The bot is the daemon's own, and reads a configuration like any other.
func (st *stage) start(ctx context.Context, c demoCommand) (stop func(), err error) {
	wiki := filepath.Join(st.dir, "wiki.git")
	if _, err := repo.UnpackBundle(testdata.Bundle, wiki); err != nil {
		return nil, fmt.Errorf("make the sample wiki: %w", err)
	}
	st.server, err = loopback.Start(ctx, loopback.Options{User: "patchbot", Password: demoPassword,
		OnMail: func(_ string, _ []string, raw []byte) { st.replies <- bytes.Clone(raw) }})
	if err != nil {
		return nil, fmt.Errorf("start the mail servers: %w", err)
	}
	conf, err := st.config(wiki, c.Lang)
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.DiscardHandler)
	if c.Log {
		conf.Log.Level = "debug"
		log = logger(conf, st.sh, new(slog.LevelVar))
	}
	if st.db, err = openStore(ctx, conf, time.Now, log); err != nil {
		return nil, err
	}
	b, err := st.bot(conf, log)
	if err != nil {
		return nil, err
	}
	pages, err := web.Listen("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	st.pages = "http://" + pages.Addr().String() + "/"
	say := func(err error) {
		if err != nil {
			fmt.Fprintln(st.sh.Err, "error:", err)
		}
	}
	stopPages := beside(ctx, func(ctx context.Context) { say(newWeb(conf, st.db, b.Words, b.Rules, log).Serve(ctx, pages)) })
	stopBot := beside(ctx, func(ctx context.Context) { say(b.Run(ctx)) })
	return func() {
		stopBot()
		stopPages()
		st.server.Stop()
		st.db.Close()
	}, nil
}

func (st *stage) bot(conf *config.Config, log *slog.Logger) (*bot.Bot, error) {
	secret := func(context.Context) (string, error) { return demoPassword, nil }
	imap, err := mailbox.NewIMAP(mailbox.IMAPOptions{Addr: st.server.IMAPAddr(), Security: mailbox.SecurityPlain,
		User: "patchbot", Password: secret, Mailbox: "INBOX", MaxBytes: int64(conf.Mail.MaxBytes), Log: log})
	if err != nil {
		return nil, err
	}
	smtp, err := mailbox.NewSMTP(mailbox.SMTPOptions{Addr: st.server.SMTPAddr(), Security: mailbox.SecurityPlain,
		User: "patchbot", Password: secret, Log: log})
	if err != nil {
		return nil, err
	}
	return newBot(conf, st.db, wiki.NewIndex(), log, inbox{imap}, outlet{smtp, log})
}

// config is what an administrator would write for this wiki.
func (st *stage) config(wiki, lang string) (*config.Config, error) {
	text := fmt.Sprintf(`
state_dir = %q
templates = ""
[imap]
host = "127.0.0.1"
security = "plain"
user = "patchbot"
[smtp]
host = "127.0.0.1"
security = "plain"
[bot]
address = %q
[series]
settle = "0s"
incomplete_after = "400ms"
[links]
enabled = false
[reply]
enabled = true
[[list]]
name = "logiciels-libres"
addresses = [%q]
ids = [%q]
kind = "sourcehut"
language = %q
archive = "https://lists.sr.ht/~etalab/logiciels-libres"
[[wiki]]
name = "logiciels-libres"
repository = %q
branch_aliases = ["master"]
urls = ["https://man.sr.ht/~etalab/logiciels-libres"]
repository_urls = ["https://git.sr.ht/~etalab/logiciels-libres"]
`, filepath.Join(st.dir, "state"), demoBot, demoList, demoListID, lang, wiki)
	return config.Parse("demo", []byte(text))
}

// result is what came of a scene.
type result struct {
	scene
	got  string // verdicts of the replies that came, or empty
	took time.Duration
}

func (st *stage) play(ctx context.Context) ([]result, error) {
	var results []result
	all := scenes()
	bar := newProgress(st.sh)
	defer bar.clear()
	for i, s := range all {
		bar.clear()
		fmt.Fprintf(st.sh.Out, "%s\n[%d/%d] %s\n%[1]s\n", strings.Repeat("=", 72), i+1, len(all), s.title)
		if err := st.moveBranch(s.base); err != nil {
			return nil, err
		}
		begin := time.Now()
		for _, name := range s.mails {
			if err := st.deliver(name); err != nil {
				return nil, err
			}
		}
		bar.say("%d of %d: waiting for the bot", i+1, len(all))
		got, err := st.await(ctx, s, bar)
		if err != nil {
			return nil, err
		}
		results = append(results, result{scene: s, got: got, took: time.Since(begin)})
	}
	return results, nil
}

// moveBranch sets the branch of the wiki, as a maintainer's push would.
func (st *stage) moveBranch(commit string) error {
	err := os.WriteFile(filepath.Join(st.dir, "wiki.git", "refs", "heads", "main"), []byte(commit+"\n"), 0o644)
	if err != nil {
		return fmt.Errorf("move the branch of the sample wiki: %w", err)
	}
	return nil
}

// deliver puts a mail into the inbox as lists.sr.ht forwards it.
func (st *stage) deliver(name string) error {
	raw, err := testdata.Demo.ReadFile("demo/" + name + ".eml")
	if err != nil {
		return fmt.Errorf("read sample mail: %w", err)
	}
	show(st.sh, "mail in", raw, 30)
	head := "List-ID: ~etalab/logiciels-libres <" + demoListID + ">\nList-Post: <mailto:" + demoList + ">\nSender: ~etalab/logiciels-libres <" + demoList + ">\n"
	wire := bytes.ReplaceAll(append([]byte(head), raw...), []byte("\n"), []byte("\r\n"))
	if err := st.server.Append(wire); err != nil {
		return fmt.Errorf("deliver sample mail: %w", err)
	}
	return nil
}

// patience is how long the demo waits for a reply that should come.
const patience = 30 * time.Second

// await collects the replies to a scene: until the expected one came, or until the bot has nothing left to do.
func (st *stage) await(ctx context.Context, s scene, bar *progress) (string, error) {
	var got []string
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case raw := <-st.replies:
			bar.clear()
			show(st.sh, "reply out", raw, 0)
			got = append(got, email.Parse(raw, email.DefaultLimits()).Header.Get("X-Patchbot-Verdict"))
		case <-deadline.C:
			return strings.Join(got, " "), nil
		case <-tick.C:
			idle, err := st.idle(ctx, s)
			if err != nil {
				return "", err
			}
			if idle && len(st.replies) == 0 && (s.verdict == "" || len(got) > 0) {
				return strings.Join(got, " "), nil
			}
		}
	}
}

// idle reports whether the bot has recorded all mails of a scene and has nothing more to do.
func (st *stage) idle(ctx context.Context, s scene) (bool, error) {
	for _, name := range s.mails {
		raw, err := testdata.Demo.ReadFile("demo/" + name + ".eml")
		if err != nil {
			return false, err
		}
		rows, err := st.db.MessagesByID(ctx, email.Parse(raw, email.DefaultLimits()).ID)
		if err != nil || len(rows) == 0 {
			return false, err
		}
	}
	status, err := st.db.Status(ctx)
	if err != nil {
		return false, err
	}
	return status.NextDue.IsZero() && status.Outbox[store.StateReady] == 0 && status.Outbox[store.StateSending] == 0, nil
}

// show prints a mail as a reader sees it, at most limit lines of its text (0: all).
func show(sh *Shell, what string, raw []byte, limit int) {
	m := email.Parse(raw, email.DefaultLimits())
	fmt.Fprintf(sh.Out, "\n--- %s %s\n", what, strings.Repeat("-", 72-5-len(what)))
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(sh.Out, "%s: %s\n", name, value)
		}
	}
	field("From", people(m.From))
	field("To", people(m.To))
	field("Cc", people(m.Cc))
	field("Subject", strings.Join(strings.Fields(m.Subject), " "))
	field("X-Patchbot-Verdict", m.Header.Get("X-Patchbot-Verdict"))
	fmt.Fprintln(sh.Out)
	lines := strings.Split(strings.TrimRight(m.Text, "\n"), "\n")
	if limit > 0 && len(lines) > limit {
		lines = append(lines[:limit:limit], fmt.Sprintf("[%d more lines]", len(lines)-limit))
	}
	fmt.Fprintln(sh.Out, strings.Join(lines, "\n"))
}

func people(list []email.Address) string {
	var out []string
	for _, a := range list {
		if a.Name == "" {
			out = append(out, a.Addr)
		} else {
			out = append(out, a.Name+" <"+a.Addr+">")
		}
	}
	return strings.Join(out, ", ")
}

// summary prints the table at the end; its error tells that a reply is missing or one too many came.
func summary(sh *Shell, results []result) error {
	fmt.Fprintf(sh.Out, "\n%s\n%-52s %-15s %s\n", strings.Repeat("=", 72), "mail", "verdict", "as expected")
	wrong := 0
	for _, r := range results {
		got, mark := r.got, "yes"
		if got == "" {
			got = "no reply"
		}
		if r.got != r.verdict {
			wrong++
			mark = "NO"
		}
		fmt.Fprintf(sh.Out, "%-52s %-15s %s\n", r.title, got, mark)
	}
	if wrong > 0 {
		fmt.Fprintf(sh.Out, "\n%d of %d are not as expected\n", wrong, len(results))
		return errFindings
	}
	fmt.Fprintf(sh.Out, "\nall %d are as expected\n", len(results))
	return nil
}
