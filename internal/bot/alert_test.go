package bot_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/email"
	"patchbot/internal/repo"
	"patchbot/internal/store"
)

const operator = "operator@example.org"

// alerting makes a rig whose operator is told after half an hour, and again each day.
func alerting(t *testing.T, change func(*bot.Options)) *rig {
	return newRig(t, func(o *bot.Options) {
		o.Alert = bot.Alert{To: operator, After: 30 * time.Minute, Remind: 24 * time.Hour, Lang: "en"}
		if change != nil {
			change(o)
		}
	})
}

// alerts are the subjects of the mails that the operator got.
func (r *rig) alerts() []string {
	out := []string{}
	for _, m := range r.out.mails {
		if slices.Contains(m.to, operator) {
			out = append(out, email.Parse(m.raw, email.DefaultLimits()).Subject)
		}
	}
	return out
}

func (r *rig) wantAlerts(want ...string) {
	r.Helper()
	if got := r.alerts(); !slices.Equal(got, want) {
		r.Fatalf("alerts %q, want %q", got, want)
	}
}

// The operator hears of patches that nobody could review: once, then once a day, and of the next time anew.
func TestAlertUnread(t *testing.T) {
	var down error = errors.New("connection refused")
	r := alerting(t, func(o *bot.Options) {
		base := o.Wikis[0].Base
		o.Wikis[0].Base = func(ctx context.Context) (*repo.Repo, error) {
			if down != nil {
				return nil, down
			}
			return base(ctx)
		}
	})
	r.take(r.mail("07-series-1", " 1/3]", "]"))
	for range 29 {
		r.pass(time.Minute)
	}
	r.wantAlerts()
	const told = "patchbot: 1 mail still waits for its review"
	for range 90 {
		r.pass(time.Minute)
	}
	r.wantAlerts(told)
	m := email.Parse(r.out.mails[0].raw, email.DefaultLimits())
	if len(m.To) != 1 || m.To[0].Addr != operator || len(m.Cc) != 0 || m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("To %v, Cc %v, Auto-Submitted %q", m.To, m.Cc, m.Header.Get("Auto-Submitted"))
	}
	if !strings.Contains(m.Text, "connection refused") || !strings.Contains(m.Text, "patchbot doctor") {
		t.Errorf("the mail says neither why nor what to do:\n%s", m.Text)
	}
	r.reopen() // another process knows of it
	for range 24 {
		r.pass(time.Hour)
	}
	r.wantAlerts(told, told)

	down = nil
	r.pass(time.Hour)
	if got := r.verdicts(); got[len(got)-1] != "clean" {
		t.Errorf("verdicts %q", got)
	}
	r.pass(3 * time.Hour)
	down = errors.New("no route")
	r.take(r.mail("06-already-applied"))
	r.pass(time.Minute)
	r.pass(40 * time.Minute)
	r.wantAlerts(told, told, told)
}

// Held and refused replies are told without a word about people, caps do not hold what tells of a cap, and an alert that
// itself got stuck raises no further one.
func TestAlertHeld(t *testing.T) {
	r := alerting(t, func(o *bot.Options) { o.Policy.PerHour = 1 })
	r.take(r.mail("07-series-1", " 1/3]", "]"))
	r.pass(time.Minute)
	r.take(r.mail("06-already-applied"))
	r.pass(time.Minute)
	r.pass(time.Minute)
	r.wantAlerts("patchbot: 1 reply has not left")
	text := string(r.out.mails[len(r.out.mails)-1].raw)
	for _, m := range r.out.mails {
		for _, to := range m.to {
			if to != operator && strings.Contains(text, to) {
				t.Errorf("the alert names %s", to)
			}
		}
	}

	r.out.err = &bot.Refusal{Permanent: true, Err: errors.New("550 no such user")}
	r.pass(25 * time.Hour)
	if got := r.outbox()[store.StateFailed]; got != 1 {
		t.Fatalf("%d mails failed, want the reminder", got)
	}
	r.pass(time.Hour)
	if got := r.outbox(); got[store.StateFailed] != 1 || got[store.StateReady] != 0 {
		t.Errorf("an alert about an alert: %v", got)
	}
}

// While replies are switched off, those that are stored are no trouble; a mailbox out of reach is.
func TestAlertMailbox(t *testing.T) {
	since := time.Time{}
	r := alerting(t, func(o *bot.Options) {
		o.Policy.Replies = false
		o.Alert.Mailbox = func() (time.Time, string) { return since, "not connected: connection refused" }
	})
	r.take(r.mail("07-series-1", " 1/3]", "]"))
	r.pass(time.Minute)
	since = r.now
	r.pass(29 * time.Minute)
	r.wantAlerts()
	r.pass(2 * time.Minute)
	r.wantAlerts("patchbot: the mailbox does not answer")
	since = time.Time{}
	r.pass(48 * time.Hour)
	r.wantAlerts("patchbot: the mailbox does not answer")
}

// A crash while an alert is on its way is settled as with every other mail: it is looked for before it leaves again.
func TestAlertCrash(t *testing.T) {
	down := errors.New("connection lost")
	r := alerting(t, func(o *bot.Options) {
		o.Wikis[0].Base = func(context.Context) (*repo.Repo, error) { return nil, down }
	})
	r.take(r.mail("07-series-1", " 1/3]", "]"))
	r.out.err, r.out.lost = &bot.Refusal{Unknown: true, Err: down}, true
	r.pass(time.Minute)
	r.pass(40 * time.Minute)
	r.wantAlerts("patchbot: 1 mail still waits for its review")
	r.out.err, r.out.lost = nil, false
	r.in.holds["<"+email.Parse(r.out.mails[0].raw, email.DefaultLimits()).ID+">"] = true
	r.reopen()
	r.pass(3 * time.Minute)
	r.wantAlerts("patchbot: 1 mail still waits for its review")
	if got := r.outbox()[store.StateSent]; got != 1 {
		t.Errorf("outbox %v", r.outbox())
	}
}
