package mailbox_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"patchbot/internal/mailbox"
)

// lab is a real mailing list: Postfix, mlmmj and Dovecot.
type lab struct {
	t    *testing.T
	dir  string
	env  map[string]string
	tls  *tls.Config
	list string
}

// startLab starts the list of testdata/maillab on free ports. Without root or the packages the test is skipped, but not
// where PATCHBOT_LAB=required says that they must be there.
func startLab(t *testing.T) *lab {
	t.Helper()
	required := os.Getenv("PATCHBOT_LAB") == "required"
	if testing.Short() {
		t.Skip("a real list takes some seconds")
	}
	if os.Getuid() != 0 && !required {
		t.Skip("the list needs root")
	}
	dir, err := os.MkdirTemp("", "lab")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, dir: dir, env: map[string]string{}}
	for _, name := range []string{"LAB_SMTP", "LAB_SUBMISSION", "LAB_IMAP", "LAB_IMAPS", "LAB_LMTP"} {
		l.env[name] = freePort(t)
	}
	t.Cleanup(func() { l.run("list-down", "--wipe") })
	if out, err := l.up(); err != nil {
		var status *exec.ExitError
		if errors.As(err, &status) && status.ExitCode() == 77 && !required {
			t.Skipf("no list here: %s", out)
		}
		t.Fatalf("list-up: %v\n%s", err, out)
	}
	for line := range strings.Lines(l.read("env")) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		l.env[name] = value
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(l.read("tls/cert.pem")))
	l.tls = &tls.Config{RootCAs: roots}
	l.list = l.env["LAB_LIST"]
	return l
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

func (l *lab) read(name string) string {
	l.t.Helper()
	data, err := os.ReadFile(filepath.Join(l.dir, name))
	if err != nil {
		l.t.Fatal(err)
	}
	return string(data)
}

func (l *lab) up() (string, error) { return l.run("list-up") }

// run calls a script of the lab.
func (l *lab) run(script string, args ...string) (string, error) {
	cmd := exec.Command("../../testdata/maillab/"+script, append([]string{l.dir}, args...)...)
	cmd.Env = os.Environ()
	for name, value := range l.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// doveadm administers Dovecot.
func (l *lab) doveadm(args ...string) string {
	l.t.Helper()
	out, err := exec.Command("doveadm", append([]string{"-c", l.env["LAB_DOVECOT"]}, args...)...).CombinedOutput()
	if err != nil {
		l.t.Fatalf("doveadm %s: %v\n%s", args, err, out)
	}
	return string(out)
}

// imap is a client of the bot's mailbox with limits so short that a dead server is noticed in three seconds.
func (l *lab) imap(port string, security mailbox.Security, secret string) *mailbox.IMAP {
	return newIMAP(l.t, mailbox.IMAPOptions{
		Addr: "127.0.0.1:" + l.env[port], Security: security, TLS: l.tls, User: "bot",
		Password:    func(context.Context) (string, error) { return secret, nil },
		IdleReissue: time.Second, CommandTimeout: 2 * time.Second, RefusedWait: time.Millisecond,
	})
}

func (l *lab) sender() *mailbox.SMTP {
	l.t.Helper()
	s, err := mailbox.NewSMTP(mailbox.SMTPOptions{
		Addr: "127.0.0.1:" + l.env["LAB_SUBMISSION"], Security: mailbox.SecuritySTARTTLS, TLS: l.tls,
		User: "bot", Password: secret("lab"), Hello: "bot.lab.test",
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}

func (l *lab) message(id string) []byte {
	return fmt.Appendf(nil, "From: bot@lab.test\r\nTo: %s\r\nMessage-ID: <%s@lab.test>\r\nSubject: %s\r\nDate: %s\r\n\r\n.\r\nbody\r\n",
		l.list, id, id, time.Now().Format(time.RFC1123Z))
}

// send mails a message to the list, and a copy for the probe.
func (l *lab) send(s *mailbox.SMTP, id string) {
	l.t.Helper()
	receipt, err := s.Send(l.t.Context(), "bot@lab.test", []string{l.list, "bot+sent@lab.test"}, l.message(id))
	if err != nil || receipt.QueueID == "" || len(receipt.Refused) > 0 {
		l.t.Fatalf("%+v, %v", receipt, err)
	}
}

// arrived waits until a message was handed over so many times more than before; the others of r do not matter.
func (r *recorder) arrived(t *testing.T, id string, times int) {
	t.Helper()
	begin := time.Now()
	for {
		n := 0
		r.mu.Lock()
		for _, f := range r.seen {
			if strings.Contains(string(f.Raw), "\r\nMessage-ID: <"+id+"@lab.test>\r\n") {
				n++
			}
		}
		r.mu.Unlock()
		if n >= times {
			t.Logf("%s: %d times after %v", id, n, time.Since(begin).Round(time.Millisecond))
			return
		}
		select {
		case <-r.more:
		case <-time.After(patience):
			t.Fatalf("%s arrived %d times, want %d", id, n, times)
		}
	}
}

// TestLab runs the intake against a real server through everything that happens to one, sending by a real server through a
// real list. Each message comes twice: from the list, and as the copy for the probe.
func TestLab(t *testing.T) {
	l := startLab(t)
	s := l.sender()
	if f, err := s.Features(t.Context()); err != nil || !f.EightBit || f.MaxSize == 0 {
		t.Fatalf("features %+v, %v", f, err)
	}
	protected := l.imap("LAB_IMAPS", mailbox.SecurityTLS, "lab")
	if err := protected.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := l.imap("LAB_IMAP", mailbox.SecuritySTARTTLS, "lab")
	r := newRecorder()
	run(t, m, r)

	l.send(s, "first")
	r.arrived(t, "first", 2)

	for id, want := range map[string]bool{"<first@lab.test>": true, "<none@lab.test>": false} {
		if found, err := protected.Find(t.Context(), [2]string{"Message-ID", id}); err != nil || found != want {
			t.Errorf("%s found %v, %v", id, found, err)
		}
	}

	t.Run("kicked", func(t *testing.T) {
		l.doveadm("kick", "bot")
		l.send(s, "kicked")
		r.arrived(t, "kicked", 2)
	})
	t.Run("stopped process", func(t *testing.T) {
		pids := l.imapProcesses()
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGSTOP)
		}
		if len(pids) == 0 {
			t.Fatal("no process of the server to stop")
		}
		t.Cleanup(func() {
			for _, pid := range pids {
				_ = syscall.Kill(pid, syscall.SIGCONT)
			}
		})
		l.send(s, "stopped")
		r.arrived(t, "stopped", 2)
	})
	t.Run("server restarted", func(t *testing.T) {
		l.doveadm("stop")
		l.send(s, "restarted") // Postfix keeps it
		if out, err := l.up(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		r.arrived(t, "restarted", 2)
	})
	t.Run("renumbered", func(t *testing.T) {
		l.doveadm("mailbox", "update", "-u", "bot", "--uid-validity", "4000000000", "INBOX")
		for _, id := range []string{"first", "kicked", "stopped", "restarted"} {
			r.arrived(t, id, 4)
		}
		l.send(s, "renumbered")
		r.arrived(t, "renumbered", 2)
	})
	if st := m.State(); !st.Connected {
		t.Errorf("state %+v", st)
	}
}

// imapProcesses returns the processes that serve logged-in users of this lab.
func (l *lab) imapProcesses() []int {
	var pids []int
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		if name, _ := os.ReadFile(file); string(name) == "dovecot-"+filepath.Base(l.dir)+"/imap\x00" {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// TestLabRefusals: what a real server says to a wrong password, a recipient put off and one refused.
func TestLabRefusals(t *testing.T) {
	l := startLab(t)
	if err := l.imap("LAB_IMAPS", mailbox.SecurityTLS, "wrong").Check(t.Context()); err == nil || !strings.Contains(err.Error(), "login refused") {
		t.Errorf("imap: %v", err)
	}
	wrong, err := mailbox.NewSMTP(mailbox.SMTPOptions{Addr: "127.0.0.1:" + l.env["LAB_SUBMISSION"], Security: mailbox.SecuritySTARTTLS, TLS: l.tls, User: "bot", Password: secret("wrong")})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		s    *mailbox.SMTP
		to   []string
		want mailbox.SendError
	}{
		{"password", wrong, []string{l.list}, mailbox.SendError{Phase: mailbox.PhaseAuth, Code: 535, Enhanced: "5.7.8", Configuration: true}},
		{"put off", l.sender(), []string{"grey@lab.test", l.list}, mailbox.SendError{Phase: mailbox.PhaseRcpt, Code: 450, Enhanced: "4.7.1", Temporary: true}},
		{"refused", l.sender(), []string{"gone@lab.test", l.list}, mailbox.SendError{Phase: mailbox.PhaseRcpt, Code: 550, Enhanced: "5.1.1"}},
	} {
		_, err := c.s.Send(t.Context(), "bot@lab.test", c.to, l.message("none"))
		var got *mailbox.SendError
		if !errors.As(err, &got) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		t.Logf("%s: %v", c.name, err)
		failure := *got
		failure.Err = nil
		if failure != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, failure, c.want)
		}
	}
	receipt, err := l.sender().Send(t.Context(), "bot@lab.test", []string{l.list, "gone@lab.test"}, l.message("half"))
	var refused *mailbox.SendError
	if err != nil || !errors.As(receipt.Refused["gone@lab.test"], &refused) || refused.Code != 550 {
		t.Errorf("%+v, %v", receipt, err)
	}
}
