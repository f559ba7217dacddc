package bot_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/checks"
	"patchbot/internal/email"
)

// parent is the parent of the sample patch that adds a link.
const parent = "c2c04ca4fcc1a79b529e765e6ec9461030e1aa07"

// web is what other sites answer at the moment.
type web struct {
	answer checks.Answer
	asked  []string // "sender url", with " afresh"
}

func (w *web) Ask(_ context.Context, sender string, links []checks.Link, afresh bool) []checks.Answer {
	var out []checks.Answer
	for _, l := range links {
		line := sender + " " + l.URL
		if afresh {
			line += " afresh"
		}
		w.asked = append(w.asked, line)
		a := w.answer
		a.URL = l.URL
		out = append(out, a)
	}
	return out
}

func answers() (timeout, gone, refused, fine checks.Answer) {
	return checks.Answer{Class: checks.Unknown, Cause: "timeout"},
		checks.Answer{Class: checks.Broken, Cause: "not-found", Status: 404, Looks: 2},
		checks.Answer{Class: checks.LooksBroken, Cause: "refused", Looks: 2},
		checks.Answer{Class: checks.Fine}
}

// TestLinks: a dead link is said in the reply, one that nobody can judge is asked again, and said once when it is dead.
func TestLinks(t *testing.T) {
	timeout, gone, refused, fine := answers()
	guarded := checks.Answer{Class: checks.NotAsked, Cause: "connection"}
	looks := checks.Answer{Class: checks.LooksBroken, Cause: "root", Status: 200}
	for _, tt := range []struct {
		name   string
		first  checks.Answer
		later  []checks.Answer // after 1 h, 6 h and 24 h
		asked  int
		want   []string
		phrase string // of the last mail
	}{
		{"dead", gone, nil, 1, []string{"changes-needed"}, "répond 404"},
		{"fine", fine, nil, 1, []string{"clean"}, "1 lien ajouté, valide"},
		{"out of reach, then fine", timeout, []checks.Answer{fine}, 2, []string{"clean"}, "n'a pas pu être vérifié (délai dépassé)"},
		{"out of reach, then dead", timeout, []checks.Answer{gone}, 2, []string{"clean", "changes-needed"}, "est mort"},
		{"dead at the last look", timeout, []checks.Answer{timeout, timeout, gone}, 4, []string{"clean", "changes-needed"}, "est mort"},
		{"out of reach for good", timeout, []checks.Answer{timeout, timeout, timeout}, 4, []string{"clean"}, "Le robot réessaiera"},
		{"closed for a day", timeout, []checks.Answer{refused, refused, refused}, 4, []string{"clean", "changes-needed"}, "refuse toute connexion"},
		{"closed now and then", timeout, []checks.Answer{refused, timeout, refused}, 4, []string{"clean"}, ""},
		{"behind the guard for good", guarded, []checks.Answer{guarded, guarded, guarded}, 4, []string{"clean"}, "n'a pas pu être vérifié (pas de connexion). Le robot réessaiera"},
		{"doubtful later", timeout, []checks.Answer{looks}, 2, []string{"clean"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &web{answer: tt.first}
			r := newRig(t, func(o *bot.Options) { o.Links = w })
			r.branch(parent)
			id := r.take(r.mail("01-clean"))
			r.pass(time.Minute)
			r.wantVerdicts(tt.want[0])
			for i, wait := range []time.Duration{time.Hour, 5 * time.Hour, 18 * time.Hour} {
				if i < len(tt.later) {
					w.answer = tt.later[i]
				}
				r.pass(wait - time.Minute)
				before := len(w.asked)
				r.pass(2 * time.Minute)
				if want := min(i, len(tt.later)) + 1; before != want && len(tt.later) > i {
					t.Errorf("asked before it was due: %q", w.asked)
				}
			}
			r.pass(100 * time.Hour)
			r.wantVerdicts(tt.want...)
			if len(w.asked) != tt.asked {
				t.Errorf("asked %q, want %d times", w.asked, tt.asked)
			}
			if !strings.HasPrefix(w.asked[0], "camille@example.org https://speakerdeck.com/bluehats") || slices.ContainsFunc(w.asked[1:], func(s string) bool { return !strings.HasSuffix(s, " afresh") }) {
				t.Errorf("asked %q", w.asked)
			}
			last := r.out.mails[len(r.out.mails)-1].raw
			body := strings.Join(strings.Fields(email.Parse(last, email.DefaultLimits()).Text), " ")
			if !strings.Contains(strings.ReplaceAll(body, "\u00a0", " "), tt.phrase) {
				t.Errorf("%q is not in\n%s", tt.phrase, body)
			}
			if len(tt.later) > 0 {
				r.wantEvent(id, "^links 1 asked again, ")
			}
		})
	}
}

// A series that is no longer open hears nothing about its links.
func TestLinksOfClosedSeries(t *testing.T) {
	timeout, gone, _, _ := answers()
	w := &web{answer: timeout}
	r := newRig(t, func(o *bot.Options) { o.Links = w })
	r.branch(parent)
	r.take(r.mail("01-clean"))
	r.pass(time.Minute)
	w.answer = gone
	// A second version, which adds no link, takes its place.
	r.take(r.mail("01-clean", "[PATCH logiciels-libres]", "[PATCH logiciels-libres v2]", "Message-ID: <", "Message-ID: <second.", "Message-Id: <", "Message-Id: <second.",
		"(https://speakerdeck.com/bluehats)", "(faq.md)          "))
	r.pass(time.Minute)
	asked := len(w.asked)
	r.pass(48 * time.Hour)
	if len(w.asked) != asked {
		t.Errorf("asked %q", w.asked[asked:])
	}
}

// A process that dies while it asks links again leaves them to the next one.
func TestLinksAfterCrash(t *testing.T) {
	timeout, gone, _, _ := answers()
	w := &web{answer: timeout}
	r := newRig(t, func(o *bot.Options) { o.Links = w })
	r.branch(parent)
	r.take(r.mail("01-clean"))
	r.pass(time.Minute)
	r.now = r.now.Add(2 * time.Hour)
	job, err := r.db.ClaimLinks(r.Context(), time.Hour)
	if err != nil || job == nil {
		t.Fatalf("%+v, %v", job, err)
	}
	w.answer = gone
	r.reopen()
	r.pass(time.Minute)
	r.wantVerdicts("clean", "changes-needed")
}
