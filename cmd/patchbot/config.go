package main

import (
	"context"
	"fmt"

	"patchbot/internal/config"
)

type configCommand struct {
	Check bool `help:"Only say whether the daemon could start with it."`
}

// Help is shown by --help.
func (configCommand) Help() string {
	return examples("patchbot config", "patchbot config --config ./config.toml --check")
}

// Run prints the effective configuration as TOML, or checks it as the daemon would.
func (c configCommand) Run(ctx context.Context, sh *Shell) error {
	conf, err := loadConfig(sh, !c.Check)
	if err != nil {
		return err
	}
	if _, err := ruleSet(conf, nil); err != nil {
		return err
	}
	if _, err := translator(conf); err != nil {
		return err
	}
	if _, err := listTranslators(conf); err != nil {
		return err
	}
	if c.Check {
		if problems := conf.Serviceable(); len(problems) > 0 {
			return problems
		}
		if err := readable(ctx, conf); err != nil {
			return err
		}
		_, err := fmt.Fprintf(sh.Out, "%s: the daemon can start with it\n", conf.File())
		return err
	}
	text, err := conf.Print()
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(sh.Out, text)
	return err
}

// readable reports whether the passwords and tokens can be read that the daemon will need.
func readable(ctx context.Context, conf *config.Config) error {
	for _, s := range []struct {
		name   string
		server config.Server
	}{{"imap", conf.IMAP.Server}, {"smtp", conf.SMTP.Server}} {
		if s.server.Host == "" || s.server.User == "" {
			continue
		}
		if _, err := s.server.Secret(ctx, s.name+"-password"); err != nil {
			return usage(fmt.Errorf("%s: %w", s.name, err), "put it into the systemd credential "+s.name+"-password, or name password_file or password_command")
		}
	}
	for _, l := range conf.Lists {
		if l.Tracker.Kind == "" {
			continue
		}
		if _, err := l.Token(ctx); err != nil {
			return usage(fmt.Errorf("tracker of list %s: %w", l.Name, err), "put its token into the systemd credential "+l.Credential()+", or name token_file or token_command")
		}
	}
	return nil
}
