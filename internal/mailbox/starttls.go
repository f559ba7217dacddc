package mailbox

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
)

const (
	clearLine  = 2048 // octets of one line before TLS
	clearLines = 100  // lines of one reply before TLS
)

var errNoSTARTTLS = errors.New("the server offers no STARTTLS")

// readLine reads one line without its end, one byte at a time: what follows STARTTLS must stay in the transport.
func readLine(r io.Reader) (string, error) {
	var line strings.Builder
	var b [1]byte
	for line.Len() < clearLine {
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return "", err
		}
		if b[0] == '\n' {
			return strings.TrimSuffix(line.String(), "\r"), nil
		}
		line.WriteByte(b[0])
	}
	return "", errTooMuch
}

// startTLSIMAP reads the greeting and asks for TLS (RFC 9051, section 6.2.1). A server that already takes the unprotected
// connection for an authenticated one is refused (RFC 9051, section 7.1.4).
func startTLSIMAP(w io.ReadWriter) error {
	greeting, err := readLine(w)
	if err != nil {
		return err
	}
	if word, _, _ := strings.Cut(strings.TrimPrefix(greeting, "* "), " "); !strings.EqualFold(word, "OK") {
		return fmt.Errorf("greeting before TLS: %q", humanText(greeting))
	}
	if _, err := io.WriteString(w, "A1 STARTTLS\r\n"); err != nil {
		return err
	}
	for range clearLines {
		line, err := readLine(w)
		if err != nil {
			return err
		}
		rest, tagged := strings.CutPrefix(line, "A1 ")
		if !tagged {
			continue
		}
		if word, _, _ := strings.Cut(rest, " "); strings.EqualFold(word, "OK") {
			return nil
		}
		return fmt.Errorf("%w: %q", errNoSTARTTLS, humanText(rest))
	}
	return errTooMuch
}

// startTLSSMTP reads the greeting, says hello and asks for TLS (RFC 3207).
func startTLSSMTP(w io.ReadWriter, hello string) error {
	if _, err := readReply(w, "220"); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "EHLO %s\r\n", hello); err != nil {
		return err
	}
	lines, err := readReply(w, "250")
	if err != nil {
		return err
	}
	offered := false
	for _, line := range lines[1:] {
		offered = offered || strings.EqualFold(strings.TrimSpace(line), "STARTTLS")
	}
	if !offered {
		return errNoSTARTTLS
	}
	if _, err := io.WriteString(w, "STARTTLS\r\n"); err != nil {
		return err
	}
	_, err = readReply(w, "220")
	return err
}

// readReply reads one SMTP reply (RFC 5321, section 4.2.1) and returns its lines without the code. Another code than want
// is a [replyError].
func readReply(r io.Reader, want string) ([]string, error) {
	var lines []string
	for len(lines) < clearLines {
		line, err := readLine(r)
		if err != nil {
			return nil, err
		}
		if len(line) < 3 || strings.Trim(line[:3], "0123456789") != "" || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
			return nil, fmt.Errorf("not an SMTP reply: %q", humanText(line))
		}
		lines = append(lines, line[min(4, len(line)):])
		if len(line) > 3 && line[3] == '-' {
			continue
		}
		if line[:3] != want {
			return nil, replyError(line[:3], strings.Join(lines, " "))
		}
		return lines, nil
	}
	return nil, errTooMuch
}

// prefixed is a connection that gives some bytes before its own: the greeting that a library waits for and that came
// before TLS.
type prefixed struct {
	net.Conn
	first string
}

// Read implements [net.Conn].
func (p *prefixed) Read(b []byte) (int, error) {
	if p.first == "" {
		return p.Conn.Read(b)
	}
	n := copy(b, p.first)
	p.first = p.first[n:]
	return n, nil
}

// humanText makes a server's words safe to log: one line, no control characters, at most 200 octets.
func humanText(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	s = strings.TrimSpace(s)
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}
