package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchbot/internal/patch"
	"patchbot/internal/review"
	"patchbot/internal/store"
)

// Tracker is a site where people look at the patches of a list, and that shows verdicts. What it fails to do holds no mail.
type Tracker interface {
	// Show makes the site show a mark, once, however often it is called. Its error wraps ErrAbsent where the site does not
	// know the patches.
	Show(ctx context.Context, m Mark) error
}

// ErrAbsent means that a tracker does not know the patches, or not yet: it may get a mail later than the bot.
var ErrAbsent = errors.New("the tracker does not know the patches")

// Mark is what a tracker shows of one version of a series.
type Mark struct {
	Parts []string  `json:"parts"` // Message-IDs of the patches in their order, without angle brackets
	Cover string    `json:"cover,omitempty"`
	State MarkState `json:"state"`
	Text  string    `json:"text"` // one line
	URL   string    `json:"url,omitempty"`
}

// MarkState is a verdict in the words of continuous integration.
type MarkState string

// The states of a Mark.
const (
	MarkPending   MarkState = "pending"
	MarkSuccess   MarkState = "success"
	MarkWarning   MarkState = "warning"
	MarkFailed    MarkState = "failed"
	MarkCancelled MarkState = "cancelled"
)

// kept is a mark as the store keeps it.
type kept struct {
	Mark
	Mail string `json:"mail,omitempty"` // key of the mail that says the same; empty: there is none
}

// errHeld means that the mail which says the same is held, so that the verdict is not public.
var errHeld = errors.New("its mail is held")

const (
	// showTime is how long a tracker may take for one mark, showLease when a crash is supposed.
	showTime, showLease = 2 * time.Minute, 5 * time.Minute
	// heldPause is between two looks at whether a mail is held.
	heldPause = 5 * time.Minute
	// showFor is how long a tracker is tried that does not take a mark.
	showFor = 24 * time.Hour
)

// marked reports whether verdicts of a list are shown by a tracker: not before replies are switched on, not on a dry run.
func (b *Bot) marked(l *List) bool {
	return l != nil && l.Tracker != nil && b.Policy.Replies && !l.DryRun
}

// announce shows that a review of the claimed version begins. One that is tried again has said so; a branch that moved is
// nothing for everybody to watch; and where a person reads each verdict first, nothing is said before that.
func (b *Bot) announce(ctx context.Context, claim *store.Series, s *patch.Series, l *List) error {
	if !b.marked(l) || claim.List == "" || len(s.Missing) > 0 || claim.Attempts > 1 || claim.Cause == store.CauseBase || l.Moderator != "" {
		return nil
	}
	described := review.Describe(s)
	text, err := b.words(l).Mark(nil, l.Lang)
	if err != nil {
		return fmt.Errorf("put the mark into words: %w", err)
	}
	body, err := b.markOf(&described, MarkPending, text, nil)
	if err != nil {
		return err
	}
	if err := b.Store.PutMark(ctx, claim.ID, claim.Version, body); err != nil {
		return err
	}
	signal(b.wakeMarker)
	return nil
}

// mark is what the list's tracker shows of a report, nil for nothing: a site has no patchset of a series that is not whole.
// mail says the same and may be nil.
func (b *Bot) mark(report *review.Report, list string, l *List, mail *store.Outbox) ([]byte, error) {
	state, ok := markState(report.Verdict)
	if !ok || list == "" || !b.marked(l) || mail == nil && l.Moderator != "" {
		return nil, nil
	}
	text, err := b.words(l).Mark(report, l.Lang)
	if err != nil {
		return nil, fmt.Errorf("put the mark into words: %w", err)
	}
	return b.markOf(&report.Series, state, text, mail)
}

func markState(v review.Verdict) (state MarkState, ok bool) {
	switch v {
	case review.VerdictClean:
		return MarkSuccess, true
	case review.VerdictRemarks:
		return MarkWarning, true
	case review.VerdictChangesNeeded, review.VerdictDoesNotApply:
		return MarkFailed, true
	case review.VerdictNotReviewed:
		return MarkCancelled, true
	}
	return "", false
}

func (b *Bot) markOf(s *review.Series, state MarkState, text string, mail *store.Outbox) ([]byte, error) {
	m := kept{Mark: Mark{Cover: s.Cover, State: state, Text: text, URL: review.ReportURL(b.WebURL, s)}}
	if mail != nil {
		m.Mail = mail.Key
	}
	for _, p := range s.Parts {
		if !slices.Contains(s.Carried, p.Index) { // else the mail belongs to the version before
			m.Parts = append(m.Parts, p.MessageID)
		}
	}
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode mark: %w", err)
	}
	return body, nil
}

// showOne has one mark shown that is due. It reports whether there was one.
func (b *Bot) showOne(ctx context.Context) (bool, error) {
	// Without trackers, what one was to show before is dropped.
	if slices.ContainsFunc(b.Lists, func(l List) bool { return l.Tracker != nil }) && b.KillSwitch() {
		return false, nil
	}
	m, err := b.Store.ClaimMark(ctx, showLease)
	if err != nil || m == nil {
		return false, err
	}
	shown, err := b.show(ctx, m)
	// How it ended is recorded also when the daemon is stopping.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	switch {
	case err == nil && shown == nil:
		return true, ifNotFenced(b.Store.EndMark(after, m))
	case err == nil:
		b.trackerIs(after, shown.list, true, "shows verdicts")
		return true, ifNotFenced(b.Store.EndMark(after, m, b.markStep(shown, "shown", shown.detail)))
	case shown == nil:
		return true, errors.Join(err, ifNotFenced(b.Store.ReleaseMark(after, m, b.Now().Add(showDelay(m.Attempts)), err.Error())))
	case ctx.Err() != nil:
		return false, ifNotFenced(b.Store.ReleaseMark(after, m, b.Now(), "stopped"))
	case errors.Is(err, errHeld):
		return true, ifNotFenced(b.Store.PostponeMark(after, m, b.Now().Add(heldPause)))
	}
	return true, ifNotFenced(b.notShown(after, m, shown, err))
}

// notShown puts a mark off that its tracker did not take, or gives it up.
func (b *Bot) notShown(ctx context.Context, m *store.Mark, shown *showing, cause error) error {
	log := b.Log.With("series", m.SeriesID, "version", m.Version, "list", shown.list, "error", cause)
	tooLong := b.Now().Sub(m.Put) > showFor
	if tooLong || !errors.Is(cause, ErrAbsent) {
		b.trackerIs(ctx, shown.list, false, cause.Error())
	}
	if tooLong {
		log.Error("show the verdict: given up")
		return b.Store.EndMark(ctx, m, b.markStep(shown, "not-shown", cause.Error()))
	}
	delay := showDelay(m.Attempts)
	log.Warn("show the verdict: later", "retry", delay)
	return b.Store.ReleaseMark(ctx, m, b.Now().Add(delay), cause.Error())
}

// showing is a mark on its way to a tracker.
type showing struct{ list, root, detail string }

// show hands a mark to the tracker of its list. Without a showing and an error, there is nothing to be shown any more.
func (b *Bot) show(ctx context.Context, m *store.Mark) (*showing, error) {
	s, err := b.Store.SeriesVersion(ctx, m.SeriesID, m.Version)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	l := b.listNamed(s.List)
	if !b.marked(l) {
		return nil, nil
	}
	age, err := b.age(ctx, &store.Outbox{SeriesID: m.SeriesID, Version: m.Version})
	if err != nil {
		return nil, err
	}
	if b.Policy.MaxAge > 0 && age > b.Policy.MaxAge {
		return nil, nil // a new bot does not talk about old patches
	}
	var mark kept
	if err := json.Unmarshal(m.Body, &mark); err != nil {
		return nil, fmt.Errorf("read mark: %w", err)
	}
	switch state, err := b.mailState(ctx, mark.Mail); {
	case err != nil:
		return nil, err
	case state == store.StateUnsent:
		return nil, nil
	case state == store.StateHeld:
		return &showing{l.Name, s.Root, ""}, errHeld
	}
	ctx, cancel := context.WithTimeout(ctx, showTime)
	defer cancel()
	return &showing{l.Name, s.Root, fmt.Sprintf("%s by the tracker of %s", mark.State, l.Name)}, l.Tracker.Show(ctx, mark.Mark)
}

// mailState is the state of a mail by its key, empty when there is none.
func (b *Bot) mailState(ctx context.Context, key string) (string, error) {
	mail, err := b.Store.OutboxByKey(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return mail.State, nil
}

func (b *Bot) markStep(s *showing, event, detail string) store.Step {
	return store.Step{At: b.Now(), MessageID: s.root, Event: event, Detail: detail}
}

// trackerIs tells the operator how a tracker is.
func (b *Bot) trackerIs(ctx context.Context, list string, ok bool, detail string) {
	if err := b.Store.SetHealth(ctx, "tracker "+list, ok, detail); err != nil {
		b.Log.Error("write health", "error", err)
	}
}

// showDelay is the delay after the given number of attempts: 1 minute doubling to one hour.
func showDelay(attempts int) time.Duration {
	return min(time.Minute<<min(max(attempts-1, 0), 20), time.Hour)
}
