package main

import (
	"bytes"
	"context"
	"errors"
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

// faulty is a daemon on a real list, between servers that fail.
type faulty struct {
	*killing
	d          *daemon
	imap, smtp *proxy
	clock      string // the file that says by how much its clock is ahead
}

// TestFaults lets everything around a running daemon fail, one after the other, while series arrive: servers are restarted or
// fall silent, the disk is full, the clock jumps, the mailbox is emptied or numbered anew, recipients are put off or refused.
// In the end every series has exactly one reply, and the journal of every mail is whole.
func TestFaults(t *testing.T) {
	if os.Getenv("PATCHBOT_E2E") == "" {
		t.Skip("set PATCHBOT_E2E=1 on a machine with postfix, mlmmj, dovecot and git-email")
	}
	t.Parallel() // each of these tests has a list of its own, and mostly waits
	f := newFaulty(t)
	for _, fault := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"the IMAP server is restarted", f.imapRestart},
		{"the mail server is restarted", f.smtpRestart},
		{"the connection to the mailbox is half open", f.imapHalfOpen},
		{"the connection to the mail server is half open", f.smtpHalfOpen},
		{"no answer comes after the last byte", f.answerLost},
		{"the disk is full", f.diskFull},
		{"the clock jumps", f.clockJumps},
		{"the mailbox is emptied", f.emptied},
		{"the mailbox is numbered anew", f.renumbered},
		{"the list is greylisted", f.greylisted},
		{"the author's address is put off, or dead", f.authorRefused},
		{"a second daemon is started", f.secondDaemon},
	} {
		if !t.Run(fault.name, fault.run) {
			return
		}
	}
	f.waitIdle(t, true)
	f.quiet(t)
	f.check(t)
	t.Run("the list is refused", f.refused)
	f.d.stop(t)
	f.discreet(t)
}

func newFaulty(t *testing.T) *faulty {
	l := startLab(t)
	f := &faulty{killing: &killing{lab: l, died: map[string]int{}, jumped: map[string]bool{}}, clock: filepath.Join(l.dir, "clock")}
	f.imap = newProxy(t, "127.0.0.1:"+l.env["LAB_IMAPS"])
	f.smtp = newProxy(t, "127.0.0.1:"+l.env["LAB_SUBMISSION"])
	f.small(t)
	f.conf = l.config(t, "submission", f.smtp.port())
	uncapped(t, f.conf)
	f.edit(t,
		`level = "debug"`, `level = "info"`,
		"port = "+l.env["LAB_IMAPS"], "port = "+f.imap.port()+"\nidle_reissue = \"3s\"\ntimeout = \"3s\"",
		"[smtp]\n", "[smtp]\ntimeout = \"3s\"\nsent_copy = \"bot+sent@lab.test\"\n",
		"[bot]\n", "[bot]\noperator = \"maintainer+alerts@lab.test\"\n",
		`settle = "1s"`, `settle = "2s"`)
	f.templates = l.series(t, "5d272a3", 3, "BlueHats : semestre du code")
	f.ahead(t, 0)
	cmd := patchbotCommand(context.Background(), "serve", "--config", f.conf)
	cmd.Env = append(cmd.Env, clockFile+"="+f.clock)
	f.d = l.start(t, cmd)
	f.said(t, "imap session begins", 1)
	return f
}

// edit changes the configuration; changes are pairs of old and new text.
func (f *faulty) edit(t *testing.T, changes ...string) {
	t.Helper()
	text, err := os.ReadFile(f.conf)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(changes); i += 2 {
		if !bytes.Contains(text, []byte(changes[i])) {
			t.Fatalf("the configuration has no %q", changes[i])
		}
		text = bytes.Replace(text, []byte(changes[i]), []byte(changes[i+1]), 1)
	}
	if err := os.WriteFile(f.conf, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// ahead sets the daemon's clock.
func (f *faulty) ahead(t *testing.T, d time.Duration) {
	t.Helper()
	if err := os.WriteFile(f.clock+".new", []byte(d.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(f.clock+".new", f.clock); err != nil {
		t.Fatal(err)
	}
}

// said waits until the log says something for the nth time, and count is how often it has.
func (f *faulty) said(t *testing.T, what string, n int) {
	t.Helper()
	until(t, "the log to say "+what, func() bool { return f.count(what) >= n })
}

func (f *faulty) count(what string) int { return strings.Count(f.d.log.String(), what) }

// patch sends a patch to the list, and taken waits until the daemon has it.
func (f *faulty) patch(t *testing.T) string {
	t.Helper()
	n := len(f.roots)
	return f.send(t, "contributor+"+string(rune('a'+n%26))+string(rune('a'+n/26))+"@lab.test", f.templates[1:2])
}

func (f *faulty) taken(t *testing.T, id string) {
	t.Helper()
	until(t, "the daemon to take the mail", func() bool {
		return strings.Contains(f.d.log.String(), `msg="took mail" message_id=`+id)
	})
}

// answered waits until a reply is in the maintainer's mailbox and known to be sent.
func (f *faulty) answered(t *testing.T, id string) {
	t.Helper()
	until(t, "the reply to "+id, func() bool { return len(f.replies(t, id)) > 0 })
	f.waitIdle(t, true)
}

// later lets time pass for the daemon until what was put off is due, and wakes it by a reload.
func (f *faulty) later(t *testing.T, d time.Duration) {
	t.Helper()
	f.ahead(t, d)
	f.reload(t)
	t.Cleanup(func() { f.ahead(t, 0) })
}

func (f *faulty) command(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...) // with no pipe that a server could inherit
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
}

func (f *faulty) imapRestart(t *testing.T) {
	ended := f.count("imap session ended")
	f.command(t, "doveadm", "-c", f.env["LAB_DOVECOT"], "kick", "bot")
	f.command(t, "doveadm", "-c", f.env["LAB_DOVECOT"], "stop")
	id := f.patch(t)
	f.said(t, "imap session ended", ended+1)
	until(t, "the server to be down", func() bool {
		_, err := os.Stat(filepath.Join(f.dir, "run", "dovecot", "master.pid"))
		return errors.Is(err, os.ErrNotExist)
	})
	f.command(t, "dovecot", "-c", f.env["LAB_DOVECOT"])
	f.answered(t, id)
}

func (f *faulty) smtpRestart(t *testing.T) {
	later := f.count("send: later")
	id := f.patch(t)
	f.taken(t, id)
	f.command(t, "postfix", "-c", filepath.Join(f.dir, "postfix"), "stop")
	f.said(t, "send: later", later+1)
	f.command(t, "postfix", "-c", filepath.Join(f.dir, "postfix"), "start")
	f.later(t, 6*time.Minute)
	f.answered(t, id)
}

func (f *faulty) imapHalfOpen(t *testing.T) {
	ended := f.count("imap session ended")
	f.imap.stall()
	id := f.patch(t)
	f.said(t, "imap session ended", ended+2) // that of before, and one that only knocked
	f.imap.pass()
	f.answered(t, id)
}

func (f *faulty) smtpHalfOpen(t *testing.T) {
	later := f.count("send: later")
	id := f.patch(t)
	f.smtp.stall()
	f.said(t, "send: later", later+1)
	f.smtp.pass()
	f.later(t, 6*time.Minute)
	f.answered(t, id)
}

// answerLost lets the mail server take a reply and say so into the void.
func (f *faulty) answerLost(t *testing.T) {
	lost := f.count("no answer after the last byte")
	// Within TLS the answer cannot be read; this server needs none.
	plain := newProxy(t, "127.0.0.1:"+f.env["LAB_SMTP"])
	plain.stallAt("queued as")
	before, err := os.ReadFile(f.conf)
	if err != nil {
		t.Fatal(err)
	}
	f.edit(t, "port = "+f.smtp.port()+"\nsecurity = \"starttls\"\nuser = \"bot\"\n", "port = "+plain.port()+"\nsecurity = \"plain\"\n")
	f.reload(t)
	id := f.patch(t)
	f.said(t, "no answer after the last byte", lost+1)
	if plain.triggered() != 1 {
		t.Errorf("the server took %d mails", plain.triggered())
	}
	if err := os.WriteFile(f.conf, before, 0o600); err != nil {
		t.Fatal(err)
	}
	f.later(t, 6*time.Minute)
	f.answered(t, id)
}

func (f *faulty) reload(t *testing.T) {
	t.Helper()
	n, begun := f.count("configuration reloaded"), f.count("imap session begins")
	if err := f.d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	f.said(t, "configuration reloaded", n+1)
	f.said(t, "imap session begins", begun+1)
}

// diskFull fills the disk before a mail comes, and once more between its record and its review.
func (f *faulty) diskFull(t *testing.T) {
	file := filepath.Join(f.dir, "state", "full")
	fill := func() {
		t.Helper()
		disk, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		defer disk.Close()
		for block := make([]byte, 64<<10); len(block) > 0; {
			if _, err := disk.Write(block); errors.Is(err, syscall.ENOSPC) {
				block = block[:len(block)/2]
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	free := func() {
		t.Helper()
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	refused := f.count("message not recorded")
	fill()
	id := f.patch(t)
	f.said(t, "message not recorded", refused+1)
	out, err := patchbotCommand(t.Context(), "status", "--config", f.conf).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFindings || !strings.Contains(string(out), "TROUBLE: 0 MB of 48 MB are free") {
		t.Errorf("status on a full disk: %v\n%s", err, out)
	}
	free()
	f.answered(t, id)

	id = f.patch(t)
	f.taken(t, id)
	failed := f.count("level=ERROR msg=loop")
	fill()
	f.said(t, "level=ERROR msg=loop", failed+1)
	free()
	f.answered(t, id)
}

func (f *faulty) clockJumps(t *testing.T) {
	for _, ahead := range []time.Duration{3 * 24 * time.Hour, 0, -24 * time.Hour, 0} {
		id := f.patch(t)
		f.jumped[id] = true
		f.taken(t, id)
		f.ahead(t, ahead)
		until(t, "the reply to "+id, func() bool { return len(f.replies(t, id)) > 0 })
	}
	f.waitIdle(t, true)
}

func (f *faulty) emptied(t *testing.T) {
	f.command(t, "doveadm", "-c", f.env["LAB_DOVECOT"], "expunge", "-u", "bot", "mailbox", "INBOX", "all")
	f.answered(t, f.patch(t))
}

func (f *faulty) renumbered(t *testing.T) {
	ended := f.count("imap session begins")
	f.command(t, "doveadm", "-c", f.env["LAB_DOVECOT"], "mailbox", "update", "-u", "bot", "--uid-validity", "4242", "INBOX")
	f.command(t, "doveadm", "-c", f.env["LAB_DOVECOT"], "kick", "bot")
	f.said(t, "imap session begins", ended+1)
	f.answered(t, f.patch(t))
	if !strings.Contains(f.d.log.String(), "uidvalidity=4242") {
		t.Error("the mailbox was not numbered anew")
	}
}

// access makes the submission service answer a recipient in a way of its own; empty: in the usual way.
func (f *faulty) access(t *testing.T, rule string) {
	t.Helper()
	dir := filepath.Join(f.dir, "postfix")
	file := filepath.Join(dir, "master.cf")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "127.0.0.1:"+f.env["LAB_SUBMISSION"]+" ") })
	lines[i], _, _ = strings.Cut(lines[i], " -o { ")
	if rule != "" {
		lines[i] += " -o { smtpd_recipient_restrictions = check_recipient_access inline:{ {" + rule + "} } }"
	}
	old := time.Now().Add(-10 * time.Second) // Postfix waits until a file is older than a second
	if err := errors.Join(os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644), os.Chtimes(file, old, old)); err != nil {
		t.Fatal(err)
	}
	f.command(t, "postfix", "-c", dir, "reload")
}

func (f *faulty) greylisted(t *testing.T) {
	later := f.count("send: later")
	f.access(t, f.env["LAB_LIST"]+" = 450 4.7.1 greylisted")
	id := f.patch(t)
	f.said(t, "send: later", later+1)
	f.access(t, "")
	f.later(t, 6*time.Minute)
	f.answered(t, id)
}

// authorRefused: the list decides, and gets the reply whatever becomes of the author's own copy.
func (f *faulty) authorRefused(t *testing.T) {
	for _, from := range []string{"grey@lab.test", "gone@lab.test"} {
		id := f.send(t, from, f.templates[1:2])
		f.answered(t, id)
	}
	if n := f.count("not for everyone"); n != 2 {
		t.Errorf("the log tells of %d refused copies, want 2", n)
	}
}

func (f *faulty) secondDaemon(t *testing.T) {
	var exit *exec.ExitError
	cmd := patchbotCommand(t.Context(), "serve", "--config", f.conf)
	out, err := cmd.CombinedOutput()
	if !errors.As(err, &exit) || exit.ExitCode() != exitFailure || !strings.Contains(string(out), "another patchbot works in this state directory") {
		t.Errorf("a second daemon: %v\n%s", err, out)
	}
	f.answered(t, f.patch(t))
}

// refused: a list that takes no mail gets none, nothing is tried again, and the operator is told.
func (f *faulty) refused(t *testing.T) {
	f.access(t, f.env["LAB_LIST"]+" = 550 5.7.1 not here")
	id := f.patch(t)
	f.said(t, "send: refused for good", 1)
	f.later(t, 2*time.Minute)
	until(t, "the alert", func() bool {
		return len(f.search(t, `TO "maintainer+alerts@lab.test" SUBJECT "patchbot"`)) == 1
	})
	f.access(t, "")
	f.later(t, 3*time.Hour)
	f.answered(t, f.patch(t))
	if n := len(f.replies(t, id)); n != 0 {
		t.Errorf("%d replies that were refused for good", n)
	}
	db := f.open(t)
	defer db.Close()
	st, err := db.Status(t.Context())
	if err != nil || st.Outbox[store.StateFailed] != 1 {
		t.Errorf("outbox %v, %v", st.Outbox, err)
	}
}

// discreet: in all that trouble the log named nobody, but in Message-IDs.
func (f *faulty) discreet(t *testing.T) {
	for line := range strings.Lines(f.d.log.String()) {
		fields := slices.DeleteFunc(strings.Fields(line), func(s string) bool { return strings.HasPrefix(s, "message_id=") })
		if text := strings.Join(fields, " "); strings.Contains(strings.ReplaceAll(text, "…@", ""), "@") {
			t.Errorf("the log names somebody: %s", line)
		}
	}
}
