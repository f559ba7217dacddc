package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbot/internal/store/storetest"
)

// TestTwoDaemons runs two daemons on one PostgreSQL database and one mailbox. They share the work, and when one dies in the
// middle of it, the other takes its work over: every series has exactly one reply, and no journal a gap.
func TestTwoDaemons(t *testing.T) {
	if os.Getenv("PATCHBOT_E2E") == "" {
		t.Skip("set PATCHBOT_E2E=1 on a machine with postfix, mlmmj, dovecot and git-email")
	}
	t.Parallel() // each of these tests has a list of its own, and mostly waits
	server := os.Getenv("PATCHBOT_TEST_POSTGRES")
	if server == "" {
		t.Fatal("PATCHBOT_E2E=1 needs PATCHBOT_TEST_POSTGRES=postgres://…")
	}
	l := startLab(t)
	k := &killing{lab: l, died: map[string]int{}, database: storetest.NewSchema(t, server)}
	k.templates = l.series(t, "5d272a3", 3, "BlueHats : semestre du code")
	first, second := k.onDatabase(t, "first"), k.onDatabase(t, "second")
	survivor := l.start(t, patchbotCommand(context.Background(), "serve", "--config", second))
	until(t, "the second daemon", func() bool { return strings.Contains(survivor.log.String(), "imap session begins") })
	for _, where := range []string{dieRecorded, dieBase, dieFinished, dieSent} {
		// The other one may be quicker; sooner or later this one comes by the place.
		victim := k.mortal(t, first, where)
		for dead := false; !dead; {
			k.fuel(t)
			select {
			case <-victim:
				dead = true
			case <-time.After(3 * time.Second):
				if len(k.roots) > 60 {
					t.Fatalf("no daemon died %s", where)
				}
			}
		}
		died := time.Now()
		k.takenOver(t)
		t.Logf("killed %s: all is done %s later, %d series so far", where, time.Since(died).Round(time.Second), len(k.roots))
	}
	k.quiet(t)
	k.check(t)
	survivor.stop(t)
}

// onDatabase writes the configuration of a daemon with a state directory of its own on the common database.
func (k *killing) onDatabase(t *testing.T, name string) string {
	t.Helper()
	file := k.config(t, "submission", k.env["LAB_SUBMISSION"])
	uncapped(t, file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer(filepath.Join(k.dir, "state"), filepath.Join(k.dir, name), "[imap]\n", "[store]\nurl = \""+k.database+"\"\n[imap]\n").Replace(string(text))
	file = filepath.Join(k.dir, name+".toml")
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// mortal starts a daemon that dies at a place; the channel is closed then.
func (k *killing) mortal(t *testing.T, conf, where string) <-chan struct{} {
	t.Helper()
	cmd := patchbotCommand(context.Background(), "serve", "--config", conf)
	cmd.Env = append(cmd.Env, dieAt+"="+where)
	dead := make(chan struct{})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(dead)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-dead
	})
	return dead
}

// takenOver waits until every series that was sent has its reply.
func (k *killing) takenOver(t *testing.T) {
	t.Helper()
	open := slices.Clone(k.roots)
	wait := func() bool {
		open = slices.DeleteFunc(open, func(root string) bool { return len(k.replies(t, root)) > 0 })
		return len(open) == 0
	}
	until(t, "the other daemon to begin", wait)
	k.waitIdle(t, true)
}
