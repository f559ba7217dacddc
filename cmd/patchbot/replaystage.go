package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"os"
	"slices"
	"strings"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/checks"
	"patchbot/internal/config"
	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
	"patchbot/internal/review"
	"patchbot/internal/store"
)

// clock is the time of a replay: it stands still until it is moved, and never goes back.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func (c *clock) move(to time.Time) {
	if to.After(c.at) {
		c.at = to
	}
}

// replayed is a mail that the bot would have sent.
type replayed struct {
	at  time.Time
	to  []string
	raw []byte
}

// recorder is a mail server that keeps what it is given.
type recorder struct {
	clock *clock
	sent  []replayed
}

// Send takes every mail at once.
func (r *recorder) Send(_ context.Context, _ string, to []string, raw []byte) (string, error) {
	r.sent = append(r.sent, replayed{at: r.clock.now(), to: slices.Clone(to), raw: bytes.Clone(raw)})
	return "replay", nil
}

// asked asks the links of a series as the web is today.
type asked func(context.Context, []checks.Link) []checks.Answer

// Ask asks once: to ask afresh a moment later, though hours have passed on the clock of the replay, says nothing new.
func (a asked) Ask(ctx context.Context, _ string, links []checks.Link, afresh bool) []checks.Answer {
	if afresh {
		return nil
	}
	return a(ctx, links)
}

// heard is a mail of the archive and what the bot made of it.
type heard struct {
	at       time.Time
	key, id  string // of the message's row, and of the mail
	subject  string
	repeated bool // the same mail was there before
}

// replayStage is the daemon without its mailbox and its mail server, on a state that nobody else sees.
type replayStage struct {
	conf  *config.Config
	words *review.Translator
	bar   *progress
	dir   string
	db    *store.DB
	bot   *bot.Bot
	clock *clock
	out   *recorder
	heard []heard
}

func (c replayCommand) stage(ctx context.Context, sh *Shell, conf *config.Config, described bool) (*replayStage, error) {
	dir, err := os.MkdirTemp("", "patchbot-replay-")
	if err != nil {
		return nil, fmt.Errorf("make a place for the replay: %w", err)
	}
	st := &replayStage{conf: conf, bar: newProgress(sh), dir: dir, clock: &clock{}}
	st.out = &recorder{clock: st.clock}
	if err := st.start(ctx, c, described); err != nil {
		st.close()
		return nil, err
	}
	return st, nil
}

// start makes the bot as the daemon would, and takes from it everything that reaches out.
func (st *replayStage) start(ctx context.Context, c replayCommand, described bool) (err error) {
	log := slog.New(slog.DiscardHandler)
	if st.db, err = store.Open(ctx, store.Options{Dir: st.dir, Now: st.clock.now, Log: log}); err != nil {
		return fmt.Errorf("open a state for the replay: %w", err)
	}
	o, err := botOptions(st.conf, st.db, log)
	if err != nil {
		return err
	}
	if o.Rules, err = ruleSet(st.conf, c.Rules); err != nil {
		return err
	}
	for i, w := range st.conf.Wikis {
		r, err := c.repository(st.conf, w)
		if err != nil {
			return err
		}
		if c.Base != "" {
			if _, err := r.Resolve(c.Base); err != nil {
				return usage(fmt.Errorf("base %s: %w", c.Base, err), "name a revision that the repository knows with --base REV")
			}
			o.Wikis[i].Branch = c.Base
		}
		o.Wikis[i].Base = func(context.Context) (*repo.Repo, error) { return r, nil }
		o.Wikis[i].Revision = c.revision(st.conf, described, w, st.clock)
		o.Wikis[i].AnyPrefix = !described && len(c.Prefix) == 0
	}
	o.Lists[0].Any = !described
	ask, err := askOnce(st.conf, c.Offline)
	if err != nil {
		return err
	}
	if ask != nil {
		o.Links = asked(ask)
	}
	o.Outlet, o.Policy.Replies, o.KillSwitch, o.Now = st.out, true, nil, st.clock.now
	for i := range o.Lists {
		o.Lists[i].DryRun, o.Lists[i].Moderator = false, "" // a replay is the one, and has nobody for the other
	}
	st.words = o.Words
	st.bot, err = bot.New(o)
	return err
}

func (st *replayStage) close() {
	if st.db != nil {
		st.db.Close() // nothing in it is kept
	}
	os.RemoveAll(st.dir)
}

// play hands the mails over one by one. Between two of them time passes, and what falls due then is done.
func (st *replayStage) play(ctx context.Context, mails []archived) error {
	defer st.bar.clear()
	for i, a := range mails {
		if i%10 == 0 {
			st.bar.say("mail %d of %d", i, len(mails))
		}
		if err := st.until(ctx, a.arrived); err != nil {
			return err
		}
		st.clock.move(a.arrived)
		if err := st.take(ctx, a); err != nil {
			return err
		}
	}
	rest := time.Duration(st.conf.Series.IncompleteAfter) + time.Duration(st.conf.Series.Settle) + time.Hour
	return st.until(ctx, st.clock.now().Add(rest))
}

func (st *replayStage) take(ctx context.Context, a archived) error {
	m := email.Parse(a.raw, limits(st.conf.Mail.MaxBytes))
	h := heard{at: st.clock.now(), key: store.MessageKey(m.ID, m.BodyHash), id: m.ID, subject: strings.Join(strings.Fields(m.Subject), " ")}
	_, err := st.db.MessageByKey(ctx, h.key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	h.repeated = err == nil
	st.heard = append(st.heard, h)
	return st.bot.Take(ctx, bot.Arrival{Raw: a.raw, Size: int64(len(a.raw)), TooLarge: a.tooLarge, At: a.arrived})
}

// until does everything that is due before the given time, each at its own. A review that comes to nothing ends the replay:
// its repository will not get better by waiting.
func (st *replayStage) until(ctx context.Context, end time.Time) error {
	for {
		due, any, err := st.db.NextDue(ctx)
		if err != nil {
			return err
		}
		if !any || due.After(end) {
			return nil
		}
		st.clock.move(due)
		if _, err := st.bot.Drain(ctx); err != nil {
			return err
		}
		status, err := st.db.Status(ctx)
		if err != nil {
			return err
		}
		for _, s := range status.Open {
			if s.Error != "" {
				return fmt.Errorf("review %q: %s", s.Subject, s.Error)
			}
		}
	}
}

// outcome reads what the bot has done.
func (st *replayStage) outcome(ctx context.Context) (*replayOutcome, error) {
	o := &replayOutcome{sent: st.out.sent}
	for _, h := range st.heard {
		row, err := st.db.MessageByKey(ctx, h.key)
		if err != nil {
			return nil, fmt.Errorf("read <%s>: %w", h.id, err)
		}
		o.mails = append(o.mails, heardRow{heard: h, row: *row})
	}
	all, err := st.db.Recent(ctx, 1<<20, time.Time{})
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		kept, err := st.db.Report(ctx, s.ID, s.Version)
		if errors.Is(err, store.ErrNotFound) {
			continue // superseded before its time came
		}
		if err != nil {
			return nil, err
		}
		r := new(review.Report)
		if err := json.Unmarshal(kept.Body, r); err != nil {
			return nil, fmt.Errorf("read report of %s: %w", s.ID, err)
		}
		o.reports = append(o.reports, r)
		if s.State != store.StateSuperseded {
			o.live = append(o.live, r)
		}
	}
	slices.SortStableFunc(o.reports, func(a, b *review.Report) int {
		return cmp.Or(a.Series.Arrived.Compare(b.Series.Arrived), cmp.Compare(a.Series.VersionID(), b.Series.VersionID()))
	})
	status, err := st.db.Status(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range status.Waiting {
		if w.State == store.StateHeld {
			o.held = append(o.held, w)
		}
	}
	return o, nil
}

// inOrder sorts an archive by arrival. Where the archive does not say when a mail came, the last server that passed it on
// does, else its author, else the mail before it.
func inOrder(mails []archived, lim email.Limits) []archived {
	out := slices.Clone(mails)
	last := time.Time{}
	for i, a := range out {
		if a.arrived.IsZero() {
			out[i].arrived = arrivalOf(email.Parse(a.raw, lim))
		}
		if out[i].arrived.IsZero() {
			out[i].arrived = last
		}
		last = out[i].arrived
	}
	slices.SortStableFunc(out, func(a, b archived) int { return a.arrived.Compare(b.arrived) })
	return out
}

func arrivalOf(m *email.Message) time.Time {
	received := m.Header.Get("Received")
	if _, date, ok := strings.Cut(received, ";"); ok {
		if at, err := mail.ParseDate(strings.TrimSpace(date)); err == nil {
			return at
		}
	}
	return m.Date
}

// guessList describes the list of an archive by its mails: the address that most of them went to.
func guessList(mails []archived, lim email.Limits) config.List {
	count := map[string]int{}
	for _, a := range mails {
		m := email.Parse(a.raw, lim)
		post := strings.Trim(strings.TrimSpace(m.Header.Get("List-Post")), "<>")
		if address, ok := strings.CutPrefix(post, "mailto:"); ok {
			count[strings.ToLower(address)] += 2
		}
		for _, to := range slices.Concat(m.To, m.Cc) {
			count[strings.ToLower(to.Addr)]++
		}
	}
	delete(count, "")
	best := "list@localhost"
	for address, n := range count {
		if n > count[best] || n == count[best] && address < best {
			best = address
		}
	}
	l := config.DefaultList()
	l.Name, l.Addresses = "archive", []string{best}
	if strings.HasSuffix(best, "@lists.sr.ht") {
		l.Kind = "sourcehut"
	}
	return l
}

// asOf is the commit of a branch's own line that was its tip at a time, by the committers' dates; the oldest one before
// that line began.
func asOf(r *repo.Repo, tip string, at time.Time) string {
	id, err := r.Resolve(tip)
	if err != nil {
		return tip // the review will tell
	}
	for {
		c, err := r.Commit(id)
		if err != nil || !c.When.After(at) || len(c.Parents) == 0 {
			return id
		}
		id = c.Parents[0]
	}
}

// heardRow is a mail of the archive and its row.
type heardRow struct {
	heard
	row store.Message
}

// reason is why a mail is in no series, empty when it is in one.
func (h heardRow) reason() patch.Reason {
	switch {
	case h.repeated:
		return patch.ReasonDuplicate
	case h.row.Reason != "":
		return patch.Reason(h.row.Reason)
	case h.row.Kind == string(patch.KindReply):
		return patch.ReasonReply
	case h.row.SeriesID == "" && h.row.Kind == string(patch.KindCover):
		return patch.ReasonNoSeries
	case h.row.SeriesID == "":
		return patch.ReasonDuplicate // a second mail for a place that is taken
	}
	return ""
}
