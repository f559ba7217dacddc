package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/mail"
	"time"

	"patchbot/internal/config"
	"patchbot/internal/store"
)

type forgetCommand struct {
	Address string `arg:"" help:"Mail address of the person."`
}

// Help is shown by --help.
func (forgetCommand) Help() string {
	return "What is taken away are the person's series with the reports and replies about them, all other mails from the address,\n" +
		"and their journals. What is left is a hash for each mail, so that it is not answered again. The mailbox, the list's\n" +
		"archive, backups and the replies that were sent are not touched. The daemon may run.\n\n" +
		examples("patchbot forget someone@example.org", "sudo -u patchbot patchbot forget someone@example.org")
}

// Run forgets.
func (c forgetCommand) Run(ctx context.Context, sh *Shell) error {
	if a, err := mail.ParseAddress(c.Address); err != nil || a.Address != c.Address {
		return usage(fmt.Errorf("%q is not a plain mail address such as someone@example.org", c.Address))
	}
	conf, err := loadConfig(sh, false)
	if err != nil {
		return err
	}
	db, err := besideStore(ctx, conf)
	if err != nil {
		return err
	}
	defer db.Close()
	gone, err := db.Forget(ctx, c.Address)
	if err != nil {
		return err
	}
	if gone == (store.Erased{}) {
		fmt.Fprintln(sh.Out, "nothing is known of this address")
		return nil
	}
	fmt.Fprintf(sh.Out, "erased %d series with their mails, and %d other mails\n", gone.Series, gone.Messages)
	return nil
}

// purgeEvery is how often the daemon looks for what has rested long enough.
const purgeEvery = 6 * time.Hour

// purge erases old series and mails as long as ctx lives, when the configuration says after how many days.
func purge(ctx context.Context, conf *config.Config, db *store.DB, log *slog.Logger) {
	if conf.Store.PurgeAfterDays == 0 {
		return
	}
	for {
		gone, err := db.Purge(ctx, time.Now().AddDate(0, 0, -conf.Store.PurgeAfterDays))
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Error("purge", "error", err)
		case gone != (store.Erased{}):
			log.Info("purged", "series", gone.Series, "messages", gone.Messages)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(purgeEvery):
		}
	}
}
