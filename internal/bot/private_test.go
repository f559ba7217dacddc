package bot_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/email"
)

// alone is a patch that was sent to the bot and to no list, with a header in front.
func (r *rig) alone(header string, edits ...string) []byte {
	raw := strings.TrimPrefix(string(r.lowerMail(edits...)), "List-Id: <list.example.org>\n")
	return []byte(header + strings.ReplaceAll(raw, "To: "+listAddress, "To: bot@example.org"))
}

func TestPrivate(t *testing.T) {
	const results = "Authentication-Results: mx.example.org; dkim=pass header.d=example.org\n"
	trusting := func(o *bot.Options) { o.Policy.AuthServers = []string{"mx.example.org"} }
	for _, test := range []struct {
		name   string
		change func(*bot.Options)
		header string
		reason string // why it is left alone; empty: it is answered
	}{
		{"not enabled", nil, results, "private-mail"},
		{"trusted", trusting, results, ""},
		{"nobody vouches", trusting, "", "untrusted-sender"},
		{"another server", trusting, strings.Replace(results, "mx.", "mail.", 1), "untrusted-sender"},
		{"the trusted server says no", trusting, strings.Replace(results, "pass", "fail", 1) + results, "untrusted-sender"},
		{"another domain", trusting, strings.Replace(results, "header.d=", "header.d=other.", 1), "untrusted-sender"},
		{"quotes", trusting, strings.Replace(results, "dkim=pass", `dkim=pass reason="ok"`, 1), "untrusted-sender"},
		{"an answer for somebody else", trusting, results + "Reply-To: victim@example.net\nX-Original-From: victim@example.net\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, test.change)
			id := r.take(r.alone(test.header))
			r.pass(time.Hour)
			if test.reason != "" {
				r.wantVerdicts()
				r.wantEvent(id, "^ignored "+test.reason)
				return
			}
			r.wantVerdicts("clean")
			if got := r.out.mails[0].to; !slices.Equal(got, []string{"camille@example.org"}) {
				t.Errorf("answered to %q", got)
			}
			if m := email.Parse(r.out.mails[0].raw, email.DefaultLimits()); len(m.Cc) > 0 || len(m.To) != 1 || m.To[0].Addr != "camille@example.org" {
				t.Errorf("To %v, Cc %v", m.To, m.Cc)
			}
		})
	}
}

// A private mail of an unknown prefix stays without an answer, and one that the list also got is answered on the list.
func TestPrivateBesideList(t *testing.T) {
	const results = "Authentication-Results: mx.example.org; spf=pass smtp.mailfrom=camille@example.org\n"
	r := newRig(t, func(o *bot.Options) { o.Policy.AuthServers = []string{"mx.example.org"} })
	other := r.take(r.alone(results, "PATCH logiciels-libres", "PATCH sill", "29234-2", "29400-1"))
	r.pass(time.Minute)
	r.wantEvent(other, "^ignored other-prefix")
	r.take([]byte(results + strings.TrimPrefix(string(r.lowerMail()), "List-Id: <list.example.org>\n")))
	r.pass(time.Minute)
	r.wantVerdicts("clean")
	if got := r.out.mails[0].to; !slices.Contains(got, listAddress) {
		t.Errorf("answered to %q", got)
	}
}

// The git of this machine agrees with the verdict; its look changes nothing.
func TestVerify(t *testing.T) {
	var log strings.Builder
	r := newRig(t, func(o *bot.Options) {
		o.Policy.Verify = true
		o.Log = debugLog(&log)
	})
	r.take(r.lowerMail())
	r.pass(time.Minute)
	r.take(r.upperMail("Depends-on: <" + lowerID + ">"))
	r.pass(time.Minute)
	r.wantVerdicts("clean", "clean")
	if got := strings.Count(log.String(), "git agrees with the verdict"); got != 2 {
		t.Errorf("%d agreements, want 2:\n%s", got, log.String())
	}
}

func debugLog(w *strings.Builder) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
