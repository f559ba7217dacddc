package bot_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/checks"
	"patchbot/internal/email"
	"patchbot/internal/repo"
	"patchbot/internal/review"
	"patchbot/internal/store"
	"patchbot/internal/wiki"
	"patchbot/testdata"
)

// rig is a bot on a real store and a real repository, with a mailbox and a mail server under the test's control.
type rig struct {
	*testing.T
	dir  string
	now  time.Time
	bot  *bot.Bot
	db   *store.DB
	out  *outlet
	in   *inbox
	opts bot.Options
	uid  uint32
}

type sent struct {
	to  []string
	raw []byte
}

// outlet is a mail server: it keeps what it takes, and answers with err when there is one.
type outlet struct {
	mails []sent
	err   error // the answer
	lost  bool  // it takes the mail and its answer is lost
}

func (o *outlet) Send(_ context.Context, _ string, to []string, raw []byte) (string, error) {
	if o.err != nil && !o.lost {
		return "", o.err
	}
	o.mails = append(o.mails, sent{to, bytes.Clone(raw)})
	if o.lost {
		return "", o.err
	}
	return fmt.Sprintf("queue-%d", len(o.mails)), nil
}

// inbox is a mailbox that is only searched: the tests hand mails over themselves.
type inbox struct {
	holds map[string]bool // header values that a search finds
	err   error
}

func (i *inbox) Run(ctx context.Context, _ func(context.Context) (store.Cursor, error), _ func(context.Context, bot.Arrival) error) error {
	<-ctx.Done()
	return ctx.Err()
}

func (i *inbox) Find(_ context.Context, _, value string) (bool, error) { return i.holds[value], i.err }

const (
	listAddress = "list@lists.example.org"
	base        = "9e36c9802b92f802e85ab66c70371361c51d7616" // parent of the sample series
)

func newRig(t *testing.T, change func(*bot.Options)) *rig {
	t.Helper()
	r := &rig{T: t, dir: t.TempDir(), now: time.Date(2022, 1, 25, 10, 0, 0, 0, time.UTC), out: &outlet{}, in: &inbox{holds: map[string]bool{}}}
	git := filepath.Join(r.dir, "wiki.git")
	if _, err := repo.UnpackBundle(testdata.Bundle, git); err != nil {
		t.Fatal(err)
	}
	r.branch(base)
	rules, err := checks.NewSet(nil)
	if err != nil {
		t.Fatal(err)
	}
	words, err := review.NewTranslator(review.Options{})
	if err != nil {
		t.Fatal(err)
	}
	host, _ := wiki.HostByName("sourcehut")
	r.opts = bot.Options{
		Inbox: r.in, Outlet: r.out, Mailbox: "INBOX", Rules: rules, Words: words,
		Lists: []bot.List{{Name: "list", Addresses: []string{listAddress}, IDs: []string{"list.example.org"}, Kind: "plain", Lang: review.French}},
		Wikis: []bot.Wiki{{Name: "wiki", Prefixes: []string{"logiciels-libres", "ll"}, Lists: []string{"list"}, Branch: "main", Host: host,
			Base: func(context.Context) (*repo.Repo, error) { return repo.Open(git) }}},
		Self:   bot.Self{Name: "patchbot", Address: "bot@example.org"},
		Policy: bot.Policy{IncompleteAfter: 15 * time.Minute, Settle: time.Second, Replies: true},
		Now:    func() time.Time { return r.now },
		Log:    slog.New(slog.NewTextHandler(testLog{t}, nil)),
	}
	if change != nil {
		change(&r.opts)
	}
	r.reopen()
	t.Cleanup(func() { r.db.Close() })
	return r
}

type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// branch moves the wiki's branch.
func (r *rig) branch(commit string) {
	r.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, "wiki.git", "refs", "heads", "main"), []byte(commit+"\n"), 0o644); err != nil {
		r.Fatal(err)
	}
}

// reopen starts the process anew on the same state, as after a crash.
func (r *rig) reopen() {
	r.Helper()
	if r.db != nil {
		if err := r.db.Close(); err != nil {
			r.Fatal(err)
		}
	}
	var err error
	if r.db, err = store.Open(r.Context(), store.Options{Dir: filepath.Join(r.dir, "state"), Now: func() time.Time { return r.now }}); err != nil {
		r.Fatal(err)
	}
	r.opts.Store = r.db
	if r.bot, err = bot.New(r.opts); err != nil {
		r.Fatal(err)
	}
	if err := r.bot.Recover(r.Context()); err != nil {
		r.Fatal(err)
	}
}

// mail reads a sample mail; edits are pairs of old and new text.
func (r *rig) mail(name string, edits ...string) []byte {
	r.Helper()
	raw, err := testdata.Demo.ReadFile("demo/" + name + ".eml")
	if err != nil {
		r.Fatal(err)
	}
	text := strings.NewReplacer(append([]string{"~etalab/logiciels-libres@lists.sr.ht", listAddress}, edits...)...).Replace(string(raw))
	return []byte("List-Id: <list.example.org>\n" + text)
}

// take hands a mail to the bot as the mailbox would.
func (r *rig) take(raw []byte) string {
	r.Helper()
	r.uid++
	if err := r.bot.Take(r.Context(), bot.Arrival{UIDValidity: 1, UID: r.uid, Raw: raw, Size: int64(len(raw)), At: r.now}); err != nil {
		r.Fatal(err)
	}
	return email.Parse(raw, email.DefaultLimits()).ID
}

// pass lets time go by and does what is due then.
func (r *rig) pass(d time.Duration) {
	r.Helper()
	r.now = r.now.Add(d)
	if _, err := r.bot.Drain(r.Context()); err != nil {
		r.Fatal(err)
	}
}

// verdicts are those of the mails that left.
func (r *rig) verdicts() []string {
	out := []string{}
	for _, m := range r.out.mails {
		out = append(out, email.Parse(m.raw, email.DefaultLimits()).Header.Get("X-Patchbot-Verdict"))
	}
	return out
}

func (r *rig) wantVerdicts(want ...string) {
	r.Helper()
	if got := r.verdicts(); !slices.Equal(got, want) {
		r.Fatalf("replies %q, want %q", got, want)
	}
}

// events are the journal of a mail and its series.
func (r *rig) events(id string) []string {
	r.Helper()
	steps, err := r.db.Journal(r.Context(), id)
	if err != nil {
		r.Fatal(err)
	}
	var out []string
	for _, s := range steps {
		out = append(out, s.Event+" "+s.Detail)
	}
	return out
}

func (r *rig) wantEvent(id, pattern string) {
	r.Helper()
	events := r.events(id)
	if !slices.ContainsFunc(events, regexp.MustCompile(pattern).MatchString) {
		r.Fatalf("no event %q in the journal of %s:\n%s", pattern, id, strings.Join(events, "\n"))
	}
}

func (r *rig) outbox() map[string]int {
	r.Helper()
	st, err := r.db.Status(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return st.Outbox
}

func series() []string { return []string{"07-series-0", "07-series-1", "07-series-2", "07-series-3"} }

func TestAnyOrderOneReply(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			r := newRig(t, nil)
			var ids []string
			for _, i := range order {
				ids = append(ids, r.take(r.mail(series()[i])))
				r.pass(500 * time.Millisecond)
			}
			r.pass(time.Minute)
			r.wantVerdicts("clean")
			reply := email.Parse(r.out.mails[0].raw, email.DefaultLimits())
			cover := email.Parse(r.mail("07-series-0"), email.DefaultLimits()).ID
			if !slices.Equal(reply.InReplyTo, []string{cover}) {
				t.Errorf("In-Reply-To %q, want %q", reply.InReplyTo, cover)
			}
			if !slices.Equal(r.out.mails[0].to, []string{listAddress, "camille@example.org"}) {
				t.Errorf("recipients %q", r.out.mails[0].to)
			}
			for _, id := range ids {
				r.wantEvent(id, "^received ")
				r.wantEvent(id, "^reviewed clean on main 9e36c9802b92")
				r.wantEvent(id, "^sent queue-1")
			}
			// The same mails once more, with other UIDs: nothing happens.
			for _, name := range series() {
				r.take(r.mail(name))
			}
			r.pass(time.Hour)
			r.wantVerdicts("clean")
		})
	}
}

func TestIncompleteThenComplete(t *testing.T) {
	r := newRig(t, nil)
	for _, i := range []int{0, 1, 3} {
		r.take(r.mail(series()[i]))
	}
	r.pass(14 * time.Minute)
	r.wantVerdicts()
	r.pass(2 * time.Minute)
	r.wantVerdicts("incomplete")
	r.pass(24 * time.Hour)
	r.wantVerdicts("incomplete")
	r.take(r.mail(series()[2]))
	r.pass(time.Minute)
	r.wantVerdicts("incomplete", "clean")
}

func TestIgnored(t *testing.T) {
	r := newRig(t, nil)
	huge := r.mail("01-clean", "Camille Contributrice", "Huge", "@example.org>", ".huge@example.org>")
	for _, tt := range []struct {
		name, reason string
		raw          []byte
	}{
		{"reply", "reply", r.mail("08-reply")},
		{"other prefix", "other-prefix", r.mail("09-other-prefix")},
		{"auto-submitted", "auto-submitted", append([]byte("Auto-Submitted: auto-replied\n"), r.mail("01-clean")...)},
		{"own mail", "own-mail", r.mail("01-clean", "Camille Contributrice <camille@example.org>", "patchbot <bot@example.org>", "-1-camille", "-2-bot")},
		{"private", "private-mail", bytes.ReplaceAll(bytes.TrimPrefix(r.mail("01-clean", listAddress, "bot@example.org", "-1-camille", "-3-private"), []byte("List-Id: <list.example.org>\n")), []byte(listAddress), []byte("bot@example.org"))},
		{"binary rubbish", "unreadable|not-a-patch|private-mail|other-list", []byte{0, 1, 2, 0xff, '\n'}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id := r.take(tt.raw)
			r.wantEvent(id, "^ignored ("+tt.reason+")")
		})
	}
	r.uid++
	if err := r.bot.Take(t.Context(), bot.Arrival{UIDValidity: 1, UID: r.uid, Raw: huge[:300], Size: 12 << 20, TooLarge: true, At: r.now}); err != nil {
		t.Fatal(err)
	}
	r.wantEvent(email.Parse(huge[:300], email.DefaultLimits()).ID, "^taken patch 1/1 v1 for wiki wiki, but it cannot be used: too-large")
	for i := range 2 {
		if err := r.bot.Take(t.Context(), bot.Arrival{UIDValidity: 1, UID: r.uid + uint32(i) + 1, Err: errors.New("NO corrupt index"), At: r.now}); err != nil {
			t.Fatal(err)
		}
	}
	r.pass(time.Hour)
	r.wantVerdicts("not-reviewed") // to the author of the huge patch
	st, err := r.db.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := st.Messages["reply"] + st.Messages["ignored"]; got != 8 {
		t.Errorf("%d mails recorded, want 8: %v", got, st.Messages)
	}
}

// TestBrokenByMailer has the author of a patch that the mailer destroyed hear of it, and the first copy of a mail, which
// came to the bot alone, give way to the one that came through the list.
func TestBrokenByMailer(t *testing.T) {
	r := newRig(t, nil)
	html := r.mail("01-clean", "charset=UTF-8", "charset=UTF-8", "text/plain", "text/html")
	id := r.take(html)
	r.pass(time.Minute)
	r.wantEvent(id, "^taken patch .* but it cannot be used: broken-by-mailer html")
	r.wantVerdicts("not-reviewed")
}

func TestPrivateCopyFirst(t *testing.T) {
	r := newRig(t, nil)
	public := r.mail("07-series-1", " 1/3]", "]")
	private := bytes.ReplaceAll(bytes.TrimPrefix(public, []byte("List-Id: <list.example.org>\n")), []byte(listAddress), []byte("bot@example.org"))
	id := r.take(private)
	r.pass(time.Minute)
	r.wantEvent(id, "^ignored private-mail")
	r.take(public)
	r.pass(time.Minute)
	r.wantVerdicts("clean")
}

// TestCrash stops the process between any two stations and starts it anew: nothing is lost, nothing is said twice.
func TestCrash(t *testing.T) {
	t.Run("recorded, not assembled", func(t *testing.T) {
		r := newRig(t, nil)
		raw := r.mail("07-series-1", " 1/3]", "]")
		m := email.Parse(raw, email.DefaultLimits())
		_, err := r.db.Record(t.Context(), store.Message{Key: store.MessageKey(m.ID, m.BodyHash), MessageID: m.ID, BodyHash: m.BodyHash,
			Mailbox: "INBOX", UIDValidity: 1, UID: 1, Size: len(raw), Arrived: r.now, Author: "camille@example.org", Kind: "patch", Wiki: "wiki", List: "list"}, raw, &store.Cursor{UIDValidity: 1, UID: 1})
		if err != nil {
			t.Fatal(err)
		}
		r.reopen()
		r.pass(time.Minute)
		r.wantVerdicts("clean")
	})
	t.Run("assembled, not reviewed", func(t *testing.T) {
		r := newRig(t, nil)
		r.take(r.mail("07-series-1", " 1/3]", "]"))
		r.reopen()
		r.pass(time.Minute)
		r.wantVerdicts("clean")
	})
	t.Run("claimed", func(t *testing.T) {
		r := newRig(t, nil)
		r.take(r.mail("07-series-1", " 1/3]", "]"))
		r.now = r.now.Add(time.Minute)
		if claim, err := r.db.ClaimSeries(t.Context(), time.Hour); err != nil || claim == nil {
			t.Fatal(claim, err)
		}
		r.reopen()
		r.pass(0)
		r.wantVerdicts("clean")
	})
	t.Run("recorded reply", func(t *testing.T) {
		r := newRig(t, func(o *bot.Options) { o.Outlet = nil })
		r.take(r.mail("07-series-1", " 1/3]", "]"))
		r.pass(time.Minute)
		if got := r.outbox()["ready"]; got != 1 {
			t.Fatalf("outbox %v", r.outbox())
		}
		r.opts.Outlet = r.out
		r.reopen()
		r.pass(0)
		r.wantVerdicts("clean")
	})
	for _, arrived := range []bool{true, false} {
		t.Run(fmt.Sprintf("sending, arrived %v", arrived), func(t *testing.T) {
			r := newRig(t, func(o *bot.Options) { o.Outlet = nil })
			id := r.take(r.mail("07-series-1", " 1/3]", "]"))
			r.pass(time.Minute)
			row, err := r.db.ClaimOutbox(t.Context(), time.Hour)
			if err != nil || row == nil {
				t.Fatal(row, err)
			}
			if err := r.db.MarkSending(t.Context(), row); err != nil {
				t.Fatal(err)
			}
			r.in.holds["<"+row.MessageID+">"] = arrived
			r.opts.Outlet = r.out
			r.reopen()
			r.pass(0)
			r.wantVerdicts()
			r.pass(3 * time.Minute)
			if arrived {
				r.wantVerdicts()
				r.wantEvent(id, "^sent found in the own mailbox")
			} else {
				r.wantVerdicts("clean")
				if !bytes.Equal(r.out.mails[0].raw, row.Raw) {
					t.Error("the second attempt has other bytes than the first")
				}
			}
		})
	}
}

func TestServerAnswers(t *testing.T) {
	t.Run("later", func(t *testing.T) {
		r := newRig(t, nil)
		r.out.err = &bot.Refusal{Err: errors.New("450 4.7.1 greylisted")}
		r.take(r.mail("07-series-1", " 1/3]", "]"))
		r.pass(time.Minute)
		r.wantVerdicts()
		r.out.err = nil
		r.pass(time.Minute)
		r.wantVerdicts()
		r.pass(2 * time.Minute)
		r.wantVerdicts("clean")
	})
	t.Run("never", func(t *testing.T) {
		r := newRig(t, nil)
		r.out.err = &bot.Refusal{Permanent: true, Err: errors.New("550 5.1.1 no such user")}
		id := r.take(r.mail("07-series-1", " 1/3]", "]"))
		r.pass(time.Minute)
		r.out.err = nil
		r.pass(72 * time.Hour)
		r.wantVerdicts()
		r.wantEvent(id, "^send-failed .*550")
	})
	t.Run("lost after the last byte, copy comes back", func(t *testing.T) {
		r := newRig(t, nil)
		r.out.err, r.out.lost = &bot.Refusal{Unknown: true, Err: errors.New("connection reset")}, true
		r.take(r.mail("07-series-1", " 1/3]", "]"))
		r.pass(time.Minute)
		r.wantVerdicts("clean")
		r.out.err, r.out.lost = nil, false
		r.take(r.out.mails[0].raw) // the list sends the copy
		r.pass(time.Hour)
		r.wantVerdicts("clean")
		if got := r.outbox(); got["sent"] != 1 {
			t.Errorf("outbox %v", got)
		}
	})
	t.Run("lost twice: a person decides", func(t *testing.T) {
		r := newRig(t, nil)
		r.out.err, r.out.lost = &bot.Refusal{Unknown: true, Err: errors.New("connection reset")}, true
		r.take(r.mail("07-series-1", " 1/3]", "]"))
		for range 12 {
			r.pass(time.Hour)
		}
		r.wantVerdicts("clean", "clean")
		if got := r.outbox(); got["held"] != 1 {
			t.Errorf("outbox %v", got)
		}
		if !bytes.Equal(r.out.mails[0].raw, r.out.mails[1].raw) {
			t.Error("the second attempt has other bytes")
		}
	})
}

func TestHeld(t *testing.T) {
	t.Run("replies are not enabled", func(t *testing.T) {
		r := newRig(t, func(o *bot.Options) { o.Policy.Replies = false })
		id := r.take(r.mail("07-series-1", " 1/3]", "]"))
		r.pass(time.Hour)
		r.wantVerdicts()
		r.wantEvent(id, "^held replies are not enabled")
	})
	t.Run("kill switch", func(t *testing.T) {
		stop := true
		r := newRig(t, func(o *bot.Options) { o.KillSwitch = func() bool { return stop } })
		r.take(r.mail("07-series-1", " 1/3]", "]"))
		r.pass(time.Hour)
		r.wantVerdicts()
		stop = false
		r.pass(0)
		r.wantVerdicts("clean")
	})
	again := []string{" 1/3]", " v2]", "29234-2", "29299-2", "Semester of Code", "semester of code"}
	for _, test := range []struct {
		name   string
		change func(*bot.Policy)
		second string // another mail, with edits
		edits  []string
		held   string
	}{
		{"of a sender", func(p *bot.Policy) { p.PerSenderHour = 1 }, "06-already-applied", nil, "^held 1 replies to this author within an hour, the limit is 1"},
		{"of all senders", func(p *bot.Policy) { p.PerHour = 1 }, "06-already-applied", []string{"camille@", "dominique@"}, "^held 1 replies within an hour, the limit is 1"},
		{"of a thread", func(p *bot.Policy) { p.PerThreadDay = 1 }, "07-series-1", again, "^held 1 replies on this series within a day, the limit is 1"},
		{"none for another thread", func(p *bot.Policy) { p.PerThreadDay = 1 }, "06-already-applied", nil, "^sent "},
		{"none for another sender", func(p *bot.Policy) { p.PerSenderHour = 1 }, "06-already-applied", []string{"camille@", "dominique@"}, "^sent "},
	} {
		t.Run("cap "+test.name, func(t *testing.T) {
			r := newRig(t, func(o *bot.Options) { test.change(&o.Policy) })
			r.take(r.mail("07-series-1", " 1/3]", "]"))
			r.pass(time.Minute)
			second := r.take(r.mail(test.second, test.edits...))
			r.pass(time.Minute)
			r.wantEvent(second, test.held)
		})
	}
}

// TestTrouble lets the repository be out of reach for a while: the review waits, and the author reads nothing about it.
func TestTrouble(t *testing.T) {
	var down error = errors.New("connection refused")
	r := newRig(t, func(o *bot.Options) {
		good := o.Wikis[0].Base
		o.Wikis[0].Base = func(ctx context.Context) (*repo.Repo, error) {
			if down != nil {
				return nil, down
			}
			return good(ctx)
		}
	})
	r.take(r.mail("07-series-1", " 1/3]", "]"))
	for range 10 {
		r.pass(time.Hour)
	}
	r.wantVerdicts()
	st, err := r.db.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(st.Open) != 1 || !strings.Contains(st.Open[0].Error, "connection refused") {
		t.Errorf("status does not say what is wrong: %+v", st.Open)
	}
	down = nil
	r.pass(time.Hour)
	r.wantVerdicts("clean")
}

// TestWikisAndAliases has two wikis on one list and one wiki on two: the prefix, without case, and the list choose.
func TestWikisAndAliases(t *testing.T) {
	r := newRig(t, func(o *bot.Options) {
		o.Lists = append(o.Lists, bot.List{Name: "english", Addresses: []string{"en@lists.example.org", "alias@lists.example.org"}, Kind: "plain", Lang: review.English})
		second := o.Wikis[0]
		second.Name, second.Prefixes, second.Lists = "sill", []string{"sill"}, []string{"english"}
		o.Wikis = append(o.Wikis, second)
	})
	alias := r.take(r.mail("07-series-1", " 1/3]", "]", "logiciels-libres]", "LL]", "PATCH logiciels-libres", "PATCH LL"))
	onFirst := r.take(r.mail("09-other-prefix"))
	raw := bytes.TrimPrefix(r.mail("07-series-3", " 3/3]", "]", "PATCH logiciels-libres", "PATCH sill", listAddress, "x"), []byte("List-Id: <list.example.org>\n"))
	raw = bytes.Replace(raw, []byte("To: "+listAddress), []byte("To: alias@lists.example.org"), 1)
	english := r.take(raw)
	r.pass(time.Minute)
	r.wantEvent(alias, "^taken patch .* for wiki wiki")
	r.wantEvent(onFirst, "^ignored other-prefix")
	r.wantEvent(english, "^taken patch .* for wiki sill")
	for _, m := range r.out.mails {
		reply := email.Parse(m.raw, email.DefaultLimits())
		if reply.InReplyTo[0] == english && (!slices.Contains(m.to, "en@lists.example.org") || !strings.Contains(reply.Text, "automatic review")) {
			t.Errorf("reply on the English list goes to %q:\n%s", m.to, reply.Text)
		}
	}
	if len(r.out.mails) != 2 {
		t.Errorf("%d replies, want 2: %q", len(r.out.mails), r.verdicts())
	}
}

// TestAliasesInOneSeries has the parts of a series come under several prefixes of the wiki, and its second version under
// another one.
func TestAliasesInOneSeries(t *testing.T) {
	r := newRig(t, nil)
	for i, name := range series() {
		r.take(r.mail(name, "PATCH logiciels-libres", []string{"PATCH LL", "PATCH logiciels-libres", "PATCH Logiciels-Libres", "PATCH ll"}[i]))
	}
	r.pass(time.Minute)
	r.wantVerdicts("clean")
	if all, err := r.db.Recent(t.Context(), 10, time.Time{}); err != nil || len(all) != 1 || all[0].Prefix != "logiciels-libres" || len(all[0].Messages) != 4 {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestLaterVersion has a second version arrive before the first was reviewed: only the second is.
func TestLaterVersion(t *testing.T) {
	r := newRig(t, nil)
	r.branch("277b628d4ebe13129a4861887a9d1f87e473e9cb")
	v1 := r.take(r.mail("02-broken-link"))
	r.take(r.mail("03-broken-link-v2"))
	r.pass(time.Hour)
	r.wantVerdicts("clean")
	r.wantEvent(v1, "^superseded by v2")
}

// TestCoverComesLate has the cover letter come after its parts: the reply waits for it, but not for ever.
func TestCoverComesLate(t *testing.T) {
	r := newRig(t, nil)
	for _, name := range series()[1:] {
		r.take(r.mail(name))
	}
	r.pass(time.Minute)
	r.wantVerdicts()
	cover := r.take(r.mail("07-series-0"))
	r.pass(2 * time.Second)
	r.wantVerdicts("clean")
	if got := email.Parse(r.out.mails[0].raw, email.DefaultLimits()).InReplyTo; !slices.Equal(got, []string{cover}) {
		t.Errorf("In-Reply-To %q, want %q", got, cover)
	}

	r = newRig(t, nil)
	for _, name := range series()[1:] {
		r.take(r.mail(name))
	}
	r.pass(3 * time.Minute)
	r.wantVerdicts("clean")
	r.take(r.mail("07-series-0"))
	r.pass(time.Hour)
	r.wantVerdicts("clean")
}

// TestPartialReRoll has one part of a series sent again: the others stay, and the rest of a whole new version is waited for.
func TestPartialReRoll(t *testing.T) {
	r := newRig(t, nil)
	for _, name := range series() {
		r.take(r.mail(name))
	}
	r.pass(time.Minute)
	r.wantVerdicts("clean")
	old := email.Parse(r.mail("07-series-2"), email.DefaultLimits()).ID
	again := r.take(r.mail("07-series-2", "logiciels-libres 2/3]", "logiciels-libres v2 2/3]", "29234-3", "29299-3", "In-Reply-To: <20261124153001.29234-1-camille@example.org>", "In-Reply-To: <"+old+">"))
	r.pass(time.Minute)
	r.wantVerdicts("clean")
	r.pass(2 * time.Minute)
	r.wantVerdicts("clean", "clean")
	r.wantEvent(again, "^assembled complete, 3 parts")
	r.wantEvent(old, "^superseded by v2")
}

// TestNewStateOnOldMailbox has a bot begin anew on a mailbox whose mails an earlier state answered: what the mailbox proves
// to be answered is not answered again, and what is old waits for a person.
func TestNewStateOnOldMailbox(t *testing.T) {
	first := newRig(t, nil)
	first.take(first.mail("07-series-1", " 1/3]", "]"))
	first.pass(time.Minute)
	first.wantVerdicts("clean")
	again := newRig(t, func(o *bot.Options) { o.Policy.MaxAge = 7 * 24 * time.Hour })
	again.in.holds["<"+email.Parse(first.out.mails[0].raw, email.DefaultLimits()).ID+">"] = true
	at := again.now
	again.now = at.Add(24 * time.Hour)
	raw := again.mail("07-series-1", " 1/3]", "]")
	take := func(raw []byte) string {
		again.uid++
		if err := again.bot.Take(t.Context(), bot.Arrival{UIDValidity: 1, UID: again.uid, Raw: raw, Size: int64(len(raw)), At: at}); err != nil {
			t.Fatal(err)
		}
		return email.Parse(raw, email.DefaultLimits()).ID
	}
	id := take(raw)
	again.pass(time.Minute)
	again.wantVerdicts()
	again.wantEvent(id, "^sent an earlier state had sent it")
	unanswered := take(again.mail("06-already-applied"))
	again.pass(time.Minute)
	again.wantVerdicts("does-not-apply")
	again.now = at.Add(30 * 24 * time.Hour)
	old := take(again.mail("02-broken-link"))
	again.pass(time.Minute)
	again.wantEvent(old, "^held the mails are 30 days old")
	if unanswered == old || len(again.out.mails) != 1 {
		t.Errorf("%d replies, want 1", len(again.out.mails))
	}
}

// TestWhyNoReply has a patch sent again under another Message-ID, and a cover letter without patches: neither is answered,
// and the journal says why, once.
func TestWhyNoReply(t *testing.T) {
	r := newRig(t, nil)
	first := r.take(r.mail("07-series-1", " 1/3]", "]"))
	r.pass(time.Minute)
	again := r.take(r.mail("07-series-1", " 1/3]", "]", "29234-2", "29234-9"))
	cover := r.take(r.mail("07-series-0", "29234-1", "29777-1"))
	for range 3 {
		r.pass(2 * time.Minute)
	}
	r.wantVerdicts("clean")
	r.wantEvent(again, "^not-in-a-series duplicate: the same as <"+regexp.QuoteMeta(first)+">")
	r.wantEvent(cover, "^not-in-a-series cover-without-series")
	if n := strings.Count(strings.Join(r.events(again), "\n"), "not-in-a-series"); n != 1 {
		t.Errorf("said %d times", n)
	}
}

// TestResend has an answered patch sent again: marked so a month later, and under two other titles. Nothing new is answered.
func TestResend(t *testing.T) {
	r := newRig(t, nil)
	first := r.take(r.mail("07-series-1", " 1/3]", "]"))
	r.pass(time.Minute)
	titled := r.take(r.mail("07-series-1", "[PATCH logiciels-libres 1/3] Add", "[PATCH logiciels-libres] Please take", "29234-2", "29234-7", "In-Reply-To: <20261124153001.29234-1-camille@example.org>\n", "", "References: <20261124153001.29234-1-camille@example.org>\n", ""))
	r.pass(30 * 24 * time.Hour)
	resent := r.take(r.mail("07-series-1", "[PATCH logiciels-libres 1/3]", "[RESEND PATCH logiciels-libres]", "29234-2", "29234-9", "24 Nov", "24 Dec"))
	r.pass(time.Hour)
	r.wantVerdicts("clean")
	for _, id := range []string{titled, resent} {
		r.wantEvent(id, "^not-in-a-series duplicate: the same as <"+regexp.QuoteMeta(first)+">; one version has one reply$")
	}
	if versions, err := r.db.Recent(t.Context(), 10, time.Time{}); err != nil || len(versions) != 1 {
		t.Errorf("%d versions, %v", len(versions), err)
	}
}

// TestRecordFails has the state directory vanish: the mail is handed over again later and nothing is answered meanwhile.
func TestRecordFails(t *testing.T) {
	r := newRig(t, nil)
	if err := r.db.Close(); err != nil {
		t.Fatal(err)
	}
	raw := r.mail("07-series-1", " 1/3]", "]")
	err := r.bot.Take(t.Context(), bot.Arrival{UIDValidity: 1, UID: 1, Raw: raw, Size: int64(len(raw)), At: r.now})
	if err == nil || !strings.Contains(err.Error(), email.Parse(raw, email.DefaultLimits()).ID) {
		t.Fatalf("error %v does not name the message", err)
	}
	r.db = nil
	r.reopen()
	r.take(raw)
	r.pass(time.Minute)
	r.wantVerdicts("clean")
}
