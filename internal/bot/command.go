package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/review"
	"patchbot/internal/store"
)

// commandsADay is how many commands of one series are obeyed within 24 hours, whoever writes them.
const commandsADay = 3

// The commands that people may write in a reply. Neither changes anything but what the bot says.
const (
	commandRecheck = "recheck"
	commandHelp    = "help"
)

// command finds the first command in the text of a mail: a line that begins with "patchbot:", not quoted and above the
// signature. What follows the colon is given in lower case, blanks single; it may be a command that nobody knows.
func command(text string) (string, bool) {
	const name = "patchbot"
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "-- " {
			break
		}
		if len(line) < len(name) || !strings.EqualFold(line[:len(name)], name) {
			continue
		}
		// A French keyboard puts a blank before the colon.
		rest, ok := strings.CutPrefix(strings.TrimLeftFunc(line[len(name):], unicode.IsSpace), ":")
		if !ok {
			continue
		}
		words := strings.ToLower(strings.Join(strings.Fields(strings.ToValidUTF8(rest, "")), " "))
		return string([]rune(words)[:min(60, len([]rune(words)))]), true
	}
	return "", false
}

// mayCommand reports whether a mail is of the kind that may hold a command: a reply that came through a list.
func mayCommand(mail *patch.Mail, l *List) bool {
	if mail.Kind != patch.KindReply || l == nil {
		return false
	}
	_, ok := command(mail.Message.Text)
	return ok
}

// obey settles the command in a recorded mail. A command that a crash left is found by Recover.
func (b *Bot) obey(ctx context.Context, row store.Message) error {
	raw, err := b.Store.Raw(ctx, row.Key)
	if err != nil {
		return fmt.Errorf("read command: %w", err)
	}
	mail := b.read(Arrival{Raw: raw, Size: int64(row.Size), At: row.Arrived})
	text, _ := command(mail.Message.Text)
	c := store.Command{MessageID: row.MessageID, Text: text, Most: commandsADay, Since: b.Now().Add(-24 * time.Hour)}
	s, err := b.threadOf(ctx, mail.Message)
	if err != nil {
		return fmt.Errorf("find the series of a command: %w", err)
	}
	if s == nil {
		c.Refused = "no series in its thread"
	} else {
		c.SeriesID, c.Version = s.ID, s.Version
		if err := b.prepare(&c, mail, s); err != nil {
			return err
		}
	}
	obeyed, err := b.Store.Obey(ctx, c)
	if err != nil {
		return err
	}
	b.Log.Info("command", "message_id", row.MessageID, "command", text, "series", c.SeriesID, "obeyed", obeyed)
	if obeyed {
		signal(b.wakeWorker)
		signal(b.wakeSender)
	}
	return nil
}

// prepare says what obeying means.
func (b *Bot) prepare(c *store.Command, mail *patch.Mail, s *store.Series) error {
	l := b.listNamed(s.List)
	switch {
	case l == nil:
		c.Refused = "its list is not configured any more"
		return nil
	case c.Text == commandRecheck:
		c.Review = true
		return nil
	}
	key, unknown := fmt.Sprintf("%s|%d|help|%s", s.ID, s.Version, digest([]byte(c.MessageID))[:16]), ""
	if c.Text != commandHelp {
		// An unknown command may be an ordinary sentence: the series gets the help once for it.
		key, unknown = s.ID+"|unknown-command", cmp.Or(c.Text, "…")
	}
	text, err := b.words(l).Help(l.Lang, unknown, commandsADay, b.WebURL)
	if err != nil {
		return fmt.Errorf("write help: %w", err)
	}
	out, err := b.note(note{
		occasion: occasion{seriesID: s.ID, version: s.Version, key: key, kind: "help", at: mail.Arrived},
		subject:  mail.Message.Subject, parent: mail.Message.ID, refs: email.ReplyReferences(mail.Message), author: mail.Author, list: l, body: text,
	})
	if errors.Is(err, review.ErrNobody) {
		c.Refused = "nobody to answer: its mail has no author, and the list wants no answer itself"
		return nil
	}
	c.Reply, c.Notices = out.mail, out.notices
	return err
}

// threadOf finds the series that a mail talks about, by the mails it answers, the nearest first, and through mails of the
// discussion between; it gives the newest version of that series, nil when there is none.
func (b *Bot) threadOf(ctx context.Context, m *email.Message) (*store.Series, error) {
	ids := slices.Clone(m.References)
	slices.Reverse(ids)
	ids = append(slices.Clone(m.InReplyTo), ids...)
	seen := map[string]bool{m.ID: true}
	const most = 200 // ids of a thread that are looked up
	for i := 0; i < len(ids) && len(seen) < most; i++ {
		if seen[ids[i]] {
			continue
		}
		seen[ids[i]] = true
		id, refs, err := b.seriesOf(ctx, ids[i])
		if err != nil {
			return nil, err
		}
		if id != "" {
			return b.newest(ctx, id)
		}
		ids = append(ids, refs...)
	}
	return nil, nil
}

// seriesOf gives the series that a mail is part of, or that a reply of the bot is about; else the mails that it answers.
func (b *Bot) seriesOf(ctx context.Context, messageID string) (id string, refs []string, err error) {
	rows, err := b.Store.MessagesByID(ctx, messageID)
	if err != nil {
		return "", nil, err
	}
	for _, row := range rows {
		if row.SeriesID != "" {
			return row.SeriesID, nil, nil
		}
		refs = append(refs, row.Refs...)
	}
	own, err := b.Store.OutboxByMessageID(ctx, messageID)
	if errors.Is(err, store.ErrNotFound) {
		return "", refs, nil
	}
	if err != nil {
		return "", nil, err
	}
	return own.SeriesID, refs, nil
}

func (b *Bot) newest(ctx context.Context, id string) (*store.Series, error) {
	versions, err := b.Store.SeriesByID(ctx, id)
	if err != nil {
		return nil, err
	}
	var last *store.Series
	for i := range versions {
		if versions[i].State != store.StateSuperseded {
			last = &versions[i]
		}
	}
	return last, nil
}
