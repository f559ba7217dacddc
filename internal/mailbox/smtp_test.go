package mailbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-smtp"
)

const shortMail = "Subject: x\r\n\r\n.hidden\r\nend\r\n"

// TestSendScripts sends one message to the servers of testdata/smtp, which are written as those of [TestScripts], and
// compares the outcome.
func TestSendScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/smtp/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			a := readArchive(t, file)
			synctest.Test(t, func(t *testing.T) {
				s := scriptedSMTP(t, a["server"])
				receipt, err := s.Send(t.Context(), "bot@example.org", []string{"list@example.org", "bot+sent@example.org"}, []byte(shortMail))
				time.Sleep(time.Hour) // the server's script ends
				if got, want := outcome(receipt, err), strings.TrimSpace(a["want"]); got != want {
					t.Errorf("outcome:\n%s\nwant:\n%s", got, want)
				}
			})
		})
	}
}

// scriptedSMTP returns a client that meets the scripted server.
func scriptedSMTP(t *testing.T, script string) *SMTP {
	t.Helper()
	s, err := NewSMTP(SMTPOptions{
		Addr: "127.0.0.1:25", Security: SecurityPlain, Hello: "bot.example.org",
		User: "bot", Password: func(context.Context) (string, error) { return "s3cret", nil },
		Dial: func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			p := &player{t: t, n: 1, conn: server, in: bufio.NewReader(server), smtp: true}
			go p.play(script)
			return client, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// outcome puts the result of Send into words.
func outcome(r Receipt, err error) string {
	if err != nil {
		return errorWords(err)
	}
	words := fmt.Sprintf("sent %s: %s", r.QueueID, r.Text)
	for to, err := range r.Refused {
		words += fmt.Sprintf("\nrefused %s: %s", to, errorWords(err))
	}
	return words
}

func errorWords(err error) string {
	var e *SendError
	if !errors.As(err, &e) {
		return "not a SendError: " + err.Error()
	}
	words := fmt.Sprintf("%s code=%d", e.Phase, e.Code)
	if e.Enhanced != "" {
		words += " enhanced=" + e.Enhanced
	}
	kinds := map[string]bool{"temporary": e.Temporary, "configuration": e.Configuration, "unknown": e.Unknown,
		"permanent": !e.Temporary && !e.Configuration && !e.Unknown}
	for _, kind := range []string{"temporary", "configuration", "unknown", "permanent"} {
		if kinds[kind] {
			words += " " + kind
		}
	}
	return words + ": " + e.Err.Error()
}

// TestSendRefusesItself: what must not reach a server is refused before a connection is made.
func TestSendRefusesItself(t *testing.T) {
	s, err := NewSMTP(SMTPOptions{Addr: "127.0.0.1:25", Security: SecurityPlain,
		Dial: func(context.Context, string, string) (net.Conn, error) {
			t.Error("a connection was made")
			return nil, errors.New("no")
		}})
	if err != nil {
		t.Fatal(err)
	}
	good := []string{"list@example.org"}
	for _, c := range []struct {
		name, from string
		to         []string
		raw, want  string
	}{
		{"no sender", "", good, shortMail, "mail code=0 configuration"},
		{"sender with a parameter", "a@x> SIZE=1", good, shortMail, "mail code=0 configuration"},
		{"no recipient", "bot@example.org", nil, shortMail, "rcpt code=0 permanent"},
		{"recipient with a parameter", "bot@example.org", []string{"a@x> NOTIFY=NEVER"}, shortMail, "rcpt code=0 permanent"},
		{"recipient with a line", "bot@example.org", []string{"a@x\r\nDATA"}, shortMail, "rcpt code=0 permanent"},
		{"recipient beyond ASCII", "bot@example.org", []string{"é@example.org"}, shortMail, "rcpt code=0 permanent"},
		{"quoted recipient", "bot@example.org", []string{`"a b"@example.org`}, shortMail, "rcpt code=0 permanent"},
		{"no host", "bot@example.org", []string{"list"}, shortMail, "rcpt code=0 permanent"},
		{"empty", "bot@example.org", good, "", "data code=0 permanent"},
		{"smuggled second message", "bot@example.org", good, "A: b\r\n\r\nx\r\n\r.\r\nMAIL FROM:<a@b>\r\n", "data code=0 permanent"},
		{"CR at the end", "bot@example.org", good, "A: b\r\n\r\nx\r", "data code=0 permanent"},
	} {
		_, err := s.Send(t.Context(), c.from, c.to, []byte(c.raw))
		if got := errorWords(err); !strings.HasPrefix(got, c.want+":") {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestSendEightBit: bytes above 127 need a server that takes them.
func TestSendEightBit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := scriptedSMTP(t, "S: 220 x\nC: EHLO bot.example.org\nS: 250-x\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvdABzM2NyZXQ=\nS: 235 in\nC: QUIT\nS: 221 Bye\neof\n")
		_, err := s.Send(t.Context(), "bot@example.org", []string{"list@example.org"}, []byte("Subject: é\r\n\r\n"))
		want := "mail code=554 enhanced=5.6.3 permanent: the message is not 7-bit and the server does not offer 8BITMIME"
		if got := errorWords(err); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	})
}

// TestSendBrokenOff: a message that was cut off within its text is not completed by whatever the client does next.
func TestSendBrokenOff(t *testing.T) {
	hello := "S: 220 x\nC: EHLO bot.example.org\nS: 250-x\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvdABzM2NyZXQ=\nS: 235 in\n" +
		"C: MAIL FROM:<bot@example.org>\nS: 250 ok\nC: RCPT TO:<list@example.org>\nS: 250 ok\nC: DATA\nS: 354 go\n"
	mail := "Subject: x\r\n\r\n" + strings.Repeat("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd\r\n", 1000)
	for script, want := range map[string]string{
		"data " + strconv.Quote(mail[:8192]) + "\nclose\n":         "data code=0 temporary: io: read/write on closed pipe",
		"data " + strconv.Quote(mail[:8192]) + "\nwait 20m\neof\n": "data code=0 temporary: no answer within 1m0.",
	} {
		synctest.Test(t, func(t *testing.T) {
			_, err := scriptedSMTP(t, hello+script).Send(t.Context(), "bot@example.org", []string{"list@example.org"}, []byte(mail))
			time.Sleep(time.Hour)
			if got := errorWords(err); !strings.HasPrefix(got, want) {
				t.Errorf("%s\nwant %s", got, want)
			}
		})
	}
}

// TestSendCancelled: the end of the context closes the connection, and after the final dot leaves the outcome open.
func TestSendCancelled(t *testing.T) {
	before := "S: 220 x\nC: EHLO bot.example.org\nS: 250-x\nS: 250 AUTH PLAIN\nC: AUTH PLAIN AGJvdABzM2NyZXQ=\nS: 235 in\n" +
		"C: MAIL FROM:<bot@example.org>\n"
	for script, want := range map[string]string{
		before + "hang\n": "mail code=0 temporary: context canceled",
		before + "S: 250 ok\nC: RCPT TO:<list@example.org>\nS: 250 ok\nC: DATA\nS: 354 go\ndata \"Subject: x\\r\\n\\r\\n..hidden\\r\\nend\\r\\n.\\r\\n\"\nhang\n": "unknown code=0 unknown: context canceled",
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			result := make(chan error, 1)
			go func() {
				_, err := scriptedSMTP(t, script).Send(ctx, "bot@example.org", []string{"list@example.org"}, []byte(shortMail))
				result <- err
			}()
			synctest.Wait()
			cancel()
			if got := errorWords(<-result); got != want {
				t.Errorf("%s\nwant %s", got, want)
			}
		})
	}
}

func TestNewSMTP(t *testing.T) {
	password := func(context.Context) (string, error) { return "", nil }
	for _, c := range []struct {
		o  SMTPOptions
		ok bool
	}{
		{SMTPOptions{Addr: "mail.example.org:465"}, true},
		{SMTPOptions{Addr: "mail.example.org:587", Security: SecuritySTARTTLS, User: "u", Password: password}, true},
		{SMTPOptions{Addr: "mail.example.org:25", Security: SecurityPlain}, false},
		{SMTPOptions{Addr: "10.0.0.1:25", Security: SecurityPlain}, false},
		{SMTPOptions{Addr: "[::1]:25", Security: SecurityPlain}, true},
		{SMTPOptions{Addr: "localhost:25", Security: SecurityPlain}, true},
		{SMTPOptions{Addr: "mail.example.org"}, false},
		{SMTPOptions{Addr: ":25"}, false},
		{SMTPOptions{Addr: "mail.example.org:465", User: "u"}, false},
		{SMTPOptions{Addr: "mail.example.org:465", Hello: "a b"}, false},
		{SMTPOptions{Addr: "mail.example.org:465", Security: 7}, false},
	} {
		if _, err := NewSMTP(c.o); (err == nil) != c.ok {
			t.Errorf("%s %v: %v, want ok %v", c.o.Addr, c.o.Security, err, c.ok)
		}
	}
}

func TestQueueID(t *testing.T) {
	for text, want := range map[string]string{
		"2.0.0 Ok: queued as 4Zabc1": "4Zabc1",
		"OK id=1tAbCd-000XyZ-1a":     "1tAbCd-000XyZ-1a",
		"2.0.0 Ok":                   "",
		"":                           "",
	} {
		if got := queueID(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestRefusedReply: the reply that a refusal wraps can be reached.
func TestRefusedReply(t *testing.T) {
	err := sendError(PhaseRcpt, fmt.Errorf("rcpt: %w", &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "a\r\nb\x07"}))
	var reply *smtp.SMTPError
	if !errors.As(err, &reply) || reply.Code != 550 {
		t.Fatalf("no reply in %v", err)
	}
	if got := err.Error(); got != "smtp rcpt: 550 5.1.1 a b" {
		t.Errorf("text %q", got)
	}
	if slices.ContainsFunc([]byte(err.Error()), func(b byte) bool { return b < ' ' }) {
		t.Error("control characters of the server in an error")
	}
}
