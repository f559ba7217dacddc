package mailbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
)

// readerConn is a connection of which only reading matters.
type readerConn struct {
	net.Conn
	io.Reader
}

func (c readerConn) Read(p []byte) (int, error) { return c.Reader.Read(p) }
func (c readerConn) Close() error               { return nil }

// screened returns what the library would see of a server's bytes, what an operator would, and how it ends.
func screened(r io.Reader, limit int64) (passed string, said []string, err error) {
	conn := readerConn{Reader: r}
	var failed error
	s := newScreen(conn, limit, func(err error) error {
		if failed == nil {
			failed = err
		}
		return failed
	}, func(text string) { said = append(said, text) })
	data, err := io.ReadAll(s)
	return string(data), said, err
}

func TestScreen(t *testing.T) {
	hi := "* OK hi\r\n"
	for _, c := range []struct {
		name, in, want string
		said           string
		err            error
	}{
		{name: "the greeting always passes", in: "* PREAUTH hi\r\n", want: "* PREAUTH hi\r\n"},
		{name: "tagged", in: hi + "T1 OK [READ-ONLY] {5}\r\nT2 NO no\r\n", want: hi + "T1 OK [READ-ONLY] {5}\r\nT2 NO no\r\n"},
		{name: "continuation", in: hi + "+ {5}\r\n+\r\n", want: hi + "+ {5}\r\n+\r\n"},
		{name: "news", in: hi + "* 3 EXISTS\r\n* 1 expunge\r\n", want: hi + "* 3 EXISTS\r\n* 1 expunge\r\n"},
		{name: "bare LF", in: "* OK hi\n* 3 EXISTS\n", want: "* OK hi\n* 3 EXISTS\n"},
		{name: "literal", in: hi + "* 1 FETCH (BODY[] {7}\r\n* BYE\r\n UID 3)\r\n", want: hi + "* 1 FETCH (BODY[] {7}\r\n* BYE\r\n UID 3)\r\n"},
		{name: "two literals", in: hi + "* 1 FETCH (A {1}\r\nx B {2}\r\nyz)\r\n* 2 X\r\n", want: hi + "* 1 FETCH (A {1}\r\nx B {2}\r\nyz)\r\n"},
		{name: "empty literal", in: hi + "* 1 FETCH (BODY[] {0}\r\n)\r\n", want: hi + "* 1 FETCH (BODY[] {0}\r\n)\r\n"},
		{name: "unknown dropped", in: hi + "* VANISHED 1\r\n* 1 FOO\r\n* \r\n*\r\n* (\r\n", want: hi},
		{name: "unknown with literal dropped", in: hi + "* LIST () \"/\" {9}\r\n* 3 EXIST\r\n* 3 EXISTS\r\n", want: hi + "* 3 EXISTS\r\n"},
		{name: "flags dropped", in: hi + "* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS (%)] x\r\n* OK [UNSEEN 3] x\r\n", want: hi},
		{name: "needed codes pass", in: hi + "* OK [uidvalidity 3] x\r\n* OK [UIDNEXT 4] y\r\n", want: hi + "* OK [uidvalidity 3] x\r\n* OK [UIDNEXT 4] y\r\n"},
		{name: "said", in: hi + "* NO disk\x07 full\r\n* OK [ALERT] tea\r\n* BYE so long\r\nT1 NO no\r\n", want: hi + "* BYE so long\r\nT1 NO no\r\n", said: "NO disk  full|OK [ALERT] tea|BYE so long"},
		{name: "capabilities", in: "* OK [CAPABILITY IMAP4rev1 X=Y] hi (there)\r\n* CAPABILITY IMAP4rev1\r\n", want: "* OK [CAPABILITY IMAP4rev1 X=Y] hi (there)\r\n* CAPABILITY IMAP4rev1\r\n"},
		{name: "parenthesis in capabilities", in: hi + "* CAPABILITY IMAP4rev1 (\r\n", want: hi, err: errBadCaps},
		{name: "parenthesis at once", in: hi + "* capability(\r\n", want: hi, err: errBadCaps},
		{name: "parenthesis in the code", in: hi + "T1 OK [CAPABILITY A(B] x\r\n", want: hi, err: errBadCaps},
		{name: "parenthesis in an open code", in: hi + "T1 OK [CAPABILITY (\r\n", want: hi, err: errBadCaps},
		{name: "large literal", in: hi + "* 1 FETCH (BODY[] {101}\r\nx", want: hi, err: errOversize},
		{name: "huge number", in: hi + "* 1 FETCH (BODY[] {99999999999999999999}\r\n", want: hi + "* 1 FETCH (BODY[] {99999999999999999999}\r\n"},
		{name: "cut literal", in: hi + "* 1 FETCH (BODY[] {10}\r\nabc", want: hi},
		{name: "cut line", in: hi + "* 1 FETCH", want: hi},
		{name: "long line", in: hi + "* SEARCH" + strings.Repeat(" 1234567", 3000) + "\r\n", want: hi + "* SEARCH" + strings.Repeat(" 1234567", 3000) + "\r\n"},
		{name: "endless line", in: hi + "* SEARCH" + strings.Repeat(" 1234567", 40000) + "\r\n", want: hi, err: errLongLine},
	} {
		for way, r := range map[string]io.Reader{"at once": strings.NewReader(c.in), "by bytes": iotest.OneByteReader(strings.NewReader(c.in))} {
			got, said, err := screened(r, 100)
			if got != c.want || strings.Join(said, "|") != c.said || !errors.Is(err, c.err) {
				t.Errorf("%s, %s:\npassed %.300q\nwant   %.300q\nsaid %q, want %q\nerror %v, want %v", c.name, way, got, c.want, said, c.said, err, c.err)
			}
		}
	}
}

// FuzzScreen: whatever a server sends, it passes in the same way however it is cut, nothing grows, and the library that
// reads it comes to an end.
func FuzzScreen(f *testing.F) {
	f.Add([]byte("* OK [CAPABILITY IMAP4rev1 (] hi\r\n"))
	f.Add([]byte("* OK hi\r\n* 1 FETCH (UID 3 BODY[] {5}\r\nhello)\r\n* CAPABILITY A\r\nT1 OK done\r\n"))
	f.Add([]byte("* OK hi\r\n* LIST () \"/\" {5}\r\nhello\r\n* ESEARCH (TAG \"T1\") UID ALL 1:4000000\r\n* SEARCH (MODSEQ 3)\r\n+ go\r\n"))
	f.Add([]byte("* OK hi\r\n* OK [UIDVALIDITY 3] x\r\n* BYE so long\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		whole, said, err := screened(bytes.NewReader(in), 100)
		cut, saidCut, errCut := screened(iotest.OneByteReader(bytes.NewReader(in)), 100)
		if whole != cut || fmt.Sprint(said) != fmt.Sprint(saidCut) || fmt.Sprint(err) != fmt.Sprint(errCut) {
			t.Fatalf("%q and %q, %v and %v", whole, cut, err, errCut)
		}
		if len(whole) > len(in) {
			t.Fatalf("%d octets became %d", len(in), len(whole))
		}
		for _, text := range said {
			if strings.ContainsAny(text, "\r\n\x00") {
				t.Fatalf("not fit for a log: %q", text)
			}
		}
		// The library's reader must end; it would spin on some of these without the screen.
		client := imapclient.New(newScreen(&pipeEnd{readerConn{Reader: bytes.NewReader(in)}}, 100, func(err error) error { return err }, func(string) {}), nil)
		select {
		case <-client.Closed():
		case <-time.After(10 * time.Second):
			t.Fatal("the library's reader does not end")
		}
	})
}

// pipeEnd takes what the library writes.
type pipeEnd struct{ readerConn }

func (p *pipeEnd) Write(b []byte) (int, error) { return len(b), nil }
