package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/store"
)

// window is how far apart two mails of one author may be and still belong together without any threading header.
const window = 60 * 24 * time.Hour

// rest is how long the rest of a new version is waited for when the parts that came could be a partial re-roll, and the
// cover letter when the parts answer a mail that did not come.
const rest = 2 * time.Minute

// Take reads one mail, records it with the new cursor, and assembles the series it belongs to. It is idempotent: a mail
// that is known already only moves the cursor. An error means that nothing was recorded, and that the same mail must be
// handed over again.
func (b *Bot) Take(ctx context.Context, a Arrival) error {
	mail := b.read(a)
	list, w := b.place(mail)
	row := b.row(a, mail, list, w)
	cursor := &store.Cursor{UIDValidity: a.UIDValidity, UID: a.UID}
	if a.UID == 0 {
		cursor = nil
	}
	log := b.Log.With("message_id", mail.Message.ID)
	fresh, err := b.Store.Record(ctx, row, a.Raw, cursor, b.arrivalSteps(row, mail)...)
	b.advance(Intake)
	if err != nil {
		log.Error("record", "error", err)
		return err
	}
	log.Info("took mail", "kind", row.Kind, "reason", row.Reason, "wiki", row.Wiki, "fresh", fresh)
	if !fresh {
		return nil
	}
	if row.Kind == store.KindCommand {
		if err := b.obey(ctx, row); err != nil {
			log.Error("command", "error", err) // the mail is safe, as below
		}
	}
	if mail.Reason == patch.ReasonOwnMail {
		return b.confirmOwn(ctx, mail.Message)
	}
	if mail.Taken() && w != nil {
		if err := b.assemble(ctx, row); err != nil {
			// The mail is safe; Recover and the next related mail try again.
			log.Error("assemble", "error", err)
		}
	}
	return nil
}

// read parses and classifies one mail; whatever happens, it gives a Mail.
func (b *Bot) read(a Arrival) (mail *patch.Mail) {
	defer func() {
		if p := recover(); p != nil {
			b.Log.Error("parse", "message_id", unreadable(a, "").Message.ID, "panic", p)
			mail = unreadable(a, fmt.Sprint(p))
		}
	}()
	if a.Err != nil {
		return unreadable(a, a.Err.Error())
	}
	m := email.Parse(a.Raw, b.Limits)
	if a.TooLarge {
		m.Defect, m.Size = email.DefectTooLarge, int(a.Size)
		m.Detail = fmt.Sprintf("%d bytes, the limit is %d", a.Size, b.Limits.Bytes)
	}
	return b.classify(a.Raw, m, a.At)
}

// unreadable stands for a mail of which nothing can be said but where it lies.
func unreadable(a Arrival, detail string) *patch.Mail {
	id := digest(fmt.Appendf(nil, "%d %d %s", a.UIDValidity, a.UID, a.Raw))
	m := &email.Message{ID: id + "@missing.invalid", Derived: true, BodyHash: id, Size: int(a.Size), Defect: email.DefectUnreadable, Detail: detail}
	return &patch.Mail{Message: m, Raw: a.Raw, Arrived: a.At, Kind: patch.KindIgnored, Reason: patch.ReasonUnreadable}
}

func (b *Bot) classify(raw []byte, m *email.Message, at time.Time) *patch.Mail {
	o := patch.Options{Own: append([]string{b.Self.Address}, b.Self.Aliases...)}
	if b.Self.SentCopy != "" {
		o.Own = append(o.Own, b.Self.SentCopy)
	}
	here := b.list(m)
	o.AnyList = here != nil && here.Any
	for _, l := range b.Lists {
		o.ListIDs = append(o.ListIDs, l.IDs...)
		o.ListAddresses = append(o.ListAddresses, l.Addresses...)
	}
	anyPrefix := false
	for _, w := range b.Wikis {
		if here == nil || slices.Contains(w.Lists, here.Name) {
			o.Prefixes = append(o.Prefixes, w.Prefixes...)
			anyPrefix = anyPrefix || w.AnyPrefix
		}
	}
	if anyPrefix {
		o.Prefixes = nil // none means any
	}
	o.Private, o.AuthServers = len(b.Policy.AuthServers) > 0, b.Policy.AuthServers
	mail := patch.Classify(raw, m, at, o)
	vouched(mail, m)
	if _, w := b.place(mail); w != nil && !w.AnyPrefix {
		mail.Subject.Prefix = w.Prefixes[0] // the others are aliases of it: a series may use several
	}
	return mail
}

// place finds the list and the wiki of a mail; either may be nil.
func (b *Bot) place(mail *patch.Mail) (*List, *Wiki) {
	l := b.list(mail.Message)
	if l == nil {
		return nil, b.privately(mail)
	}
	return l, b.wiki(l.Name, mail.Subject.Prefix)
}

func (b *Bot) row(a Arrival, mail *patch.Mail, l *List, w *Wiki) store.Message {
	m := mail.Message
	row := store.Message{
		Key: store.MessageKey(m.ID, m.BodyHash), MessageID: m.ID, BodyHash: m.BodyHash,
		Mailbox: b.Mailbox, UIDValidity: a.UIDValidity, UID: a.UID, Size: m.Size,
		Arrived: a.At, Author: mail.Author.Addr, Subject: m.Subject,
		Kind: string(mail.Kind), Reason: string(mail.Reason), Detail: cmp.Or(mail.Detail, m.Detail),
		Refs: slices.Concat(m.InReplyTo, m.References),
	}
	if row.Author == "" && len(m.From) > 0 {
		row.Author = m.From[0].Addr
	}
	if l != nil {
		row.List = l.Name
	}
	if mayCommand(mail, l) {
		row.Kind = store.KindCommand
	}
	if w != nil {
		row.Wiki = w.Name
	}
	return row
}

func (b *Bot) arrivalSteps(row store.Message, mail *patch.Mail) []store.Step {
	now := b.Now()
	steps := []store.Step{{At: now, MessageID: row.MessageID, Event: "received", Detail: receivedDetail(row)}}
	switch {
	case row.Kind == store.KindCommand: // what comes of it is a step of its own
	case !mail.Taken():
		detail := string(mail.Reason)
		if row.Detail != "" {
			detail += ": " + row.Detail
		}
		steps = append(steps, store.Step{At: now, MessageID: row.MessageID, Event: "ignored", Detail: detail})
	default:
		s := mail.Subject
		detail := fmt.Sprintf("%s %d/%d v%d for wiki %s", mail.Kind, s.Index, s.Total, s.Version, row.Wiki)
		if mail.Reason != "" {
			detail += ", but it cannot be used: " + string(mail.Reason) + " " + string(mail.Damage)
		}
		if mail.Detail != "" {
			detail += "; " + mail.Detail
		}
		steps = append(steps, store.Step{At: now, MessageID: row.MessageID, Event: "taken", Detail: detail})
	}
	return steps
}

func receivedDetail(row store.Message) string {
	from := "without a list"
	if row.List != "" {
		from = "from list " + row.List
	}
	if row.UID == 0 {
		return fmt.Sprintf("%d bytes, %s", row.Size, from)
	}
	return fmt.Sprintf("%d bytes, %s, UID %d of %s", row.Size, from, row.UID, row.Mailbox)
}

// confirmOwn marks a reply as sent when its copy comes back: the strongest proof there is.
func (b *Bot) confirmOwn(ctx context.Context, m *email.Message) error {
	row, err := b.Store.OutboxByMessageID(ctx, m.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up own mail: %w", err)
	}
	if err := b.Store.ConfirmSent(ctx, row.Key, "seen in the own mailbox"); err != nil {
		return fmt.Errorf("confirm own mail: %w", err)
	}
	return nil
}

// Recover takes up what an earlier process left between two stations, or a clock that was ahead.
func (b *Bot) Recover(ctx context.Context) error {
	if n, err := b.Store.Rewind(ctx); err != nil {
		return err
	} else if n > 0 {
		b.Log.Warn("the clock was ahead and went back; what it had put off is due at its time again", "rows", n)
	}
	rows, err := b.Store.Unassembled(ctx)
	if err != nil {
		return fmt.Errorf("find unassembled messages: %w", err)
	}
	for _, row := range rows {
		if err := b.assemble(ctx, row); err != nil {
			return fmt.Errorf("assemble <%s>: %w", row.MessageID, err)
		}
	}
	commands, err := b.Store.Commands(ctx)
	if err != nil {
		return fmt.Errorf("find commands: %w", err)
	}
	for _, row := range commands {
		if err := b.obey(ctx, row); err != nil {
			return fmt.Errorf("obey <%s>: %w", row.MessageID, err)
		}
	}
	return nil
}

// kin are the mails that may belong to a series with one message, and the series they make.
type kin struct {
	*patch.Assembly
	keys  map[*patch.Mail]string // the row of each mail
	known []string               // the rows of all, those too that the present configuration has no place for
}

// recoverEvery is the pause between two looks for what another daemon on the same database left between two stations.
const recoverEvery = 15 * time.Second

// recoverNowAndThen recovers now and then when there is nothing else to do.
func (b *Bot) recoverNowAndThen(ctx context.Context) error {
	if since := b.Now().Sub(b.recovered); since >= 0 && since < recoverEvery {
		return nil
	}
	b.recovered = b.Now()
	return b.Recover(ctx)
}

// related reads every mail that may belong to a series with the given message, and assembles them.
func (b *Bot) related(ctx context.Context, key string) (*kin, error) {
	rows, err := b.Store.Related(ctx, key, window)
	if err != nil {
		return nil, fmt.Errorf("find related messages: %w", err)
	}
	k := &kin{keys: make(map[*patch.Mail]string, len(rows))}
	mails := make([]*patch.Mail, 0, len(rows))
	for _, row := range rows {
		raw, err := b.Store.Raw(ctx, row.Key)
		if err != nil {
			return nil, fmt.Errorf("read <%s>: %w", row.MessageID, err)
		}
		k.known = append(k.known, row.Key)
		mail := b.read(Arrival{Raw: raw, Size: int64(row.Size), TooLarge: row.Size > len(raw), At: row.Arrived})
		if !mail.Taken() || !b.sameWiki(mail, row.Wiki) {
			continue // the configuration has changed since
		}
		k.keys[mail] = row.Key
		mails = append(mails, mail)
	}
	k.Assembly = patch.Assemble(mails)
	return k, nil
}

func (b *Bot) sameWiki(mail *patch.Mail, name string) bool {
	_, w := b.place(mail)
	return w != nil && w.Name == name
}

// assemble computes the series that a recorded message belongs to and saves what changed. Another daemon that took a
// related mail meanwhile makes the result stale: then it is computed again.
func (b *Bot) assemble(ctx context.Context, row store.Message) error {
	for range 5 {
		if err := b.assembleOnce(ctx, row); !errors.Is(err, store.ErrStale) {
			return err
		}
	}
	return store.ErrStale
}

func (b *Bot) assembleOnce(ctx context.Context, row store.Message) error {
	k, err := b.related(ctx, row.Key)
	if err != nil {
		return err
	}
	var updates []store.SeriesUpdate
	var steps []store.Step
	touched := map[string]bool{}
	for _, s := range k.Series {
		if k.holds(s, row.Key) {
			touched[s.VersionID()] = true
			touched[s.SupersededBy] = true
			touched[s.Supersedes] = true
		}
	}
	for _, s := range k.Series {
		if !touched[s.VersionID()] {
			continue
		}
		u := b.update(s, k, row)
		if err := b.awaitCover(ctx, s, &u); err != nil {
			return err
		}
		updates = append(updates, u)
		if k.holds(s, row.Key) {
			steps = append(steps, store.Step{At: b.Now(), MessageID: row.MessageID, SeriesID: s.ID, Version: s.Version, Event: "assembled", Detail: assembledDetail(s)})
		}
	}
	if len(updates) == 0 {
		return b.unplaced(ctx, k, row)
	}
	if err := b.Store.SaveAssembly(ctx, updates, steps...); err != nil {
		return fmt.Errorf("save series: %w", err)
	}
	signal(b.wakeWorker)
	return nil
}

// unplaced writes into the journal, once, why a taken mail is in no series: its patches have not come yet, or it is a copy.
func (b *Bot) unplaced(ctx context.Context, k *kin, row store.Message) error {
	steps, err := b.Store.Journal(ctx, row.MessageID)
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	detail := ""
	for _, m := range k.Ignored {
		if store.MessageKey(m.Message.ID, m.Message.BodyHash) == row.Key {
			detail = string(m.Reason)
			switch {
			case m.SameAs == "" && m.Detail != "":
				detail += ": " + m.Detail
			case m.SameAs != "":
				detail += ": the same as <" + m.SameAs + ">; one version has one reply"
			}
		}
	}
	if detail == "" || slices.ContainsFunc(steps, func(s store.Step) bool { return s.Event == "not-in-a-series" }) {
		return nil
	}
	return b.Store.Note(ctx, store.Step{At: b.Now(), MessageID: row.MessageID, Event: "not-in-a-series", Detail: detail})
}

func assembledDetail(s *patch.Series) string {
	if len(s.Missing) > 0 {
		return fmt.Sprintf("%d of %d parts, missing %s", len(s.Parts), s.Total, ranges(s.Missing))
	}
	return fmt.Sprintf("complete, %d parts", s.Total)
}

// ranges writes ascending numbers briefly: "2, 4-9", at most twelve of them.
func ranges(list []int) string {
	var out []string
	for i := 0; i < len(list); {
		if len(out) == 12 {
			return strings.Join(out, ", ") + ", …"
		}
		j := i
		for j+1 < len(list) && list[j+1] == list[j]+1 {
			j++
		}
		text := strconv.Itoa(list[i])
		if j > i {
			text += "-" + strconv.Itoa(list[j])
		}
		out = append(out, text)
		i = j + 1
	}
	return strings.Join(out, ", ")
}

// holds reports whether the row is one of the mails of a series.
func (k *kin) holds(s *patch.Series, key string) bool { return slices.Contains(k.members(s), key) }

// members are the rows of a series: cover letter first, then the parts.
func (k *kin) members(s *patch.Series) []string {
	var out []string
	if s.Cover != nil {
		out = append(out, k.keys[s.Cover])
	}
	for _, p := range s.Parts {
		out = append(out, k.keys[p.Mail])
	}
	return out
}

func (b *Bot) update(s *patch.Series, k *kin, row store.Message) store.SeriesUpdate {
	u := store.SeriesUpdate{
		ID: s.ID, Version: s.Version, Wiki: row.Wiki, List: b.listOf(s), Prefix: s.Prefix, Total: s.Total,
		Subject: s.Subject, AuthorName: s.Author.Name, AuthorEmail: s.Author.Addr, Root: s.Root, Digest: s.Digest,
		State: store.StateReady, RunAt: b.Now().Add(b.Policy.Settle), Messages: k.members(s), Known: k.known,
		Needs: needs(s), Offers: k.offers(s.ID),
	}
	if len(s.Carried) > 0 {
		u.RunAt = b.Now().Add(max(b.Policy.Settle, min(rest, b.Policy.IncompleteAfter)))
	}
	if len(s.Missing) > 0 {
		u.State = store.StateIncomplete
		u.RunAt = b.Now().Add(b.Policy.IncompleteAfter)
	}
	if s.SupersededBy != "" {
		u.State = store.StateSuperseded
		u.SupersededBy = versionOf(s.SupersededBy)
	}
	return u
}

// awaitCover puts a complete series off for a while when its parts answer a mail that never came: servers deliver in any
// order, and the reply belongs under the cover letter.
func (b *Bot) awaitCover(ctx context.Context, s *patch.Series, u *store.SeriesUpdate) error {
	id := s.Answers()
	if id == "" || u.State != store.StateReady {
		return nil
	}
	known, err := b.Store.MessagesByID(ctx, id)
	if err != nil {
		return fmt.Errorf("look up <%s>: %w", id, err)
	}
	if len(known) == 0 {
		u.RunAt = b.Now().Add(max(b.Policy.Settle, min(rest, b.Policy.IncompleteAfter)))
	}
	return nil
}

// versionOf is the number at the end of a VersionID.
func versionOf(id string) int {
	n, _ := strconv.Atoi(id[strings.LastIndexByte(id, 'v')+1:]) // 0 for no version
	return n
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
