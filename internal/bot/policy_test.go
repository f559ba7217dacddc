package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/email"
	"patchbot/internal/review"
	"patchbot/internal/store"
)

// onList changes the only list of a rig.
func onList(change func(*bot.List)) func(*bot.Options) {
	return func(o *bot.Options) { change(&o.Lists[0]) }
}

// findingsOnly is a list that wants mails about findings and conflicts only.
func findingsOnly(l *bot.List) {
	l.Verdicts = []review.Verdict{review.VerdictRemarks, review.VerdictChangesNeeded, review.VerdictDoesNotApply}
}

// broken is a patch with a link that leads nowhere.
func (r *rig) broken() []byte {
	return r.mail("07-series-1", " 1/3]", "]", "https://github.com/blue-hats/bluehats-soc", "nowhere.md", "-2-camille", "-9-camille",
		"-1-camille", "-8-camille", "<camille@", "<other@", "Add blue", "New blue")
}

// TestVerdicts has a list say which verdicts it wants mails about. The others are known all the same, and who asks is told.
func TestVerdicts(t *testing.T) {
	r := newRig(t, onList(findingsOnly))
	id := r.take(r.mail("07-series-1", " 1/3]", "]"))
	r.pass(time.Minute)
	r.wantVerdicts()
	r.wantEvent(id, "^reviewed clean")
	r.wantEvent(id, "^not-mailed list list wants no mail about the verdict clean")
	r.take(r.answer(1, id, "patchbot: recheck"))
	r.pass(0)
	r.wantVerdicts("clean")
	r.take(r.broken())
	r.pass(time.Minute)
	r.wantVerdicts("clean", "changes-needed")
}

// A mail that says something worse is taken back, whatever the list wants to hear.
func TestVerdictTakenBack(t *testing.T) {
	r := newRig(t, onList(func(l *bot.List) {
		l.Verdicts = []review.Verdict{review.VerdictChangesNeeded, review.VerdictIncomplete}
	}))
	for _, i := range []int{0, 1, 3} {
		r.take(r.mail(series()[i]))
	}
	r.pass(16 * time.Minute)
	r.wantVerdicts("incomplete")
	r.take(r.mail(series()[2]))
	r.pass(time.Minute)
	r.wantVerdicts("incomplete", "clean")
}

func TestAudience(t *testing.T) {
	const author = "camille@example.org"
	for audience, want := range map[review.Audience][]string{
		"": {listAddress, author}, review.ToBoth: {listAddress, author}, review.ToAuthor: {author}, review.ToList: {listAddress},
	} {
		r := newRig(t, onList(func(l *bot.List) { l.To = audience }))
		id := r.reviewed()
		r.take(r.answer(1, id, "patchbot: help"))
		r.pass(0)
		if got := r.out.mails[0].to; !slices.Equal(got, want) {
			t.Errorf("%q: reply to %q, want %q", audience, got, want)
		}
		first := email.Parse(r.out.mails[0].raw, email.DefaultLimits())
		if promised := strings.Contains(first.Text, "patchbot: recheck"); promised != slices.Contains(want, listAddress) {
			t.Errorf("%q: an answer that reaches nobody is asked for, or one that would is not: %v", audience, promised)
		}
		want = slices.Clone(want)
		if i := slices.Index(want, author); i >= 0 {
			want[i] = "maintainer@example.org"
		}
		if got := r.out.mails[1].to; !slices.Equal(got, want) {
			t.Errorf("%q: help to %q, want %q", audience, got, want)
		}
	}
}

// A list that only authors hear from has nobody to tell about a series whose author has no address of their own.
func TestAudienceOfNobody(t *testing.T) {
	r := newRig(t, onList(func(l *bot.List) { l.To = review.ToAuthor }))
	id := r.take(r.mail("07-series-1", " 1/3]", "]", "<camille@example.org>", "<"+listAddress+">"))
	r.pass(time.Minute)
	r.wantVerdicts()
	r.wantEvent(id, "^not-mailed nobody to answer")
}

func TestDryRun(t *testing.T) {
	r := newRig(t, onList(func(l *bot.List) { l.DryRun, l.Moderator = true, "mod@example.org" }))
	id := r.take(r.mail("07-series-1", " 1/3]", "]"))
	r.pass(time.Minute)
	r.wantVerdicts()
	r.wantEvent(id, "^unsent its list is a dry run")
	if out := r.outbox(); out[store.StateUnsent] != 1 || len(out) != 1 {
		t.Errorf("outbox %v", out)
	}
	if st, err := r.db.Status(t.Context()); err != nil || len(st.Errors) != 0 {
		t.Errorf("errors %v, %v: a dry run is none", st.Errors, err)
	}
}

// TestQuietHours has replies wait for the morning, also those that a server did not take in the evening, through a crash.
func TestQuietHours(t *testing.T) {
	r := newRig(t, onList(func(l *bot.List) { l.Quiet = bot.Quiet{From: 22 * 60, Until: 7 * 60, Zone: time.UTC} }))
	r.now = time.Date(2022, 1, 25, 21, 58, 0, 0, time.UTC)
	r.out.err = &bot.Refusal{Err: errNow}
	first := r.take(r.mail("07-series-1", " 1/3]", "]"))
	r.pass(time.Minute)
	r.out.err = nil
	r.pass(2 * time.Minute) // 22:01
	r.wantVerdicts()
	r.wantEvent(first, "^postponed quiet hours of list list until 2022-01-26 07:00 UTC")
	r.take(r.broken())
	r.pass(time.Minute)
	r.reopen()
	r.pass(8*time.Hour + 57*time.Minute) // 06:59
	r.wantVerdicts()
	if st, err := r.db.Status(t.Context()); err != nil || len(st.Errors) != 0 || !st.NextDue.Equal(time.Date(2022, 1, 26, 7, 0, 0, 0, time.UTC)) {
		t.Errorf("next due %v, errors %v, %v", st.NextDue, st.Errors, err)
	}
	r.pass(time.Minute)
	r.wantVerdicts("clean", "changes-needed")
	r.pass(24 * time.Hour)
	r.wantVerdicts("clean", "changes-needed")
}

// moderated is a list whose replies somebody reads first.
func moderated(o *bot.Options) {
	o.Lists[0].Moderator = "mod@example.org"
	o.Policy.PerThreadDay, o.Policy.PerHour, o.Policy.PerSenderHour, o.Policy.MaxAge = 1, 2, 1, 7*24*time.Hour
}

// held is the key of the only reply that waits.
func (r *rig) held() *store.Outbox {
	r.Helper()
	st, err := r.db.Status(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	var found *store.Outbox
	for i, o := range st.Waiting {
		if o.State == store.StateHeld {
			if found != nil {
				r.Fatalf("two replies are held: %s and %s", found.Key, o.Key)
			}
			found = &st.Waiting[i]
		}
	}
	if found == nil {
		r.Fatal("no reply is held")
	}
	return found
}

func TestHold(t *testing.T) {
	r := newRig(t, moderated)
	id := r.take(r.mail("07-series-1", " 1/3]", "]"))
	r.pass(time.Minute)
	r.reopen()
	r.pass(time.Hour)
	if len(r.out.mails) != 1 || !slices.Equal(r.out.mails[0].to, []string{"mod@example.org"}) {
		t.Fatalf("%d mails; the first to %v", len(r.out.mails), r.out.mails[0].to)
	}
	held, notice := r.held(), r.last()
	for _, want := range []string{"patchbot release " + held.MessageID, "  To: Camille Contributrice <camille@example.org>", "  Cc: " + listAddress,
		"  Subject: Re: [PATCH logiciels-libres] Add", "  In-Reply-To: <" + id + ">", "  Rien à signaler"} {
		if !strings.Contains(notice.Text, want) {
			t.Errorf("the moderator does not read %q:\n%s", want, notice.Text)
		}
	}
	if notice.Header.Get("X-Patchbot-Verdict") != "" || notice.ID == held.MessageID {
		t.Errorf("the notice is taken for the reply: %v", notice.Header)
	}
	r.wantEvent(id, "^held waits for its release by the moderator")
	// Days later, beyond every cap and in the quiet hours, and once only.
	r.now = r.now.Add(10 * 24 * time.Hour)
	r.opts.Lists[0].Quiet = bot.Quiet{From: 0, Until: 23*60 + 59, Zone: time.UTC}
	r.opts.Policy.PerHour = -1
	r.reopen()
	if err := r.db.Release(t.Context(), held.Key); err != nil {
		t.Fatal(err)
	}
	r.reopen()
	r.pass(0)
	if err := r.db.Release(t.Context(), held.Key); err == nil {
		t.Error("released twice")
	}
	r.pass(24 * time.Hour)
	if len(r.out.mails) != 2 || !slices.Equal(r.out.mails[1].to, []string{listAddress, "camille@example.org"}) || r.last().ID != held.MessageID {
		t.Errorf("%d mails; the last to %v", len(r.out.mails), r.out.mails[len(r.out.mails)-1].to)
	}
	r.wantEvent(id, "^released")
	r.wantEvent(id, "^sent queue-2")
}

// A released reply that a greylisting server does not take at once is tried again, however long it had been held.
func TestReleasedIsRetried(t *testing.T) {
	r := newRig(t, moderated)
	r.take(r.mail("07-series-1", " 1/3]", "]"))
	r.pass(time.Minute)
	held := r.held()
	r.now = r.now.Add(5 * 24 * time.Hour)
	if err := r.db.Release(t.Context(), held.Key); err != nil {
		t.Fatal(err)
	}
	r.out.err = &bot.Refusal{Err: errNow}
	r.pass(0)
	r.out.err = nil
	r.pass(time.Hour)
	if len(r.out.mails) != 2 || r.last().ID != held.MessageID {
		t.Errorf("%d mails", len(r.out.mails))
	}
}

// Everything that would reach the list waits, the help too, and a moderator is not flooded.
func TestHoldEverything(t *testing.T) {
	r := newRig(t, moderated)
	id := r.take(r.mail("07-series-1", " 1/3]", "]"))
	r.pass(time.Minute)
	r.take(r.answer(1, id, "patchbot: help"))
	r.pass(0)
	r.take(r.answer(2, id, "patchbot: recheck"))
	r.pass(0)
	for _, m := range r.out.mails {
		if !slices.Equal(m.to, []string{"mod@example.org"}) {
			t.Errorf("a mail to %v: %s", m.to, email.Parse(m.raw, email.DefaultLimits()).Subject)
		}
	}
	if out := r.outbox(); len(r.out.mails) != 2 || out[store.StateHeld] != 4 {
		t.Errorf("%d mails to the moderator, whose limit is 2; outbox %v", len(r.out.mails), out)
	}
}
