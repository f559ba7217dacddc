package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/config"
	"patchbot/internal/email"
	"patchbot/internal/mailbox"
	"patchbot/internal/review"
	"patchbot/internal/store"
	"patchbot/internal/wiki"
)

type serveCommand struct{}

// Help is shown by --help.
func (serveCommand) Help() string {
	return "Replies are stored and shown, and sent only when [reply] enabled = true. Stop it with SIGTERM or Ctrl-C;\nSIGHUP makes it read its configuration anew.\n\n" +
		examples("patchbot serve --config /etc/patchbot/config.toml", "PATCHBOT_CONFIG=./config.toml patchbot serve")
}

// Run is the daemon.
func (serveCommand) Run(ctx context.Context, sh *Shell) error {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	conf, err := serviceConfig(sh)
	if err != nil {
		return err
	}
	sv := &service{sh: sh, level: new(slog.LevelVar)}
	sv.log = logger(conf, sh, sv.level)
	if sv.db, err = openStore(ctx, conf, sh.clock(), sv.log); err != nil {
		return err
	}
	defer sv.db.Close()
	if sv.index, err = openIndex(stateFile(conf, "pages.index"), sv.log); err != nil {
		return err
	}
	first, err := sv.build(conf)
	if err != nil {
		return err
	}
	sv.site.Store(first)
	stop, err := sv.open(ctx, conf)
	if err != nil {
		return err
	}
	defer stop()
	return sv.run(ctx, hangup)
}

// serviceConfig reads a configuration that is good enough for a daemon.
func serviceConfig(sh *Shell) (*config.Config, error) {
	conf, err := loadConfig(sh, false)
	if err != nil {
		return nil, err
	}
	if problems := conf.Serviceable(); len(problems) > 0 {
		return nil, problems
	}
	return conf, nil
}

// beside runs work in a goroutine; the function it gives ends the work and waits for it.
func beside(ctx context.Context, work func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		work(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

func openIMAP(conf *config.Config, log *slog.Logger) (*mailbox.IMAP, error) {
	trust, err := tlsConfig(conf.IMAP.Server)
	if err != nil {
		return nil, fmt.Errorf("imap: %w", err)
	}
	return mailbox.NewIMAP(mailbox.IMAPOptions{
		Addr: conf.IMAP.Addr(), Security: securities[conf.IMAP.Security], TLS: trust,
		User: conf.IMAP.User, Password: password(conf.IMAP.Server, "imap-password"), Mailbox: conf.IMAP.Mailbox,
		IdleReissue: time.Duration(conf.IMAP.IdleReissue), CommandTimeout: time.Duration(conf.IMAP.Timeout),
		PollInterval: time.Duration(conf.IMAP.Poll), MaxBytes: int64(conf.Mail.MaxBytes), Log: log,
	})
}

// openSMTP gives nil when no server is configured: replies are then stored and shown.
func openSMTP(conf *config.Config, log *slog.Logger) (bot.Outlet, error) {
	if conf.SMTP.Host == "" {
		return nil, nil
	}
	trust, err := tlsConfig(conf.SMTP.Server)
	if err != nil {
		return nil, fmt.Errorf("smtp: %w", err)
	}
	s, err := mailbox.NewSMTP(mailbox.SMTPOptions{
		Addr: conf.SMTP.Addr(), Security: securities[conf.SMTP.Security], TLS: trust,
		User: conf.SMTP.User, Password: password(conf.SMTP.Server, "smtp-password"), Hello: helloName(),
		CommandTimeout: time.Duration(conf.SMTP.Timeout), DataTimeout: time.Duration(conf.SMTP.Timeout), Log: log,
	})
	if err != nil {
		return nil, err
	}
	return outlet{s, log}, nil
}

func openStore(ctx context.Context, conf *config.Config, now func() time.Time, log *slog.Logger) (*store.DB, error) {
	db, err := store.Open(ctx, store.Options{Dir: conf.StateDir, URL: conf.Store.URL, Now: now, Log: log})
	switch {
	case errors.Is(err, store.ErrLocked):
		return nil, &failure{status: exitFailure, err: err, hints: []string{"another patchbot works in this state directory; stop it, or give this one its own state_dir"}}
	case err != nil:
		return nil, err
	}
	return db, nil
}

// newBot makes the bot that the configuration describes.
func newBot(conf *config.Config, db *store.DB, index *wiki.Index, log *slog.Logger, in bot.Inbox, out bot.Outlet, change ...func(*bot.Options)) (*bot.Bot, error) {
	o, err := botOptions(conf, db, log)
	if err != nil {
		return nil, err
	}
	o.Inbox, o.Outlet, o.Index = in, out, index
	if box, ok := in.(inbox); ok {
		o.Alert.Mailbox = box.behind
		if folder := conf.IMAP.SentFolder; folder != "" {
			o.File = func(ctx context.Context, raw []byte) error { return box.imap.Append(ctx, folder, raw) }
		}
	}
	if o.Links, err = newAsker(conf, db, log); err != nil {
		return nil, err
	}
	if err := attachTrackers(conf, o.Lists); err != nil {
		return nil, err
	}
	for _, f := range change {
		f(&o)
	}
	return bot.New(o)
}

// botOptions copies the configuration into the bot's own options, which lack a mailbox and a mail server.
func botOptions(conf *config.Config, db *store.DB, log *slog.Logger) (bot.Options, error) {
	rules, err := ruleSet(conf, nil)
	if err != nil {
		return bot.Options{}, err
	}
	words, err := translator(conf)
	if err != nil {
		return bot.Options{}, err
	}
	own, err := listTranslators(conf)
	if err != nil {
		return bot.Options{}, err
	}
	wikis, err := wikis(conf, db, log)
	if err != nil {
		return bot.Options{}, err
	}
	lim := email.DefaultLimits()
	lim.Bytes = conf.Mail.MaxBytes
	return bot.Options{
		Store: db, Mailbox: conf.IMAP.User + "@" + conf.IMAP.Host + "/" + conf.IMAP.Mailbox,
		WebURL: conf.Web.URL, Lists: lists(conf, own), Wikis: wikis, Rules: rules, Words: words, Limits: lim,
		Self: bot.Self{Name: conf.Bot.Name, Address: conf.Bot.Address, Aliases: conf.Bot.Aliases, SentCopy: conf.SMTP.SentCopy},
		Policy: bot.Policy{
			IncompleteAfter: time.Duration(conf.Series.IncompleteAfter), Settle: time.Duration(conf.Series.Settle),
			Replies: conf.Reply.Enabled, MaxAge: time.Duration(conf.Reply.MaxAge), PerSenderHour: conf.Reply.PerSenderHour, PerHour: conf.Reply.PerHour, PerThreadDay: conf.Reply.PerThreadDay,
			AuthServers: authServers(conf), Verify: conf.Apply.VerifyWithGit,
			Thanks: conf.Reply.Thanks, BaseMoved: conf.Reply.BaseMoved, LookAtBase: time.Duration(conf.Series.BaseEvery),
		},
		Alert: bot.Alert{
			To: conf.Bot.Operator, After: time.Duration(conf.Alert.After), Remind: time.Duration(conf.Alert.Remind), Lang: language(conf, ""),
		},
		KillSwitch: killSwitch(conf), Now: time.Now, Log: log,
	}, nil
}

// authServers are the border servers whose word counts for private mails.
func authServers(conf *config.Config) []string {
	if !conf.Private.Enabled {
		return nil
	}
	return []string{conf.Private.AuthservID}
}

func lists(conf *config.Config, own map[string]*review.Translator) []bot.List {
	var out []bot.List
	for _, l := range conf.Lists {
		one := bot.List{
			Name: l.Name, Addresses: l.Addresses, IDs: l.IDs, Kind: review.ListKind(l.Kind), Lang: review.Lang(l.Language), Archive: l.Archive,
			To: review.Audience(l.To), DryRun: l.DryRun, Words: own[l.Name],
		}
		for _, v := range l.Verdicts {
			one.Verdicts = append(one.Verdicts, review.Verdict(v))
		}
		one.Quiet.From, one.Quiet.Until, one.Quiet.Zone = l.Quiet()
		if l.Hold {
			one.Moderator = l.Moderator
		}
		out = append(out, one)
	}
	return out
}

func wikis(conf *config.Config, db *store.DB, log *slog.Logger) ([]bot.Wiki, error) {
	var out []bot.Wiki
	for _, w := range conf.Wikis {
		host, err := hostNamed(w.Host)
		if err != nil {
			return nil, err
		}
		source := &baseSource{url: w.Repository, dir: stateFile(conf, "mirrors", w.Name), now: time.Now}
		source.health = func(ctx context.Context, ok bool, detail string) {
			if err := db.SetHealth(ctx, "repository "+w.Name, ok, detail); err != nil {
				log.Error("write health", "error", err)
			}
		}
		out = append(out, bot.Wiki{Name: w.Name, Prefixes: w.Prefixes, Lists: w.Lists, Branch: w.Branch, Host: host, Own: own(w), Base: source.get})
	}
	return out, nil
}

// killSwitch looks for the file at each call, so that creating it acts at once.
func killSwitch(conf *config.Config) func() bool {
	file := conf.KillSwitch
	if file == "" {
		file = stateFile(conf, "STOP")
	}
	return func() bool {
		_, err := os.Stat(file)
		return err == nil
	}
}
