package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"patchbot/internal/email"
	"patchbot/internal/repo"
	"patchbot/testdata"
)

// patient bounds every wait of the end-to-end test; nothing is measured by it.
const patient = 60 * time.Second

// labPassword is that of every user of the lab.
const labPassword = "lab"

// lab is a real mailing list on loopback: Postfix, mlmmj, Dovecot.
type lab struct {
	dir  string
	env  map[string]string
	wiki string // bare repository that the daemon reviews
	src  string // the contributor's clone
}

// TestEndToEnd sends real commits of the wiki with the real git send-email through a real list, and reads the answers in
// the maintainer's mailbox. It needs root and Debian packages, see .ci/run, and runs when PATCHBOT_E2E is set.
func TestEndToEnd(t *testing.T) {
	if os.Getenv("PATCHBOT_E2E") == "" {
		t.Skip("set PATCHBOT_E2E=1 on a machine with postfix, mlmmj, dovecot and git-email")
	}
	l := startLab(t)
	conf := l.config(t, "submission", l.env["LAB_SUBMISSION"])
	t.Run("a series that arrives out of order", func(t *testing.T) { l.outOfOrder(t, conf) })
	t.Run("a second run answers nothing twice", func(t *testing.T) { l.secondRun(t, conf) })
	t.Run("killed between sending and marking sent", func(t *testing.T) { l.killed(t) })
}

func startLab(t *testing.T) *lab {
	t.Helper()
	dir, err := os.MkdirTemp("", "pb-lab-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Abs("../../testdata/maillab")
	if err != nil {
		t.Fatal(err)
	}
	up := exec.Command(filepath.Join(scripts, "list-up"), dir)
	ports := freePorts(t, 5)
	for i, name := range []string{"LAB_SMTP", "LAB_SUBMISSION", "LAB_IMAP", "LAB_IMAPS", "LAB_LMTP"} {
		up.Env = append(up.Environ(), name+"="+ports[i])
	}
	if out, err := up.CombinedOutput(); err != nil {
		t.Fatalf("list-up: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command(filepath.Join(scripts, "list-down"), dir, "--wipe").CombinedOutput(); err != nil {
			t.Errorf("list-down: %v\n%s", err, out)
		}
	})
	l := &lab{dir: dir, env: map[string]string{}, wiki: filepath.Join(dir, "wiki.git"), src: filepath.Join(dir, "clone")}
	data, err := os.ReadFile(filepath.Join(dir, "env"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			l.env[k] = v
		}
	}
	if _, err := repo.UnpackBundle(testdata.Bundle, l.wiki); err != nil {
		t.Fatal(err)
	}
	l.git(t, "", "clone", "-q", "-b", "main", l.wiki, l.src)
	return l
}

func freePorts(t *testing.T, n int) []string {
	t.Helper()
	var ports []string
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close() // only when all are chosen: no port twice
		_, port, _ := net.SplitHostPort(ln.Addr().String())
		ports = append(ports, port)
	}
	return ports
}

// git runs git as the contributor, without any configuration of the machine.
func (l *lab) git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+l.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_AUTHOR_NAME=Élodie Contributrice", "GIT_AUTHOR_EMAIL=contributor@lab.test",
		"GIT_COMMITTER_NAME=Élodie Contributrice", "GIT_COMMITTER_EMAIL=contributor@lab.test")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// config writes a configuration that submits mail to the given port: with STARTTLS and a log-in, or in plain text.
func (l *lab) config(t *testing.T, name, port string) string {
	t.Helper()
	security, login := "starttls", fmt.Sprintf("user = \"bot\"\npassword_command = [\"echo\", %q]\nca_file = %q\n", labPassword, l.env["LAB_CERT"])
	if name == "plain" {
		security, login = "plain", ""
	}
	text := fmt.Sprintf(`state_dir = %q
templates = ""
[log]
level = "debug"
[imap]
host = "localhost"
port = %s
user = "bot"
password_command = ["echo", %q]
ca_file = %q
[smtp]
host = "localhost"
port = %s
security = %q
%s
[bot]
address = "bot@lab.test"
[series]
settle = "1s"
[links]
enabled = false
[reply]
enabled = true
[[list]]
name = "logiciels-libres"
addresses = [%q]
ids = ["logiciels-libres.lists.lab.test"]
language = "fr"
[[wiki]]
name = "logiciels-libres"
repository = %q
urls = ["https://man.sr.ht/~etalab/logiciels-libres"]
`, filepath.Join(l.dir, "state"), l.env["LAB_IMAPS"], labPassword, l.env["LAB_CERT"], port, security, login, l.env["LAB_LIST"], l.wiki)
	file := filepath.Join(l.dir, name+".toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// series prepares a cover letter and the commits of rev..rev~n as mail files; the wiki's branch is set to their base.
func (l *lab) series(t *testing.T, rev string, n int, title string) []string {
	t.Helper()
	base := strings.TrimSpace(l.git(t, l.src, "rev-parse", fmt.Sprintf("%s~%d", rev, n)))
	l.git(t, l.wiki, "update-ref", "refs/heads/main", base)
	out := filepath.Join(l.dir, "out-"+rev)
	args := []string{"format-patch", "-q", "-o", out, "--subject-prefix=PATCH logiciels-libres", "--thread=shallow", "--from=Élodie Contributrice <contributor@lab.test>"}
	if n > 1 {
		args = append(args, "--cover-letter")
	}
	l.git(t, l.src, append(args, fmt.Sprintf("-%d", n), rev)...)
	files, err := filepath.Glob(out + "/*.patch")
	if err != nil || len(files) == 0 {
		t.Fatalf("no patch files: %v", err)
	}
	slices.Sort(files)
	if n > 1 {
		cover, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		cover = bytes.Replace(cover, []byte("*** SUBJECT HERE ***"), []byte(title), 1)
		cover = bytes.Replace(cover, []byte("*** BLURB HERE ***"), []byte("Hello, here is the series."), 1)
		if err := os.WriteFile(files[0], cover, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// send mails one prepared file with git send-email.
func (l *lab) send(t *testing.T, file string) {
	t.Helper()
	l.git(t, l.src, "send-email", "--quiet", "--confirm=never", "--suppress-cc=all", "--no-thread", "--8bit-encoding=UTF-8",
		"--smtp-server=127.0.0.1", "--smtp-server-port="+l.env["LAB_SMTP"], "--smtp-domain=localhost",
		"--from=Élodie Contributrice <contributor@lab.test>", "--to="+l.env["LAB_LIST"], file)
}

func messageID(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return email.Parse(raw, email.DefaultLimits()).ID
}

// daemon is a running `patchbot serve`.
type daemon struct {
	cmd *exec.Cmd
	log *lockedBuffer
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func (l *lab) serve(t *testing.T, conf string) *daemon {
	t.Helper()
	d := &daemon{cmd: patchbotCommand(context.Background(), "serve", "--config", conf), log: &lockedBuffer{}}
	d.cmd.Stderr = d.log
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if d.cmd.ProcessState == nil {
			_ = d.cmd.Process.Kill()
			_ = d.cmd.Wait()
		}
		if t.Failed() {
			t.Logf("log of the daemon:\n%s", d.log)
		}
	})
	return d
}

// stop ends a daemon as the service manager does.
func (d *daemon) stop(t *testing.T) {
	t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Wait(); err != nil {
		t.Errorf("the daemon ends with %v after SIGTERM", err)
	}
}

// kill ends it as a power cut does.
func (d *daemon) kill(t *testing.T) {
	t.Helper()
	if err := d.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = d.cmd.Wait()
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patient); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}

// imap gives the lines of one command on the maintainer's selected INBOX.
func (l *lab) imap(t *testing.T, command string) []string {
	t.Helper()
	conn, err := tls.Dial("tcp", "localhost:"+l.env["LAB_IMAPS"], &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patient))
	r := bufio.NewReader(conn)
	var lines []string
	for i, c := range []string{"", "LOGIN maintainer " + labPassword, "EXAMINE INBOX", command} {
		tag := fmt.Sprintf("a%d", i)
		if c != "" {
			fmt.Fprintf(conn, "%s %s\r\n", tag, c)
		}
		lines = lines[:0]
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				t.Fatalf("IMAP %q: %v", c, err)
			}
			if c == "" {
				break // the greeting
			}
			if rest, ok := strings.CutPrefix(line, tag+" "); ok {
				if !strings.HasPrefix(rest, "OK") {
					t.Fatalf("IMAP %q: %s", c, rest)
				}
				break
			}
			lines = append(lines, strings.TrimRight(line, "\r\n"))
		}
	}
	return lines
}

// search gives the UIDs in the maintainer's INBOX that match.
func (l *lab) search(t *testing.T, criteria string) []string {
	t.Helper()
	for _, line := range l.imap(t, "UID SEARCH "+criteria) {
		if rest, ok := strings.CutPrefix(line, "* SEARCH"); ok {
			return strings.Fields(rest)
		}
	}
	return nil
}

// replies gives the UIDs of the bot's replies to a mail.
func (l *lab) replies(t *testing.T, id string) []string {
	return l.search(t, fmt.Sprintf("HEADER X-Patchbot-Verdict \"\" HEADER In-Reply-To %q", "<"+id+">"))
}

// read fetches and parses one message.
func (l *lab) read(t *testing.T, uid string) *email.Message {
	t.Helper()
	lines := l.imap(t, "UID FETCH "+uid+" BODY.PEEK[]")
	if len(lines) < 3 {
		t.Fatalf("message %s: %q", uid, lines)
	}
	return email.Parse([]byte(strings.Join(lines[1:len(lines)-1], "\r\n")), email.DefaultLimits())
}

func (l *lab) outOfOrder(t *testing.T, conf string) {
	files := l.series(t, "5d272a3", 3, "BlueHats : semestre du code")
	d := l.serve(t, conf)
	for _, i := range []int{2, 0, 3, 1} {
		l.send(t, files[i])
	}
	cover := messageID(t, files[0])
	until(t, "the reply in the maintainer's mailbox", func() bool { return len(l.replies(t, cover)) > 0 })
	m := l.read(t, l.replies(t, cover)[0])
	if got := m.Header.Get("X-Patchbot-Verdict"); got != "clean" {
		t.Errorf("verdict %q, want clean", got)
	}
	if !slices.Equal(m.InReplyTo, []string{cover}) {
		t.Errorf("In-Reply-To %q, want the cover letter %q", m.InReplyTo, cover)
	}
	for _, want := range []string{"3 correctifs", "Add bluehats-semester-of-code.md", "Appliquée sans conflit"} {
		if !strings.Contains(m.Text, want) {
			t.Errorf("the reply does not say %q:\n%s", want, m.Text)
		}
	}
	if len(m.To) != 1 || m.To[0].Addr != "contributor@lab.test" || len(m.Cc) != 1 || m.Cc[0].Addr != l.env["LAB_LIST"] {
		t.Errorf("To %v, Cc %v", m.To, m.Cc)
	}
	l.threaded(t, cover, l.replies(t, cover)[0])
	d.stop(t)
}

// threaded checks with the server's own THREAD command that the reply stands in the thread of the cover letter.
func (l *lab) threaded(t *testing.T, cover, reply string) {
	t.Helper()
	roots := l.search(t, fmt.Sprintf("HEADER Message-ID %q", "<"+cover+">"))
	if len(roots) != 1 {
		t.Fatalf("cover letter: UIDs %v", roots)
	}
	answer := strings.Join(l.imap(t, "UID THREAD REFERENCES UTF-8 ALL"), " ")
	for _, thread := range threads(answer) {
		uids := regexp.MustCompile(`[0-9]+`).FindAllString(thread, -1)
		if slices.Contains(uids, reply) && uids[0] == roots[0] {
			return
		}
	}
	t.Errorf("reply %s does not stand under the cover letter %s in %q", reply, roots[0], answer)
}

// threads splits the answer to THREAD (RFC 5256, section 4) into its outermost lists.
func threads(answer string) []string {
	var out []string
	depth, start := 0, 0
	for i, c := range answer {
		switch c {
		case '(':
			if depth == 0 {
				start = i
			}
			depth++
		case ')':
			if depth--; depth == 0 {
				out = append(out, answer[start:i+1])
			}
		}
	}
	return out
}

func (l *lab) secondRun(t *testing.T, conf string) {
	cover := l.anyReplied(t)
	// The hardest case: the server numbers the mailbox anew, so that every mail is fetched and taken once more.
	out, err := exec.Command("doveadm", "-c", l.env["LAB_DOVECOT"], "mailbox", "update", "-u", "bot", "--uid-validity", "4242", "INBOX").CombinedOutput()
	if err != nil {
		t.Fatalf("doveadm: %v\n%s", err, out)
	}
	d := l.serve(t, conf)
	until(t, "the daemon to be connected again", func() bool { return strings.Contains(d.log.String(), "patchbot starts") })
	l.sentinel(t)
	if n := len(l.replies(t, cover)); n != 1 {
		t.Errorf("%d replies after a second run, want 1", n)
	}
	if !strings.Contains(d.log.String(), "uidvalidity=4242") {
		t.Error("the mailbox was not numbered anew")
	}
	d.stop(t)
}

// anyReplied gives the Message-ID that the one reply so far answers.
func (l *lab) anyReplied(t *testing.T) string {
	t.Helper()
	uids := l.search(t, `HEADER X-Patchbot-Verdict ""`)
	if len(uids) != 1 {
		t.Fatalf("replies %v, want one", uids)
	}
	return l.read(t, uids[0]).InReplyTo[0]
}

// sentinel sends a further patch and waits for its reply: what came before it has been dealt with by then.
func (l *lab) sentinel(t *testing.T) {
	t.Helper()
	files := l.series(t, "cecce3f", 1, "")
	l.send(t, files[0])
	id := messageID(t, files[0])
	until(t, "the reply to a further patch", func() bool { return len(l.replies(t, id)) > 0 })
}

// killed lets the list take the reply, keeps its answer from the daemon, and kills the daemon there.
func (l *lab) killed(t *testing.T) {
	taken := make(chan struct{})
	port := swallowAnswer(t, "127.0.0.1:"+l.env["LAB_SMTP"], taken)
	files := l.series(t, "6f63ce6", 1, "")
	d := l.serve(t, l.config(t, "plain", port))
	l.send(t, files[0])
	select {
	case <-taken:
	case <-time.After(patient):
		t.Fatal("no reply was submitted")
	}
	d.kill(t)
	id := messageID(t, files[0])
	until(t, "the reply that the list took", func() bool { return len(l.replies(t, id)) > 0 })

	conf := l.config(t, "submission", l.env["LAB_SUBMISSION"])
	again := l.serve(t, conf)
	until(t, "the outbox to know that it was sent", func() bool {
		out, _ := patchbotCommand(t.Context(), "status", "--config", conf, "--format", "json").Output()
		var st struct {
			Outbox map[string]int `json:"outbox"`
		}
		return json.Unmarshal(out, &st) == nil && st.Outbox["sent"] == 3 && st.Outbox["sending"] == 0
	})
	if n := len(l.replies(t, id)); n != 1 {
		t.Errorf("%d replies after the kill, want exactly one", n)
	}
	out, err := patchbotCommand(t.Context(), "why", "--config", conf, id).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "changes-needed") || !strings.Contains(string(out), "sent") {
		t.Errorf("why: %v\n%s", err, out)
	}
	again.stop(t)
}

// swallowAnswer relays SMTP to a server and keeps back its answer to the first message; it closes taken then.
func swallowAnswer(t *testing.T, server string, taken chan<- struct{}) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		var once sync.Once
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				client.Close()
				continue
			}
			go func() { defer upstream.Close(); _, _ = io.Copy(upstream, client) }()
			go func() {
				defer client.Close()
				for r := bufio.NewReader(upstream); ; {
					line, err := r.ReadString('\n')
					if err != nil {
						return
					}
					if strings.Contains(line, "queued as") {
						once.Do(func() { close(taken) })
						select {} // the answer never comes
					}
					if _, err := io.WriteString(client, line); err != nil {
						return
					}
				}
			}()
		}
	}()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}
