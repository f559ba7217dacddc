package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"patchbot/internal/store"
)

type releaseCommand struct {
	ID   string `arg:"" help:"Message-ID or key of the reply, as status shows them, or SERIES-vN when one reply about that version waits."`
	Drop bool   `help:"Never send it."`
}

// Help is shown by --help.
func (releaseCommand) Help() string {
	return "A reply waits for a person when its list has hold = true, when it is beyond a cap, when the mails that it answers are old,\n" +
		"or when nobody knows whether it has left. The daemon may run: it sends what was released within ten seconds, whatever\n" +
		"the caps and the quiet hours say. Releasing twice does no harm.\n\n" +
		examples("patchbot release pb.s6semw3cwwkplwvywpyokhz6g5arkn2q@example.org", "patchbot release --drop 812-v2")
}

// Run lets a held reply go, or drops it.
func (c releaseCommand) Run(ctx context.Context, sh *Shell) error {
	conf, err := loadConfig(sh, false)
	if err != nil {
		return err
	}
	if !conf.Reply.Enabled && !c.Drop {
		return usage(errors.New("replies are not enabled, so none can leave"), "set enabled = true in [reply], and restart the daemon")
	}
	db, err := besideStore(ctx, conf)
	if err != nil {
		return err
	}
	defer db.Close()
	mail, err := findReply(ctx, db, c.ID)
	if err != nil {
		return err
	}
	if mail.State == store.StateHeld {
		err := c.settle(ctx, db, mail, sh.Out)
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		// Somebody else was faster.
		if mail, err = db.OutboxByKey(ctx, mail.Key); err != nil {
			return err
		}
	}
	return c.explain(mail, sh.Out)
}

// settle changes a held reply. ErrNotFound when it is not held any more.
func (c releaseCommand) settle(ctx context.Context, db *store.DB, mail *store.Outbox, w io.Writer) error {
	if c.Drop {
		if err := db.Drop(ctx, mail.Key, "dropped by a person"); err != nil {
			return err
		}
		fmt.Fprintf(w, "dropped: %s will never be sent\n", mail.Key)
		return nil
	}
	if err := db.Release(ctx, mail.Key); err != nil {
		return err
	}
	fmt.Fprintf(w, "released: %s to %s\n", mail.Key, strings.Join(mail.Recipients, ", "))
	return nil
}

// explain says why nothing is to be done for a reply that is not held: that is fine when it is what was asked for.
func (c releaseCommand) explain(mail *store.Outbox, w io.Writer) error {
	said := ""
	switch mail.State {
	case store.StateSent:
		said = "was sent " + stamp(mail.Sent)
	case store.StateFailed:
		said = "was refused: " + mail.Error
	case store.StateUnsent:
		said = "will never be sent: " + mail.Error
		if c.Drop {
			fmt.Fprintf(w, "nothing to do: %s %s\n", mail.Key, said)
			return nil
		}
	default: // on its way
		said = "is on its way already, due " + stamp(mail.RunAt)
		if !c.Drop {
			fmt.Fprintf(w, "nothing to do: %s %s\n", mail.Key, said)
			return nil
		}
	}
	return &failure{status: exitFailure, err: fmt.Errorf("%s %s", mail.Key, said), hints: []string{"`patchbot why '" + mail.MessageID + "'` tells its story"}}
}

// findReply finds a mail of the bot by its Message-ID, its key, or the series version that it is the only one held of.
func findReply(ctx context.Context, db *store.DB, id string) (*store.Outbox, error) {
	id = strings.Trim(strings.TrimSpace(id), "<>")
	for _, find := range []func(context.Context, string) (*store.Outbox, error){db.OutboxByMessageID, db.OutboxByKey} {
		mail, err := find(ctx, id)
		if !errors.Is(err, store.ErrNotFound) {
			return mail, err
		}
	}
	var held []store.Outbox
	if i := strings.LastIndex(id, "-v"); i > 0 {
		version, _ := strconv.Atoi(id[i+2:]) // 0 for no version, of which there is none
		mails, err := db.OutboxOf(ctx, id[:i], version)
		if err != nil {
			return nil, err
		}
		for _, m := range mails {
			if m.State == store.StateHeld && m.Kind != store.KindModerator {
				held = append(held, m)
			}
		}
	}
	switch len(held) {
	case 0:
		return nil, &failure{status: exitFailure, err: fmt.Errorf("no reply %q is known or held", id), hints: []string{"`patchbot status` lists those that wait"}}
	case 1:
		return &held[0], nil
	}
	hints := make([]string, len(held))
	for i, m := range held {
		hints[i] = "patchbot release '" + m.Key + "'"
	}
	return nil, &failure{status: exitFailure, err: fmt.Errorf("%d replies about %s are held: say which", len(held), id), hints: hints}
}
