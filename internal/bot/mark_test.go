package bot_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/store"
)

// site is a tracker: it shows what it is told, unless it has an error to give.
type site struct {
	shown []string // "state text", of one series
	last  bot.Mark
	asked int
	err   error
	lost  bool // it shows the mark and its answer is lost
}

func (s *site) Show(_ context.Context, m bot.Mark) error {
	s.asked++
	if s.err != nil && !s.lost {
		return s.err
	}
	s.last = m
	if line := fmt.Sprint(m.State, " ", strings.ReplaceAll(m.Text, "\u00a0", " ")); len(s.shown) == 0 || s.shown[len(s.shown)-1] != line {
		s.shown = append(s.shown, line) // to show something twice is to show it once
	}
	return s.err
}

func (s *site) want(t *testing.T, lines ...string) {
	t.Helper()
	if !slices.Equal(s.shown, lines) {
		t.Errorf("shown %q, want %q", s.shown, lines)
	}
}

func newMarkedRig(t *testing.T, change func(*bot.Options)) (*rig, *site) {
	s := &site{}
	return newRig(t, func(o *bot.Options) {
		o.Lists[0].Tracker, o.WebURL = s, "https://bot.example.org/"
		if change != nil {
			change(o)
		}
	}), s
}

func (r *rig) health(name string) (ok bool, detail string) {
	r.Helper()
	all, err := r.db.Health(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	for _, h := range all {
		if h.Name == name {
			return h.OK, h.Detail
		}
	}
	return false, "none"
}

func TestMarkOfVerdicts(t *testing.T) {
	r, s := newMarkedRig(t, nil)
	var id string
	for _, name := range series() {
		id = r.take(r.mail(name))
	}
	r.pass(time.Minute)
	r.wantVerdicts("clean")
	s.want(t, "success rien à signaler")
	if s.last.Cover == "" || len(s.last.Parts) != 3 || s.last.Parts[2] != id || !strings.HasPrefix(s.last.URL, "https://bot.example.org/s/") {
		t.Errorf("%+v", s.last)
	}
	r.wantEvent(id, "^shown success by the tracker of list")
	if ok, detail := r.health("tracker list"); !ok {
		t.Errorf("the tracker is %s", detail)
	}
	// Nothing is left to do.
	asked := s.asked
	r.pass(24 * time.Hour)
	if s.asked != asked {
		t.Errorf("asked %d times more", s.asked-asked)
	}
}

// While the base cannot be had, the site shows that something is under way: said once, however often it is tried.
func TestMarkPending(t *testing.T) {
	r, s := newMarkedRig(t, nil)
	r.branch("0000000000000000000000000000000000000001")
	for _, name := range series() {
		r.take(r.mail(name))
	}
	for range 5 {
		r.pass(time.Minute)
	}
	s.want(t, "pending vérification en cours")
	if s.asked != 1 || len(s.last.Parts) != 3 {
		t.Errorf("asked %d times, last %+v", s.asked, s.last)
	}
	r.branch(base)
	r.pass(time.Hour)
	r.wantVerdicts("clean")
	s.want(t, "pending vérification en cours", "success rien à signaler")
}

// What a tracker does not take holds no mail, comes back, and is told to the operator.
func TestMarkLater(t *testing.T) {
	r, s := newMarkedRig(t, nil)
	r.branch(parent)
	s.err = fmt.Errorf("ask: %w", bot.ErrAbsent)
	id := r.take(r.mail("01-clean"))
	r.pass(time.Minute)
	r.wantVerdicts("clean")
	s.want(t)
	if _, detail := r.health("tracker list"); detail != "none" {
		t.Errorf("a mail that the site does not have yet is trouble: %s", detail)
	}
	s.err = errors.New("503 Service Unavailable")
	r.pass(5 * time.Minute)
	if ok, detail := r.health("tracker list"); ok || detail != "503 Service Unavailable" {
		t.Errorf("the tracker is %v, %s", ok, detail)
	}
	st, err := r.db.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(st.Errors) != 1 || st.Errors[0].Error != "503 Service Unavailable" {
		t.Errorf("status %+v", st.Errors)
	}
	asked := s.asked
	r.pass(time.Second)
	if s.asked != asked {
		t.Error("asked again at once")
	}
	s.err = nil
	r.pass(time.Hour)
	s.want(t, "success rien à signaler")
	r.wantEvent(id, "^shown success")
	if ok, _ := r.health("tracker list"); !ok {
		t.Error("the trouble is not over")
	}
	r.wantVerdicts("clean")
}

func TestMarkGivenUp(t *testing.T) {
	r, s := newMarkedRig(t, nil)
	s.err = bot.ErrAbsent
	id := r.take(r.mail("01-clean"))
	for range 60 {
		r.pass(30 * time.Minute)
	}
	asked := s.asked
	if asked < 20 || asked > 40 {
		t.Errorf("asked %d times in a day and more", asked)
	}
	r.wantEvent(id, "^not-shown the tracker does not know")
	if ok, _ := r.health("tracker list"); ok {
		t.Error("the operator does not hear of it")
	}
	r.pass(48 * time.Hour)
	if s.asked != asked {
		t.Error("asked after it was given up")
	}
}

// A process that dies before or after the site has shown a mark: the next one shows it, and it is there once.
func TestMarkAfterCrash(t *testing.T) {
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprint("answer lost ", lost), func(t *testing.T) {
			r, s := newMarkedRig(t, nil)
			r.branch(parent)
			s.err, s.lost = errors.New("connection reset"), lost
			r.take(r.mail("01-clean"))
			r.pass(time.Minute)
			r.wantVerdicts("clean")
			r.now = r.now.Add(time.Hour)
			if m, err := r.db.ClaimMark(t.Context(), time.Hour); err != nil || m == nil {
				t.Fatalf("%+v, %v", m, err)
			}
			s.err = nil
			r.reopen() // the claim died with its process
			r.pass(time.Second)
			s.want(t, "success rien à signaler")
			r.wantVerdicts("clean")
		})
	}
}

// Nothing is shown while the bot is to keep quiet, nor of what is old, private or incomplete.
func TestMarkQuiet(t *testing.T) {
	quiet := func(name string, change func(*bot.Options), act func(*rig)) {
		t.Run(name, func(t *testing.T) {
			r, s := newMarkedRig(t, change)
			act(r)
			r.pass(20 * time.Minute)
			s.want(t)
		})
	}
	quiet("replies are off", func(o *bot.Options) { o.Policy.Replies = false }, func(r *rig) { r.take(r.mail("01-clean")) })
	quiet("incomplete", nil, func(r *rig) { r.take(r.mail("07-series-1")) })
	quiet("old", func(o *bot.Options) { o.Policy.MaxAge = time.Hour }, func(r *rig) {
		r.take(r.mail("01-clean"))
		r.now = r.now.Add(3 * time.Hour)
	})
	stop := true
	r, s := newMarkedRig(t, func(o *bot.Options) { o.KillSwitch = func() bool { return stop } })
	r.branch(parent)
	r.take(r.mail("01-clean"))
	r.pass(time.Minute)
	s.want(t)
	stop = false
	r.pass(time.Minute)
	s.want(t, "success rien à signaler")
}

// What is held for a person is not public: the verdict is shown when its mail is released, and not when it is dropped.
func TestMarkOfHeldMail(t *testing.T) {
	for _, release := range []bool{true, false} {
		t.Run(fmt.Sprint("released ", release), func(t *testing.T) {
			r, s := newMarkedRig(t, nil)
			r.branch(parent)
			r.out.err = errors.New("451 later") // so that the mail is there to be held
			id := r.take(r.mail("01-clean"))
			s.err = bot.ErrAbsent
			r.pass(time.Minute)
			r.now = r.now.Add(10 * time.Minute)
			row, err := r.db.ClaimOutbox(t.Context(), time.Minute)
			if err != nil || row == nil {
				t.Fatalf("%+v, %v", row, err)
			}
			if err := r.db.HoldOutbox(t.Context(), row, "for a moderator"); err != nil {
				t.Fatal(err)
			}
			r.out.err, s.err = nil, nil
			asked := s.asked
			for range 10 { // days go by, and nothing is given up
				r.pass(12 * time.Hour)
			}
			s.want(t)
			st, err := r.db.Status(t.Context())
			if err != nil || s.asked != asked || slices.ContainsFunc(st.Errors, func(e store.Trouble) bool { return e.State == "not shown" }) {
				t.Errorf("what waits counts as trouble: asked %d times more, %+v, %v", s.asked-asked, st.Errors, err)
			}
			if !release {
				if err := r.db.Drop(t.Context(), row.Key, "not now"); err != nil {
					t.Fatal(err)
				}
				r.pass(time.Hour)
				s.want(t)
				if _, waits, err := r.db.NextMark(t.Context()); waits || err != nil {
					t.Errorf("a mark waits for a mail that was dropped: %v", err)
				}
				return
			}
			if err := r.db.Release(t.Context(), row.Key); err != nil {
				t.Fatal(err)
			}
			r.pass(10 * time.Minute)
			s.want(t, "success rien à signaler")
			r.wantEvent(id, "^shown success")
		})
	}
}

// Where a moderator reads each verdict first, the list's page shows it when its mail is released; a dry run shows nothing.
func TestMarkOfModeratedList(t *testing.T) {
	r, s := newMarkedRig(t, func(o *bot.Options) { o.Lists[0].Moderator = "mod@example.org" })
	r.branch(parent)
	r.take(r.mail("01-clean"))
	r.pass(time.Minute)
	r.pass(24 * time.Hour)
	if s.asked != 0 {
		t.Errorf("the tracker was asked before the moderator: %q", s.shown)
	}
	st, err := r.db.Status(t.Context())
	if err != nil || len(st.Waiting) != 1 {
		t.Fatalf("%+v, %v", st.Waiting, err)
	}
	if err := r.db.Release(t.Context(), st.Waiting[0].Key); err != nil {
		t.Fatal(err)
	}
	r.pass(10 * time.Minute)
	s.want(t, "success rien à signaler")

	r, s = newMarkedRig(t, func(o *bot.Options) { o.Lists[0].DryRun = true })
	r.branch(parent)
	r.take(r.mail("01-clean"))
	r.pass(24 * time.Hour)
	if s.asked != 0 {
		t.Errorf("a dry run asked the tracker: %q", s.shown)
	}
}

// A branch that moves makes a review that nobody is told to wait for.
func TestMarkOfMovedBranch(t *testing.T) {
	r, s := newMarkedRig(t, func(o *bot.Options) { o.Policy.LookAtBase = time.Minute })
	r.branch(parent)
	r.take(r.mail("01-clean"))
	r.pass(time.Minute)
	s.want(t, "success rien à signaler")
	r.pass(5 * time.Minute)
	r.branch(r.commitOn(parent, parent, "Nothing new"))
	r.pass(5 * time.Minute)
	r.pass(5 * time.Minute)
	s.want(t, "success rien à signaler")
	if s.asked != 2 { // at each of the two reviews
		t.Errorf("asked %d times", s.asked)
	}
}

// A tracker that is configured no more is spoken to no more, and nothing waits for it.
func TestMarkWithoutTracker(t *testing.T) {
	r, s := newMarkedRig(t, nil)
	s.err = errors.New("503 Service Unavailable")
	r.take(r.mail("01-clean"))
	r.pass(time.Minute)
	r.opts.Lists[0].Tracker = nil
	r.reopen()
	r.pass(time.Hour)
	if _, ok, err := r.db.NextMark(t.Context()); ok || err != nil || s.asked != 1 {
		t.Errorf("a mark waits: %v, %v; asked %d times", ok, err, s.asked)
	}
}

// A link that turns out dead changes what is shown.
func TestMarkOfLateLink(t *testing.T) {
	timeout, gone, _, _ := answers()
	w := &web{answer: timeout}
	r, s := newMarkedRig(t, func(o *bot.Options) { o.Links = w })
	r.branch(parent)
	r.take(r.mail("01-clean"))
	r.pass(time.Minute)
	w.answer = gone
	r.pass(2 * time.Hour)
	r.wantVerdicts("clean", "changes-needed")
	s.want(t, "success rien à signaler", "failed 1 erreur à corriger")
}
