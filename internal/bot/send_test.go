package bot_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/repo"
	"patchbot/internal/store"
)

// A server that refuses us, and not a mail, gets no further mail for some minutes, loses none, and is known to be out of use.
func TestServerRefusesUs(t *testing.T) {
	for name, refusal := range map[string]*bot.Refusal{
		"password":   {Configuration: true, Err: errors.New("535 5.7.8 authentication failed")},
		"connection": {Unreached: true, Err: errors.New("connection refused")},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			tries := 0
			r.bot.Outlet = countingOutlet{r.out, &tries}
			r.out.err = refusal
			r.take(r.mail("07-series-1", " 1/3]", "]"))
			r.take(r.mail("06-already-applied"))
			r.pass(time.Minute)
			r.pass(time.Second)
			if tries != 1 {
				t.Errorf("%d attempts in the first minute, want one", tries)
			}
			health, err := r.db.Health(t.Context())
			if err != nil || len(health) != 1 || health[0].Name != "smtp" || health[0].OK || health[0].Detail != refusal.Error() {
				t.Errorf("health %+v, %v", health, err)
			}
			for range 60 { // longer than a mail is offered to a server that only puts it off
				r.pass(time.Hour)
			}
			wanted := map[string]int{store.StateReady: 2}
			if !refusal.Configuration {
				wanted = map[string]int{store.StateFailed: 2}
			}
			for state, n := range wanted {
				if got := r.outbox(); got[state] != n {
					t.Errorf("outbox %v, want %v", got, wanted)
				}
			}
			r.out.err = nil
			r.pass(2 * time.Hour)
			if health, err := r.db.Health(t.Context()); refusal.Configuration && (err != nil || !health[0].OK || len(r.out.mails) != 2) {
				t.Errorf("%d mails left once the password was right, health %+v, %v", len(r.out.mails), health, err)
			}
		})
	}
}

type countingOutlet struct {
	*outlet
	tries *int
}

func (o countingOutlet) Send(ctx context.Context, from string, to []string, raw []byte) (string, error) {
	*o.tries++
	return o.outlet.Send(ctx, from, to, raw)
}

// However often a server put a reply off, one that then went astray is sent a second time before it is held.
func TestAstrayAfterGreylisting(t *testing.T) {
	r := newRig(t, nil)
	r.out.err = &bot.Refusal{Err: errors.New("450 4.7.1 greylisted")}
	r.take(r.mail("07-series-1", " 1/3]", "]"))
	for range 5 {
		r.pass(time.Hour)
	}
	r.out.err = &bot.Refusal{Unknown: true, Err: errors.New("connection reset")}
	r.pass(2 * time.Hour)
	r.out.err = nil
	for range 3 {
		r.pass(3 * time.Minute)
	}
	r.wantVerdicts("clean")
}

// A clock that jumps ahead makes nobody give up a reply that was offered only a few times.
func TestNotGivenUpByTheClock(t *testing.T) {
	r := newRig(t, nil)
	r.out.err = &bot.Refusal{Err: errors.New("450 4.7.1 greylisted")}
	r.take(r.mail("07-series-1", " 1/3]", "]"))
	r.pass(time.Minute)
	r.pass(72 * time.Hour)
	r.out.err = nil
	r.pass(time.Hour)
	r.wantVerdicts("clean")
}

// slowOutlet takes its time over a mail, or all the time there is.
type slowOutlet struct {
	takes time.Duration
	mu    sync.Mutex
	ended []error // how the context of each mail was at its end
}

func (o *slowOutlet) Send(ctx context.Context, _ string, _ []string, _ []byte) (string, error) {
	select {
	case <-ctx.Done():
	case <-time.After(o.takes):
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = append(o.ended, ctx.Err())
	if err := ctx.Err(); err != nil {
		return "", &bot.Refusal{Unknown: true, Err: err}
	}
	return "queue", nil
}

// A daemon that stops finishes the reply that is on its way, but does not wait for ever.
func TestStopWhileSending(t *testing.T) {
	for _, tt := range []struct {
		takes time.Duration
		state string
	}{{20 * time.Second, store.StateSent}, {time.Hour, store.StateSending}} {
		r := newRig(t, nil)
		r.take(r.mail("07-series-1", " 1/3]", "]"))
		r.out.err = &bot.Refusal{Err: errors.New("450")}
		r.pass(time.Minute)
		synctest.Test(t, func(t *testing.T) {
			// The store is outside the bubble: only the bot's own waiting is bent.
			out := &slowOutlet{takes: tt.takes}
			r.bot.Outlet = out
			r.now = r.now.Add(time.Hour)
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(5*time.Second, cancel)
			begin := time.Now()
			_, err := r.bot.Drain(ctx)
			if took := time.Since(begin); took > time.Minute {
				t.Errorf("stopping took %s", took)
			}
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		if got := r.outbox()[tt.state]; got != 1 {
			t.Errorf("a mail that takes %s: outbox %v, want %s", tt.takes, r.outbox(), tt.state)
		}
	}
}

// A review that takes longer than a lease keeps its claim.
func TestLongReview(t *testing.T) {
	began, goOn := make(chan struct{}), make(chan struct{})
	r := newRig(t, func(o *bot.Options) {
		base := o.Wikis[0].Base
		o.Wikis[0].Base = func(ctx context.Context) (*repo.Repo, error) {
			close(began)
			<-goOn
			return base(ctx)
		}
	})
	id := r.take(r.mail("07-series-1", " 1/3]", "]"))
	r.now = r.now.Add(time.Minute)
	done := make(chan error)
	go func() {
		_, err := r.bot.Drain(t.Context())
		done <- err
	}()
	<-began
	st, err := r.db.Status(t.Context())
	if err != nil || len(st.Open) != 1 {
		t.Fatalf("status %+v, %v", st, err)
	}
	if left := st.Open[0].Lease.Sub(r.now); left > time.Minute {
		t.Errorf("another daemon would wait %s for the work of a dead one", left)
	}
	close(goOn)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	r.wantVerdicts("clean")
	if strings.Count(strings.Join(r.events(id), "\n"), "reviewed clean") != 1 {
		t.Errorf("journal %v", r.events(id))
	}
}

// The copy in a folder for sent mails is made once a mail is known to have left, and a folder that takes none changes nothing.
func TestFiled(t *testing.T) {
	for name, answer := range map[string]error{"taken": nil, "refused": errors.New("no such folder")} {
		t.Run(name, func(t *testing.T) {
			var filed []string
			r := newRig(t, func(o *bot.Options) {
				o.File = func(_ context.Context, raw []byte) error {
					filed = append(filed, string(raw))
					return answer
				}
			})
			r.take(r.mail("07-series-1", " 1/3]", "]"))
			r.out.err = &bot.Refusal{Err: errors.New("450")}
			r.pass(time.Minute)
			if len(filed) != 0 {
				t.Error("a mail that did not leave was filed")
			}
			r.out.err = nil
			for range 3 {
				r.pass(time.Hour)
			}
			r.wantVerdicts("clean")
			if len(filed) != 1 || filed[0] != string(r.out.mails[0].raw) || r.outbox()[store.StateSent] != 1 {
				t.Errorf("%d copies, outbox %v", len(filed), r.outbox())
			}
		})
	}
}

// A clock that was ahead for a while costs neither the reply nor days.
func TestClockGoesBack(t *testing.T) {
	r := newRig(t, nil)
	const ahead = 5 * 24 * time.Hour
	r.now = r.now.Add(ahead)
	r.out.err = &bot.Refusal{Configuration: true, Err: errors.New("535 authentication failed")}
	r.take(r.mail("07-series-1", " 1/3]", "]"))
	r.pass(time.Minute)
	r.take(r.mail("06-already-applied"))
	r.out.err = nil
	r.now = r.now.Add(-ahead)
	for range 20 {
		r.pass(time.Minute)
	}
	if got := r.outbox(); len(r.out.mails) != 2 || got[store.StateSent] != 2 {
		t.Errorf("%d mails left, outbox %v", len(r.out.mails), got)
	}
}

// A daemon that dies again and again before it sends a byte: where copies of the bot's mails come back, the reply leaves as
// soon as one lives long enough; where none ever did, a person decides after the second time.
func TestDiesBeforeSending(t *testing.T) {
	for _, tt := range []struct {
		copies bool
		state  string
	}{{true, store.StateSent}, {false, store.StateHeld}} {
		r := newRig(t, nil)
		r.take(r.mail("06-already-applied"))
		r.pass(time.Minute)
		if tt.copies {
			r.take(r.out.mails[0].raw)
		}
		r.out.mails = nil
		id := r.take(r.mail("07-series-1", " 1/3]", "]"))
		r.out.err = &bot.Refusal{Unknown: true, Err: errors.New("killed before the first byte")} // nothing arrives
		for range 2 {
			r.pass(3 * time.Minute)
			r.pass(3 * time.Minute)
		}
		r.out.err = nil
		for range 6 {
			r.pass(3 * time.Minute)
		}
		rows, err := r.db.OutboxOf(t.Context(), r.seriesOf(id), 1)
		if err != nil || len(rows) != 1 || rows[0].State != tt.state {
			t.Errorf("copies come back %v: %+v, %v, want %s", tt.copies, rows, err, tt.state)
		}
		if tt.copies && len(r.out.mails) != 1 {
			t.Errorf("%d mails left", len(r.out.mails))
		}
	}
}

// seriesOf is the id of the series that a mail belongs to.
func (r *rig) seriesOf(messageID string) string {
	r.Helper()
	rows, err := r.db.MessagesByID(r.Context(), messageID)
	if err != nil || len(rows) != 1 {
		r.Fatalf("mail %s: %v, %v", messageID, rows, err)
	}
	return rows[0].SeriesID
}
