package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"patchbot/internal/bot"
	"patchbot/internal/email"
	"patchbot/internal/repo"
	"patchbot/internal/store"
)

// Where a daemon of this test dies. The numbers are those of the way of one mail in the package comment of bot.
const (
	dieFetched    = "1 fetched"           // a mail has come from the server, nobody has read it
	dieClassified = "3 classified"        // read and classified, not recorded
	dieRecorded   = "4 recorded"          // recorded, not assembled
	dieAssembled  = "5 assembled"         // assembled, not claimed
	dieBase       = "6 base"              // claimed, before the base is fetched
	dieFetchedRef = "6 base fetched"      // the base is there, nothing is applied
	dieApplying   = "7 applying"          // some while after applying began
	dieIndexing   = "8 indexing"          // somewhat later
	dieChecking   = "9 checking"          // and later still
	dieJudged     = "10 judged"           // the reply is being written
	dieFinished   = "11 finished"         // report and reply are stored
	dieSending    = "12 before sending"   // marked as on its way, not a byte is sent
	dieSent       = "12 after sending"    // the server has the mail, the store does not know
	dieMarked     = "12 marked sent"      // all is done, and the next round begins
	dieAnytime    = "at a random moment"  // and anywhere
	dieByOthers   = "killed from outside" // by the test, when the place was not reached
)

func stations() []string {
	return []string{dieFetched, dieClassified, dieRecorded, dieAssembled, dieBase, dieFetchedRef, dieApplying, dieIndexing,
		dieChecking, dieJudged, dieFinished, dieSending, dieSent, dieMarked}
}

// dieAt, clockAhead and clockFile are read by this test binary alone, when it runs as the daemon.
const (
	dieAt      = "PATCHBOT_TEST_DIE_AT"
	clockAhead = "PATCHBOT_TEST_CLOCK_AHEAD"
	clockFile  = "PATCHBOT_TEST_CLOCK_FILE" // names a file that says by how much the clock is ahead at the moment
)

// mortal makes the shell of a daemon that kills itself at a place.
func mortal(sh *Shell) *Shell {
	if ahead, err := time.ParseDuration(os.Getenv(clockAhead)); err == nil {
		sh.Now = func() time.Time { return time.Now().Add(ahead) }
	}
	if file := os.Getenv(clockFile); file != "" {
		sh.Now = func() time.Time {
			text, _ := os.ReadFile(file)
			ahead, _ := time.ParseDuration(strings.TrimSpace(string(text)))
			return time.Now().Add(ahead).Round(0) // a clock that is set does not change the monotonic one
		}
	}
	if where := os.Getenv(dieAt); where != "" {
		sh.Parts = func(o *bot.Options) { newReaper(where).hook(o) }
	}
	return sh
}

// reaper kills the process when it comes by a place.
type reaper struct {
	where   string
	taking  atomic.Bool // between the hand-over of a mail and its record
	judging atomic.Bool // between the choice of the base and the end of the review
	sent    atomic.Bool // a reply has been sent by this process
}

func newReaper(where string) *reaper {
	r := &reaper{where: where}
	if where == dieAnytime {
		r.soon(time.Duration(rand.Int64N(int64(900 * time.Millisecond))))
	}
	return r
}

// pass ends the process like a power cut when this is the place.
func (r *reaper) pass(place string) {
	if r.where == place {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	}
}

// soon ends the process after a while.
func (r *reaper) soon(d time.Duration) {
	time.AfterFunc(d, func() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) })
}

// hook puts the reaper between the parts of the bot.
func (r *reaper) hook(o *bot.Options) {
	o.Inbox = mortalInbox{o.Inbox, r}
	o.Outlet = mortalOutlet{o.Outlet, r}
	o.Log = slog.New(mortalLog{o.Log.Handler(), r})
	now, stop := o.Now, o.KillSwitch
	o.Now = func() time.Time {
		if r.taking.Load() {
			r.pass(dieClassified)
		}
		if r.judging.Load() {
			r.pass(dieJudged)
		}
		return now()
	}
	o.KillSwitch = func() bool { // asked before each reply is claimed
		if r.sent.Load() {
			r.pass(dieMarked)
		}
		return stop()
	}
	for i := range o.Wikis {
		base := o.Wikis[i].Base
		branch := o.Wikis[i].Branch
		o.Wikis[i].Base = func(ctx context.Context) (*repo.Repo, error) {
			r.pass(dieBase)
			return base(ctx)
		}
		o.Wikis[i].Revision = func(*repo.Repo) (string, string) {
			r.pass(dieFetchedRef)
			r.judging.Store(true)
			for i, place := range []string{dieApplying, dieIndexing, dieChecking} {
				if r.where == place { // a review of the sample takes some milliseconds
					r.soon(time.Duration(i)*3*time.Millisecond + time.Duration(rand.Int64N(int64(3*time.Millisecond))))
				}
			}
			return branch, "tip"
		}
	}
}

type mortalInbox struct {
	bot.Inbox
	r *reaper
}

func (m mortalInbox) Run(ctx context.Context, cursor func(context.Context) (store.Cursor, error), take func(context.Context, bot.Arrival) error) error {
	return m.Inbox.Run(ctx, cursor, func(ctx context.Context, a bot.Arrival) error {
		m.r.pass(dieFetched)
		m.r.taking.Store(true)
		err := take(ctx, a)
		m.r.taking.Store(false)
		if err == nil {
			m.r.pass(dieAssembled)
		}
		return err
	})
}

type mortalOutlet struct {
	bot.Outlet
	r *reaper
}

func (m mortalOutlet) Send(ctx context.Context, from string, recipients []string, raw []byte) (string, error) {
	m.r.pass(dieSending)
	id, err := m.Outlet.Send(ctx, from, recipients, raw)
	if err == nil {
		m.r.pass(dieSent)
		m.r.sent.Store(true)
	}
	return id, err
}

// mortalLog knows the places that the bot speaks of.
type mortalLog struct {
	slog.Handler
	r *reaper
}

func (m mortalLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return mortalLog{m.Handler.WithAttrs(attrs), m.r}
}

func (m mortalLog) WithGroup(name string) slog.Handler {
	return mortalLog{m.Handler.WithGroup(name), m.r}
}

func (m mortalLog) Handle(ctx context.Context, rec slog.Record) error {
	switch rec.Message {
	case "took mail":
		m.r.taking.Store(false)
		m.r.pass(dieRecorded)
	case "reviewed":
		m.r.judging.Store(false)
		m.r.pass(dieFinished)
	}
	return m.Handler.Handle(ctx, rec)
}

// TestKill ends the daemon with SIGKILL, again and again, at each station of the way of a mail and at random moments, while
// series arrive through the real list. In the end every series has exactly one reply in the maintainer's mailbox, and the
// journal of every mail is whole. PATCHBOT_KILLS sets how many times; 200 when it is empty.
func TestKill(t *testing.T) {
	if os.Getenv("PATCHBOT_E2E") == "" {
		t.Skip("set PATCHBOT_E2E=1 on a machine with postfix, mlmmj, dovecot and git-email")
	}
	t.Parallel() // each of these tests has a list of its own, and mostly waits
	kills := 200
	if n, err := strconv.Atoi(os.Getenv("PATCHBOT_KILLS")); err == nil {
		kills = n
	}
	l := startLab(t)
	k := &killing{lab: l, conf: l.config(t, "submission", l.env["LAB_SUBMISSION"]), died: map[string]int{}}
	uncapped(t, k.conf)
	k.templates = l.series(t, "5d272a3", 3, "BlueHats : semestre du code")
	began := time.Now()
	for i := range kills {
		k.fuel(t)
		where := dieAnytime
		if places := stations(); i%2 == 0 {
			where = places[i/2%len(places)]
		}
		k.once(t, where)
	}
	t.Logf("%d kills in %s: %v; %d series", kills, time.Since(began).Round(time.Second), k.died, len(k.roots))
	for _, where := range stations() {
		if k.died[where] == 0 && kills >= 200 {
			t.Errorf("no daemon died at %q", where)
		}
	}
	k.settle(t)
	k.check(t)
}

// uncapped lets a configuration send as many replies as it likes.
func uncapped(t *testing.T, conf string) {
	t.Helper()
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("[reply]\n"), []byte("[reply]\nper_sender_hour = 0\nper_hour = 0\nper_thread_day = 0\n"), 1)
	if err := os.WriteFile(conf, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// killing is one run of the test.
type killing struct {
	*lab
	conf      string
	database  string   // URL of the daemons' store, empty for the state directory
	templates []string // cover letter and three patches
	roots     []string // message ids that replies must answer, one for each series
	mails     []string // message ids of everything that was sent
	died      map[string]int
	jumped    map[string]bool // mails during whose way the clock jumped: their journal is whole, and in no order
}

// fuel sends a new series to the list: of one patch or, every fourth time, a cover letter and three, in any order. Each
// comes from an author of its own, or the bot would take them for one another's versions.
func (k *killing) fuel(t *testing.T) {
	t.Helper()
	if n := len(k.roots); n%4 == 0 {
		k.send(t, fmt.Sprintf("contributor+%d@lab.test", n), k.templates)
	} else {
		k.send(t, fmt.Sprintf("contributor+%d@lab.test", n), k.templates[1:2])
	}
}

// send posts a series from an address, and gives the Message-ID that its reply must answer.
func (k *killing) send(t *testing.T, from string, files []string) string {
	t.Helper()
	n := len(k.roots)
	var raws [][]byte
	for i, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		raw = distinct(raw, n, from, len(files) == 1)
		id := email.Parse(raw, email.DefaultLimits()).ID
		if i == 0 {
			k.roots = append(k.roots, id)
		}
		k.mails = append(k.mails, id)
		raws = append(raws, raw)
	}
	rand.Shuffle(len(raws), func(i, j int) { raws[i], raws[j] = raws[j], raws[i] })
	for _, raw := range raws {
		if err := k.post(from, raw); err != nil {
			t.Fatal(err)
		}
	}
	return k.roots[n]
}

// post hands a mail for the list to its server.
func (l *lab) post(from string, raw []byte) error {
	c, err := smtp.Dial("127.0.0.1:" + l.env["LAB_SMTP"])
	if err != nil {
		return err
	}
	defer c.Close()
	if err := errors.Join(c.Mail(from), c.Rcpt(l.env["LAB_LIST"])); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	_, err = w.Write(raw)
	return errors.Join(err, w.Close(), c.Quit())
}

var (
	idTail   = regexp.MustCompile(`(?im)^((?:message-id|in-reply-to|references): <[^@>]*)@`)
	cutRefs  = regexp.MustCompile(`(?im)^(?:in-reply-to|references): .*\n`)
	contact  = regexp.MustCompile(`contributor@lab\.test`)
	position = regexp.MustCompile(` 1/3\]`)
)

// distinct makes another series of a mail: other ids and another author.
func distinct(raw []byte, n int, from string, single bool) []byte {
	raw = idTail.ReplaceAll(raw, fmt.Appendf(nil, "$1.%d@", n))
	raw = contact.ReplaceAll(raw, []byte(from))
	if single {
		raw = cutRefs.ReplaceAll(position.ReplaceAll(raw, []byte("]")), nil)
	}
	_, raw, _ = bytes.Cut(raw, []byte("\n")) // the mbox line
	return slices.Concat([]byte("To: logiciels-libres@lists.lab.test\n"), raw)
}

// once runs a daemon until it dies. One that lives on because nothing brings it to its place is killed from outside.
func (k *killing) once(t *testing.T, where string) {
	t.Helper()
	cmd := patchbotCommand(context.Background(), "serve", "--config", k.conf)
	cmd.Env = append(cmd.Env, dieAt+"="+where)
	log := &lockedBuffer{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		_ = cmd.Process.Kill()
		<-ended
		where = dieByOthers
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the daemon that should die %s ended with %s:\n%s", where, cmd.ProcessState, log)
	}
	k.died[where]++
}

// settle runs a daemon until nothing is left to do, then one whose clock is ahead: what a crash left unknown is looked for
// twice, some minutes apart.
func (k *killing) settle(t *testing.T) {
	t.Helper()
	for _, ahead := range []string{"0s", "5m"} {
		k.quiet(t)
		cmd := patchbotCommand(context.Background(), "serve", "--config", k.conf)
		cmd.Env = append(cmd.Env, clockAhead+"="+ahead)
		d := k.start(t, cmd)
		until(t, "the mailbox", func() bool { return strings.Contains(d.log.String(), "imap session begins") })
		k.waitIdle(t, ahead != "0s")
		d.stop(t)
	}
	k.quiet(t)
}

func (l *lab) start(t *testing.T, cmd *exec.Cmd) *daemon {
	t.Helper()
	d := &daemon{cmd: cmd, log: &lockedBuffer{}}
	cmd.Stderr = d.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		if t.Failed() {
			t.Logf("log of the daemon:\n%s", d.log)
		}
	})
	return d
}

// quiet waits until the list has delivered everything.
func (k *killing) quiet(t *testing.T) {
	t.Helper()
	until(t, "an empty queue", func() bool {
		out, err := exec.Command("postqueue", "-c", filepath.Join(k.dir, "postfix"), "-p").CombinedOutput()
		return err == nil && strings.Contains(string(out), "Mail queue is empty")
	})
	last := -1
	until(t, "the last mail", func() bool {
		n := len(k.search(t, "ALL"))
		same := n == last
		last = n
		time.Sleep(time.Second)
		return same
	})
}

// open reads the daemon's store beside it.
func (k *killing) open(t *testing.T) *store.DB {
	t.Helper()
	o := store.Options{Dir: filepath.Join(k.dir, "state"), URL: k.database, ReadOnly: true}
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// waitIdle waits until every mail is recorded and every series reviewed, and until every reply is sent; unless all must be,
// a reply that the own mailbox did not show at first may wait to be looked for again.
func (k *killing) waitIdle(t *testing.T, all bool) {
	t.Helper()
	db := k.open(t)
	defer db.Close()
	var st store.Status
	defer func() {
		if t.Failed() {
			t.Logf("messages %v, series %v, outbox %v, open %+v, waiting %+v", st.Messages, st.Series, st.Outbox, st.Open, st.Waiting)
		}
	}()
	until(t, "everything to be reviewed and sent", func() bool {
		var err error
		if st, err = db.Status(t.Context()); err != nil {
			t.Fatal(err)
		}
		waiting := slices.DeleteFunc(st.Waiting, func(o store.Outbox) bool {
			return !all && o.State == store.StateSending && o.Probes > 0 && o.Owner == ""
		})
		return len(st.Open)+len(waiting) == 0 && st.Messages[store.KindPatch]+st.Messages[store.KindCover] == len(k.mails)
	})
}

// check holds the mailbox and the journal to the promise.
func (k *killing) check(t *testing.T) {
	t.Helper()
	answered := map[string][]string{}
	var ids []string
	lines := k.imap(t, `UID FETCH 1:* BODY.PEEK[HEADER.FIELDS (IN-REPLY-TO X-PATCHBOT-VERDICT MESSAGE-ID)]`)
	for _, mail := range strings.Split(strings.Join(lines, "\n"), "\n* ") {
		head := email.Parse([]byte(mail[strings.IndexByte(mail, '\n')+1:]+"\n\n"), email.DefaultLimits())
		if verdict := head.Header.Get("X-Patchbot-Verdict"); verdict != "" {
			answered[head.InReplyTo[0]] = append(answered[head.InReplyTo[0]], verdict)
			ids = append(ids, head.ID)
		}
	}
	for _, root := range k.roots {
		if got := answered[root]; !slices.Equal(got, []string{"clean"}) {
			t.Errorf("series %s has the replies %q, want one", root, got)
		}
		delete(answered, root)
	}
	if len(answered) > 0 {
		t.Errorf("replies to what was never sent: %v", answered)
	}
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != len(k.roots) {
		t.Errorf("%d different Message-IDs of replies to %d series", n, len(k.roots))
	}
	db := k.open(t)
	defer db.Close()
	st, err := db.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if st.Outbox[store.StateSent] != len(k.roots) || len(st.Outbox) != 1 || st.Series[store.StateDone] != len(k.roots) || len(st.Series) != 1 {
		t.Errorf("outbox %v, series %v, want %d of each, sent and done", st.Outbox, st.Series, len(k.roots))
	}
	for _, id := range k.mails {
		k.story(t, db, id)
	}
}

// story holds the journal of one mail to its order: each station once where it must be, none before the one it needs.
func (k *killing) story(t *testing.T, db *store.DB, id string) {
	t.Helper()
	steps, err := db.Journal(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	at, count := map[string]int{}, map[string]int{}
	var text []string
	for i, s := range steps {
		// A series is assembled anew with each of its mails: what counts is the last time.
		if _, ok := at[s.Event]; !ok || s.Event == "assembled" {
			at[s.Event] = i
		}
		count[s.Event]++
		text = append(text, s.Event+" "+s.Detail)
	}
	order := []string{"received", "taken", "assembled", "reviewed", store.EventReplyRecorded, store.EventSending, store.EventSent}
	for i, event := range order {
		if count[event] == 0 || i > 0 && at[event] < at[order[i-1]] && !k.jumped[id] {
			t.Errorf("journal of %s: %s is missing or too early:\n%s", id, event, strings.Join(text, "\n"))
			return
		}
	}
	if count["received"] != 1 || count["taken"] != 1 || count["reviewed"] != 1 || count[store.EventReplyRecorded] != 1 {
		t.Errorf("journal of %s says a thing twice:\n%s", id, strings.Join(text, "\n"))
	}
}
