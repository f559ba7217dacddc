package store_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"patchbot/internal/store"
)

// childEnv names the part of a test that TestMain runs in a process of its own, to be killed or limited there.
const childEnv = "PATCHBOT_STORE_CHILD"

// children are those parts.
func children() map[string]func() error {
	return map[string]func() error{"worker": workUntilKilled, "disk-full": fillDisk}
}

// child starts this test binary as another process.
func child(name string, env ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = slices.Concat(os.Environ(), []string{childEnv + "=" + name}, env)
	return cmd
}

// worker is a small bot over a store: it takes mails, reviews what is due and sends what is due, until nothing is left.
// wire is a file that stands for the mailbox in which sent mails are found.
type worker struct {
	db   *store.DB
	s    *site
	wire string
	at   func(point string) // called between any two steps
}

// points are the places where a worker can be killed, in order.
var points = []string{
	"begin", "recorded", "assembled", "claimed", "finished", "mail claimed", "marked sending", "on the wire", "marked sent",
}

// take brings one mail in, as often as asked.
func (w *worker) take(ctx context.Context, name string, uid uint32) error {
	m, raw := w.s.mail(name)
	m.Author, m.UID = name+"@example.org", uid
	_, err := w.db.Record(ctx, m, raw, &store.Cursor{UIDValidity: 7, UID: uid}, store.Step{Event: "received"})
	w.at("recorded")
	return err
}

// settle does everything that can be done now.
func (w *worker) settle(ctx context.Context) error {
	for _, station := range []func(context.Context) (bool, error){w.assemble, w.review, w.probe, w.send} {
		for {
			did, err := station(ctx)
			if err != nil {
				return err
			}
			if !did {
				break
			}
		}
	}
	return nil
}

func (w *worker) assemble(ctx context.Context) (bool, error) {
	loose, err := w.db.Unassembled(ctx)
	if err != nil || len(loose) == 0 {
		return false, err
	}
	name := strings.TrimSuffix(loose[0].MessageID, "@example.org")
	err = w.db.SaveAssembly(ctx, []store.SeriesUpdate{w.s.update(name, 1, loose[0].Key)})
	w.at("assembled")
	return true, err
}

func (w *worker) review(ctx context.Context) (bool, error) {
	claim, err := w.db.ClaimSeries(ctx, time.Minute)
	if err != nil || claim == nil {
		return false, err
	}
	w.at("claimed")
	err = w.db.FinishSeries(ctx, claim, store.FinishedReview{
		State: store.StateDone, Verdict: "clean", Report: []byte("{}"), Outbox: w.s.reply(claim.ID, claim.Version),
	})
	w.at("finished")
	return true, err
}

func (w *worker) probe(ctx context.Context) (bool, error) {
	claim, err := w.db.ClaimUnknown(ctx, time.Minute)
	if err != nil || claim == nil {
		return false, err
	}
	arrived, err := os.ReadFile(w.wire)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return true, err
	}
	if bytes.Contains(arrived, []byte(claim.MessageID+"\n")) {
		return true, w.db.MarkSent(ctx, claim, "found")
	}
	return true, w.db.RetryOutbox(ctx, claim, w.s.now.Now(), "not found")
}

func (w *worker) send(ctx context.Context) (bool, error) {
	claim, err := w.db.ClaimOutbox(ctx, time.Minute)
	if err != nil || claim == nil {
		return false, err
	}
	w.at("mail claimed")
	if err := w.db.MarkSending(ctx, claim); err != nil {
		return true, err
	}
	w.at("marked sending")
	f, err := os.OpenFile(w.wire, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(claim.MessageID + "\n")
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return true, err
	}
	w.at("on the wire")
	err = w.db.MarkSent(ctx, claim, "queue id")
	w.at("marked sent")
	return true, err
}

// workUntilKilled is the process that a test kills, or that kills itself at the named point.
func workUntilKilled() error {
	ctx := context.Background()
	s := &site{dir: os.Getenv("STORE_DIR"), url: os.Getenv("STORE_URL"), now: newClock()}
	s.now.ms.Store(time.Now().UnixMilli())
	db, err := store.Open(ctx, s.options("child "+os.Getenv("STORE_RUN")))
	if err != nil {
		return err
	}
	defer db.Close()
	w := &worker{db: db, s: s, wire: filepath.Join(s.dir, "wire"), at: func(point string) {
		s.now.ms.Store(time.Now().UnixMilli())
		if point == os.Getenv("STORE_KILL_AT") {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}}
	w.at("begin")
	fmt.Println("working")
	for n := range uint32(1000) {
		if err := w.take(ctx, fmt.Sprintf("mail-%s-%d", os.Getenv("STORE_RUN"), n), n+1); err != nil {
			return err
		}
		if err := w.settle(ctx); err != nil {
			return err
		}
	}
	return nil
}

// startChild starts a worker process on the site and waits until it works or is dead.
func (s *site) startChild(t *testing.T, run, killAt string) *exec.Cmd {
	t.Helper()
	target := s.url
	if target != "" {
		u, err := url.Parse(target)
		must(t, err)
		query := u.Query()
		query.Set("application_name", query.Get("search_path"))
		u.RawQuery = query.Encode()
		target = u.String()
	}
	cmd := child("worker", "STORE_DIR="+s.dir, "STORE_URL="+target, "STORE_RUN="+run, "STORE_KILL_AT="+killAt)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	line, _ := bufio.NewReader(out).ReadString('\n') // nothing when it was killed before
	if killAt == "" && line != "working\n" {
		_ = cmd.Process.Kill()
		t.Fatalf("the worker says %q: %v", line, cmd.Wait())
	}
	return cmd
}

// awaitGone waits until the server has noticed that a killed client is gone: a statement that it had been given may still
// be committed until then.
func (s *site) awaitGone(t *testing.T) {
	t.Helper()
	if s.url == "" {
		return
	}
	db, err := sql.Open("pgx", s.url)
	must(t, err)
	defer db.Close()
	for left := 1; left > 0; time.Sleep(5 * time.Millisecond) {
		query := "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = current_schema()"
		must(t, db.QueryRowContext(t.Context(), query).Scan(&left))
	}
}

// recover takes up what the killed left, and checks that every recorded mail was answered exactly once.
func (s *site) recover(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	s.awaitGone(t)
	s.now.ms.Store(time.Now().Add(time.Hour).UnixMilli()) // all leases are over
	db := s.open("survivor")
	w := &worker{db: db, s: s, wire: filepath.Join(s.dir, "wire"), at: func(string) {}}
	must(t, w.settle(ctx))
	must(t, w.settle(ctx)) // what was put back by a probe

	status, err := db.Status(ctx)
	must(t, err)
	mails := status.Messages[store.KindPatch]
	wire, err := os.ReadFile(w.wire)
	if err != nil && mails > 0 {
		t.Fatal(err)
	}
	sent := strings.Fields(string(wire))
	once := slices.Compact(slices.Sorted(slices.Values(sent)))
	if len(sent) != mails || len(once) != mails || status.Outbox[store.StateSent] != mails || status.Series[store.StateDone] != mails {
		t.Errorf("%d mails recorded, %d replies on the wire, %d of them different; status %+v", mails, len(sent), len(once), status)
	}
	reports, err := db.QueryText(ctx, "SELECT series_id FROM report")
	if err != nil || len(reports) != mails {
		t.Errorf("%d reports, %v, want %d", len(reports), err, mails)
	}
	recorded, err := db.QueryText(ctx, "SELECT key FROM message")
	must(t, err)
	for _, key := range recorded {
		if _, err := db.Raw(ctx, key); err != nil {
			t.Errorf("bytes of a recorded mail: %v", err)
		}
	}
	if s.url == "" {
		if check, err := db.QueryText(ctx, "PRAGMA integrity_check"); err != nil || check[0] != "ok" {
			t.Errorf("integrity: %v, %v", check, err)
		}
	}
	must(t, db.Close())
}

// TestKilledAtEveryPoint kills a process between any two steps; the next process finishes what it left.
func TestKilledAtEveryPoint(t *testing.T) {
	for i, point := range points {
		t.Run(point, func(t *testing.T) {
			forEachEngine(t, func(t *testing.T, s *site) {
				err := s.startChild(t, "1", point).Wait()
				var exit *exec.ExitError
				if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
					t.Fatalf("the worker was not killed: %v", err)
				}
				o := s.options("reader")
				o.ReadOnly = true
				reader, err := store.Open(t.Context(), o) // while nobody has cleaned up after the dead
				must(t, err)
				status, err := reader.Status(t.Context())
				must(t, err)
				must(t, reader.Close())
				s.recover(t)
				if got, want := status.Messages[store.KindPatch], min(i, 1); got != want {
					t.Errorf("%d mails recorded, want %d", got, want)
				}
			})
		})
	}
}

// TestKilledAtRandom kills process after process at random moments over one store.
func TestKilledAtRandom(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		for run := range 12 {
			cmd := s.startChild(t, fmt.Sprint(run), "")
			time.Sleep(rand.N(60 * time.Millisecond))
			must(t, cmd.Process.Kill())
			_ = cmd.Wait() // killed, as it says
		}
		s.recover(t)
		s.recover(t) // a second survivor finds nothing to do
	})
}
