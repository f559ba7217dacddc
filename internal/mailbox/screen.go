package mailbox

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// maxLine bounds one line of an IMAP server, literals aside.
const maxLine = 256 << 10

var (
	errLongLine = fmt.Errorf("a line of more than %d octets", maxLine)
	errBadCaps  = errors.New("a parenthesis in the list of capabilities")
)

// screen stands between an IMAP server and the library and lets through only what the library can digest and this package
// uses. What it drops, a client must ignore anyway (RFC 9051, section 2.2.2), but the library closes the connection on it;
// and the one list that makes the library spin for ever without reading is an error here.
//
// It knows lines and literals only, and holds one line with one literal at a time: a literal is handed on when all of it is
// here, or not at all. For the library lets its caller read a literal while its own reader waits, and after a failure in
// the middle both would read on at once.
type screen struct {
	net.Conn
	in      *bufio.Reader
	fail    func(error) error
	notice  func(text string) // what the server says to a human: BYE, NO, BAD and alerts
	limit   int64             // octets of one literal
	greeted bool

	out    []byte       // what is being handed on
	long   []byte       // holds a line that does not fit the reader's buffer
	held   bytes.Buffer // holds a line and its literal
	inside bool         // the next line goes on after a literal
	drop   bool         // the response being read is not for the library
}

func newScreen(conn net.Conn, limit int64, fail func(error) error, notice func(string)) *screen {
	return &screen{Conn: conn, in: bufio.NewReaderSize(conn, 16<<10), limit: limit, fail: fail, notice: notice}
}

// Read implements [net.Conn].
func (s *screen) Read(p []byte) (int, error) {
	for {
		if len(s.out) > 0 {
			n := copy(p, s.out)
			s.out = s.out[n:]
			return n, nil
		}
		if err := s.next(); err != nil {
			return 0, err
		}
	}
}

// next reads one line and decides about it.
func (s *screen) next() error {
	line, err := s.readLine()
	if err != nil {
		return err
	}
	if !s.inside {
		r := parseResponse(line)
		if r.capsSpin() {
			return s.fail(errBadCaps)
		}
		if text := r.human(); text != "" {
			s.notice(text)
		}
		s.drop = s.greeted && !r.wanted()
		s.greeted = true
		if r.isText() {
			s.hand(line)
			return nil
		}
	}
	size, literal := literalAtEnd(line)
	s.inside = literal
	if !literal {
		s.hand(line)
		return nil
	}
	if s.drop {
		_, err := io.CopyN(io.Discard, s.in, size)
		return err
	}
	return s.hold(line, size)
}

// hand passes a line on unless its response is dropped.
func (s *screen) hand(line []byte) {
	if !s.drop {
		s.out = line
	}
}

// hold reads a literal to its end and passes it on with the line that announced it.
func (s *screen) hold(line []byte, size int64) error {
	if size > s.limit {
		return s.fail(fmt.Errorf("%w: %d octets", errOversize, size))
	}
	if s.held.Cap() > 1<<20 {
		s.held = bytes.Buffer{}
	}
	s.held.Reset()
	s.held.Write(line)
	if _, err := io.CopyN(&s.held, s.in, size); err != nil {
		return err
	}
	s.out = s.held.Bytes()
	return nil
}

// readLine returns the next line with its end. It is valid until the next call.
func (s *screen) readLine() ([]byte, error) {
	s.long = s.long[:0]
	for {
		part, err := s.in.ReadSlice('\n')
		if err == nil && len(s.long) == 0 {
			return part, nil
		}
		s.long = append(s.long, part...)
		if err == nil {
			return s.long, nil
		}
		if err != bufio.ErrBufferFull {
			return nil, err
		}
		if len(s.long) > maxLine {
			return nil, s.fail(errLongLine)
		}
	}
}

// literalAtEnd reports whether a line ends in a literal's announcement "{n}", and its size (RFC 9051, section 4.3).
func literalAtEnd(line []byte) (size int64, ok bool) {
	line = bytes.TrimRight(line, "\r\n")
	open := bytes.LastIndexByte(line, '{')
	if open < 0 || !bytes.HasSuffix(line, []byte("}")) {
		return 0, false
	}
	size, err := strconv.ParseInt(string(line[open+1:len(line)-1]), 10, 64)
	return size, err == nil && size >= 0
}

// response is the beginning of one response line.
type response struct {
	untagged bool
	kind     string // upper case: OK, FETCH, …; empty for "+" and for what has no word
	rest     []byte // after the kind
}

// parseResponse reads "* OK rest", "* 12 FETCH rest", "tag NO rest" or "+ rest".
func parseResponse(line []byte) response {
	tag, rest, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(" "))
	r := response{untagged: string(tag) == "*"}
	if string(tag) == "+" {
		r.rest = rest
		return r
	}
	word, rest := cutWord(rest)
	if r.untagged && len(word) > 0 && word[0] >= '0' && word[0] <= '9' {
		word, rest = cutWord(bytes.TrimLeft(rest, " "))
	}
	r.kind, r.rest = string(bytes.ToUpper(word)), rest
	return r
}

// cutWord splits off the leading atom.
func cutWord(b []byte) (word, rest []byte) {
	end := bytes.IndexAny(b, " ([{\"\\%*)]")
	if end < 0 {
		end = len(b)
	}
	return b[:end], b[end:]
}

// isText reports whether the rest is free text, in which a literal's announcement means nothing.
func (r response) isText() bool {
	switch r.kind {
	case "OK", "NO", "BAD", "BYE", "PREAUTH", "":
		return true
	}
	return !r.untagged
}

// wanted reports whether the library needs the response. Flags and other codes of OK do not concern this package.
func (r response) wanted() bool {
	if !r.untagged {
		return true
	}
	switch r.kind {
	case "BYE", "CAPABILITY", "EXISTS", "RECENT", "EXPUNGE", "FETCH", "SEARCH", "ESEARCH":
		return true
	case "OK":
		code, _ := r.code()
		return code == "UIDVALIDITY" || code == "UIDNEXT" || code == "CAPABILITY"
	}
	return false
}

// code returns the response code in brackets, upper case, and what it holds (RFC 9051, section 7.1).
func (r response) code() (name string, args []byte) {
	inside, open := bytes.CutPrefix(bytes.TrimLeft(r.rest, " "), []byte("["))
	if !open {
		return "", nil
	}
	inside, _, _ = bytes.Cut(inside, []byte("]"))
	word, args := cutWord(inside)
	return string(bytes.ToUpper(word)), args
}

// capsSpin reports a parenthesis within a list of capabilities, where the library would loop without reading on.
func (r response) capsSpin() bool {
	list := r.rest
	if r.kind != "CAPABILITY" {
		if !r.isText() {
			return false
		}
		name, args := r.code()
		if name != "CAPABILITY" {
			return false
		}
		list = args
	}
	return bytes.IndexByte(list, '(') >= 0
}

// human returns the text that an operator should see, or "".
func (r response) human() string {
	switch r.kind {
	case "BYE":
	case "NO", "BAD":
		if !r.untagged {
			return ""
		}
	default:
		if code, _ := r.code(); code != "ALERT" {
			return ""
		}
	}
	return humanText(r.kind + string(r.rest))
}
