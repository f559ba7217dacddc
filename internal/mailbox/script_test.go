package mailbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestScripts plays the servers of testdata/imap against a client that has one message a second to lose. Each file is a
// txtar archive: what the server does in its first, second, … connection, and under "want" what the client must hand over
// and log. Time is synctest's, so that the limits are the real ones and cost nothing.
//
// A line of a server's part is one of
//
//	S: text          send a line; "$" at its beginning is the tag of the command before
//	S| "text"        send a Go string without a line end
//	S% 1000 "text"   send a Go string so many times
//	C: pattern       expect a command; "*" at the end stands for anything
//	login …          the usual way to a selected mailbox, with validity=, uidnext=, exists= and caps= (IDLE)
//	list 1:5:7 …     answer the listing of messages with sequence number, UID and size
//	fetch 1 5 "text" send the response with the bytes of the message with sequence number 1 and UID 5
//	data "text"      expect the bytes of an SMTP message with the final dot
//	eof              expect that the client closes without another byte
//	rest             go on as a server whose mailbox has nothing new
//	wait 5s          do nothing for a while
//	hang             do nothing until the client closes
//	close            close the connection, as the end of the part does
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/imap/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			a := readArchive(t, file)
			synctest.Test(t, func(t *testing.T) { playScript(t, a) })
		})
	}
}

// playScript runs the client against the servers of a and compares what it did.
func playScript(t *testing.T, a archive) {
	want := strings.Split(strings.TrimSpace(a["want"]), "\n")
	var servers []string
	for i := 1; a[strconv.Itoa(i)] != ""; i++ {
		servers = append(servers, a[strconv.Itoa(i)])
	}
	log := &logLines{}
	m := newScripted(t, servers, log)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()

	var got []string
	var place Cursor
	fmt.Sscanf(a["cursor"], "%d %d", &place.UIDValidity, &place.UID)
	failures := strings.Fields(a["receiver"])
	expected := 0
	for _, w := range want {
		if strings.HasPrefix(w, "message ") {
			expected++
		}
	}
	done := make(chan error, 1)
	go func() {
		done <- m.Run(ctx, func(context.Context) (Cursor, error) { return place, nil }, func(_ context.Context, f Fetched) error {
			if len(failures) > 0 && failures[0] == fmt.Sprint(f.UID) {
				failures = failures[1:]
				return errors.New("disk full")
			}
			place = Cursor{f.UIDValidity, f.UID}
			got = append(got, describe(f))
			return nil
		})
	}()
	// A fixed time, so that a message too many would be seen as well.
	time.Sleep(30 * time.Minute)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run ended with %v", err)
	}
	checkWant(t, want, got, log.lines())
	if len(got) != expected {
		t.Errorf("%d messages handed over, want %d", len(got), expected)
	}
}

func checkWant(t *testing.T, want, got, log []string) {
	t.Helper()
	for _, w := range want {
		kind, text, _ := strings.Cut(w, " ")
		switch kind {
		case "message":
			if len(got) == 0 || got[0] != text {
				t.Errorf("missing: message %s\nhanded over next: %q", text, got)
				continue
			}
			got = got[1:]
		case "log":
			at := slices.IndexFunc(log, func(l string) bool { return strings.Contains(l, text) })
			if at < 0 {
				t.Errorf("not logged: %s\nin:\n\t%s", text, strings.Join(log[:min(len(log), 20)], "\n\t"))
				continue
			}
			log = log[at:]
		case "nolog":
			for _, l := range log {
				if strings.Contains(l, text) {
					t.Errorf("logged: %s", l)
				}
			}
		default:
			t.Errorf("unknown expectation %q", w)
		}
	}
	if t.Failed() {
		log = log[:min(len(log), 20)]
		t.Logf("log:\n\t%s", strings.Join(log, "\n\t"))
	}
}

// describe puts a message on one line.
func describe(f Fetched) string {
	text := strconv.Quote(string(f.Raw))
	switch {
	case f.Err != nil:
		text = "unreadable: " + f.Err.Error()
	case f.TooLarge:
		text = "large " + strconv.FormatInt(f.Size, 10) + " " + text
	}
	if !f.Arrived.IsZero() {
		text += " " + f.Arrived.UTC().Format(time.DateTime)
	}
	return fmt.Sprintf("%d/%d %s", f.UIDValidity, f.UID, text)
}

// archive is a file in the txtar format: parts by name, and the comment before them under "".
type archive map[string]string

func readArchive(t *testing.T, file string) archive {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	a, name := archive{}, ""
	for line := range strings.Lines(string(data)) {
		if head, ok := strings.CutPrefix(line, "-- "); ok && strings.HasSuffix(head, " --\n") {
			name = strings.TrimSuffix(head, " --\n")
			continue
		}
		a[name] += line
	}
	return a
}

// newScripted returns a client whose n-th connection meets the n-th server; later ones are refused.
func newScripted(t *testing.T, servers []string, log *logLines) *IMAP {
	t.Helper()
	n := 0
	m, err := NewIMAP(IMAPOptions{
		Addr: "127.0.0.1:143", Security: SecurityPlain, User: "bot",
		Password: func(context.Context) (string, error) { return "s3cret", nil },
		MaxBytes: 1000,
		Log:      slog.New(slog.NewTextHandler(log, nil)),
		Dial: func(context.Context, string, string) (net.Conn, error) {
			if n == len(servers) {
				return nil, errors.New("connection refused")
			}
			client, server := net.Pipe()
			p := &player{t: t, n: n + 1, conn: server, in: bufio.NewReader(server)}
			go p.play(servers[n])
			n++
			return client, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// player is a server that follows a script.
type player struct {
	t    *testing.T
	n    int
	conn net.Conn
	in   *bufio.Reader
	tag  string
	smtp bool // commands have no tag
}

func (p *player) play(script string) {
	defer p.conn.Close()
	for line := range strings.Lines(script) {
		line = strings.TrimSuffix(line, "\n")
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "", "#":
		case "S:":
			p.send(rest + "\r\n")
		case "S|":
			p.send(unquoted(p.t, rest))
		case "S%":
			count, text, _ := strings.Cut(rest, " ")
			n, _ := strconv.Atoi(count)
			for range n {
				p.send(unquoted(p.t, text))
			}
		case "list":
			for _, e := range strings.Fields(rest) {
				f := strings.Split(e, ":")
				p.send(fmt.Sprintf("* %s FETCH (UID %s RFC822.SIZE %s)\r\n", f[0], f[1], f[2]))
			}
			p.send("$ OK listed\r\n")
		case "fetch":
			f := strings.SplitN(rest, " ", 3)
			text := unquoted(p.t, f[2])
			p.send(fmt.Sprintf("* %s FETCH (UID %s INTERNALDATE \"17-Jul-2024 02:44:25 +0200\" BODY[] {%d}\r\n%s)\r\n", f[0], f[1], len(text), text))
		case "data":
			p.message(unquoted(p.t, rest))
		case "eof":
			if rest, err := io.ReadAll(p.in); err == nil && len(rest) > 0 {
				p.t.Errorf("connection %d: %q, want nothing more", p.n, rest)
			}
		case "rest":
			p.rest()
			return
		case "C:":
			if !p.expect(rest) {
				return
			}
		case "login":
			if !p.login(rest) {
				return
			}
		case "wait":
			d, err := time.ParseDuration(rest)
			if err != nil {
				p.t.Error(err)
			}
			time.Sleep(d)
		case "hang":
			_, _ = io.Copy(io.Discard, p.in)
		case "close":
			return
		default:
			p.t.Errorf("connection %d: unknown line %q", p.n, line)
		}
	}
}

func (p *player) send(text string) {
	if rest, ok := strings.CutPrefix(text, "$"); ok {
		text = p.tag + rest
	}
	_, _ = io.WriteString(p.conn, text) // a client that went away is the subject of some scripts
}

// expect reads one command and compares it; DONE and continuation lines have no tag.
func (p *player) expect(pattern string) bool {
	line, err := p.in.ReadString('\n')
	if err != nil {
		if !errors.Is(err, io.EOF) || line != "" {
			p.t.Errorf("connection %d: want %q: %v", p.n, pattern, err)
		} else {
			p.t.Logf("connection %d: the client left before %q", p.n, pattern)
		}
		return false
	}
	line = strings.TrimRight(line, "\r\n")
	if line != "DONE" && !p.smtp {
		p.tag, line, _ = strings.Cut(line, " ")
	}
	ok := matches(pattern, line)
	if !ok {
		p.t.Errorf("connection %d: command %q, want %q", p.n, line, pattern)
	}
	return ok
}

// message reads the bytes after DATA.
func (p *player) message(want string) {
	got := make([]byte, len(want))
	if _, err := io.ReadFull(p.in, got); err != nil || string(got) != want {
		p.t.Errorf("connection %d: data %q (%v), want %q", p.n, got, err, want)
	}
}

// rest answers every command of an intake that has nothing to do.
func (p *player) rest() {
	for {
		line, err := p.in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "DONE" {
			p.send("$ OK done\r\n")
			continue
		}
		p.tag, line, _ = strings.Cut(line, " ")
		switch {
		case line == "IDLE":
			p.send("+ idling\r\n")
		case line == "NOOP" || strings.HasPrefix(line, "UID FETCH ") && strings.HasSuffix(line, ":* (UID RFC822.SIZE)"):
			p.send("$ OK nothing\r\n")
		default:
			p.t.Errorf("connection %d: command %q, want one of a client at rest", p.n, line)
			return
		}
	}
}

func unquoted(t *testing.T, s string) string {
	text, err := strconv.Unquote(s)
	if err != nil {
		t.Errorf("not a Go string: %s", s)
	}
	return text
}

// matches compares with a pattern in which "*" at the end stands for anything.
func matches(pattern, line string) bool {
	if head, open := strings.CutSuffix(pattern, "*"); open && !strings.HasSuffix(pattern, ":*") {
		return strings.HasPrefix(line, head)
	}
	return pattern == line
}

// login is the usual beginning.
func (p *player) login(options string) bool {
	o := map[string]string{"validity": "7", "uidnext": "100", "exists": "3", "caps": "IDLE"}
	for _, f := range strings.Fields(options) {
		k, v, _ := strings.Cut(f, "=")
		o[k] = v
	}
	caps := "CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN " + o["caps"]
	p.send("* OK [" + caps + "] ready\r\n")
	if !p.expect("AUTHENTICATE PLAIN AGJvdABzM2NyZXQ=") {
		return false
	}
	p.send("$ OK [" + caps + "] in\r\n")
	if !p.expect("CAPABILITY") {
		return false
	}
	p.send("* " + caps + "\r\n")
	p.send("$ OK done\r\n")
	if !p.expect(`EXAMINE INBOX`) {
		return false
	}
	p.send("* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS ()] none\r\n* " + o["exists"] + " EXISTS\r\n")
	p.send("* OK [UIDVALIDITY " + o["validity"] + "] x\r\n")
	if o["uidnext"] != "none" {
		p.send("* OK [UIDNEXT " + o["uidnext"] + "] x\r\n")
	}
	p.send("$ OK [READ-ONLY] selected\r\n")
	return true
}

// logLines collects the lines of a text handler.
type logLines struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements [io.Writer].
func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logLines) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSpace(l.text.String()), "\n")
}
