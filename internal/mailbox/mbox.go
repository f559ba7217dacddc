package mailbox

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"time"
)

// Archived is one message of an archive on disk.
type Archived struct {
	// Raw is the message, line ends as they were found. The receiver owns it.
	Raw []byte
	// TooLarge: the message exceeds the limit; Raw is its header, up to 256 kB or the limit.
	TooLarge bool
	// Arrived is when the message came, as the archive says; zero when it does not.
	Arrived time.Time
	// Name is the message's place: "3" for the third of an mbox, "cur/…" in a maildir.
	Name string
}

// ReadMbox reads an mbox (RFC 4155) or a single mail from r. maxBytes bounds one message; 0 means 5 MB.
//
// A file whose first line that is not blank begins with "From " is an mbox. A new message begins at each line that begins
// so and ends in a time of day and a year, whether or not a blank line precedes it: that is where git-am splits too. A file
// that begins in any other way is one mail, whatever its lines look like.
//
// Quoting is undone as mboxrd defines it: a line of the body that consists of ">" signs before "From " loses one. An mboxo
// file gets its lines back in the same way. One line stays quoted, since git knows it in that form: the "From " line of a
// patch file pasted into a body. Nothing else is changed; the blank line that ends each message of an mbox is not part of
// the message.
//
// A reading error is yielded once, after the complete messages before it.
func ReadMbox(r io.Reader, maxBytes int64) iter.Seq2[Archived, error] {
	return func(yield func(Archived, error) bool) {
		m := mboxReader{r: bufio.NewReaderSize(r, 64<<10), max: cmp.Or(maxBytes, defaultMaxBytes), yield: yield}
		m.run()
	}
}

const defaultMaxBytes = 5 << 20

// pastedFrom is the first line of a patch file (git-format-patch).
var pastedFrom = regexp.MustCompile(`^From [0-9a-f]{40}(?:[0-9a-f]{24})? Mon Sep 17 00:00:00 2001\r?\n?$`)

// separator is a "From " line as git-mailsplit knows it: a time of day, and after it nothing but a zone, if any, and a year.
// git also takes other years and words behind the year; such lines are prose more often than separators.
var separator = regexp.MustCompile(`^From .*[0-9]:[0-9]{2}(?::[0-9]{2})?(?: +(?:[+-][0-9]{4}|[A-Z]{3,4}))? +(?:19|20)[0-9]{2}(?: +[+-][0-9]{4})?[ \t]*\r?\n?$`)

type mboxReader struct {
	r     *bufio.Reader
	max   int64
	yield func(Archived, error) bool

	mbox    bool // the file has "From " lines
	count   int
	arrived time.Time
	body    bool // the header of the message has ended
	size    int64
	raw     bytes.Buffer
	started bool
}

func (m *mboxReader) run() {
	fresh := true // at the beginning of a line
	for {
		part, err := m.r.ReadSlice('\n')
		if len(part) > 0 {
			if fresh && !m.startsMessage(part) {
				return
			}
			if !fresh {
				m.add(part)
			}
			fresh = part[len(part)-1] == '\n'
		}
		switch {
		case err == nil || errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			m.flush()
			return
		default:
			m.yield(Archived{}, fmt.Errorf("reading message %d: %w", m.count, err))
			return
		}
	}
}

// startsMessage takes the beginning of a line. It returns false when the receiver wants no more.
func (m *mboxReader) startsMessage(line []byte) (more bool) {
	if !m.started {
		if len(bytes.TrimSpace(line)) == 0 {
			return true
		}
		m.started = true
		m.count = 1
		if bytes.HasPrefix(line, []byte("From ")) {
			m.mbox, m.arrived = true, fromDate(line)
			return true
		}
	} else if m.mbox && bytes.HasPrefix(line, []byte("From ")) && separator.Match(line) {
		if !m.flush() {
			return false
		}
		m.count++
		m.arrived = fromDate(line)
		return true
	}
	if len(bytes.TrimRight(line, "\r\n")) == 0 {
		m.body = true
	}
	if m.mbox && m.body {
		line = unquote(line)
	}
	m.add(line)
	return true
}

// unquote takes one ">" from a line "From " that an mboxrd writer quoted.
func unquote(line []byte) []byte {
	rest := bytes.TrimLeft(line, ">")
	if len(rest) == len(line) || !bytes.HasPrefix(rest, []byte("From ")) {
		return line
	}
	if len(line)-len(rest) == 1 && pastedFrom.Match(rest) {
		return line
	}
	return line[1:]
}

// add keeps bytes of the current message: all of it, or the header of one that turned out too large.
func (m *mboxReader) add(part []byte) {
	m.size += int64(len(part))
	if room := m.max - int64(m.raw.Len()); int64(len(part)) > room {
		part = part[:room]
	}
	m.raw.Write(part)
}

// flush yields the message that was read.
func (m *mboxReader) flush() bool {
	if m.count == 0 {
		return true
	}
	a := Archived{Raw: bytes.Clone(m.raw.Bytes()), Arrived: m.arrived, Name: fmt.Sprint(m.count)}
	if m.size > m.max {
		a.Raw, a.TooLarge = headerOf(a.Raw), true
	} else if m.mbox {
		a.Raw = cutBlankLine(a.Raw)
	}
	m.raw.Reset()
	m.size, m.body = 0, false
	return m.yield(a, nil)
}

// headerOf returns the header block with its blank line, at most headerBytes of it.
func headerOf(raw []byte) []byte {
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(raw, []byte(end)); i >= 0 {
			raw = raw[:i+len(end)]
		}
	}
	return raw[:min(len(raw), headerBytes)]
}

// cutBlankLine removes the line that an mbox writer puts after each message.
func cutBlankLine(raw []byte) []byte {
	for _, end := range []string{"\r\n", "\n"} {
		if rest, ok := bytes.CutSuffix(raw, []byte(end)); ok && bytes.HasSuffix(rest, []byte("\n")) {
			return rest
		}
	}
	return raw
}

// fromDate reads the date of a "From " line: that of ctime(3), with or without a zone; zero when there is none, or the
// fixed one by which git marks its patch files.
func fromDate(line []byte) time.Time {
	if pastedFrom.Match(line) {
		return time.Time{}
	}
	fields := bytes.Fields(line)
	for i := 1; i < len(fields); i++ {
		date := string(bytes.Join(fields[i:], []byte(" ")))
		for _, layout := range []string{time.ANSIC, "Mon Jan _2 15:04:05 2006 -0700", "Mon Jan _2 15:04:05 -0700 2006", time.UnixDate, "Mon Jan _2 15:04 2006"} {
			if t, err := time.Parse(layout, date); err == nil {
				return t
			}
		}
	}
	return time.Time{}
}
