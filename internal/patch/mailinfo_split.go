package patch

import (
	"bytes"
	"fmt"
	"strings"
)

// SplitMails cuts a file into mails as git am FILE does: it first decides whether the file is a mailbox at all, then splits
// it at "From " lines that carry a date, if it starts with one, and drops the carriage return before each line feed.
// A file without such a first line is one mail, whatever its body holds. The mails share no memory with file.
func SplitMails(file []byte) ([][]byte, *BadMail) {
	if len(file) > maxMail {
		return nil, &BadMail{Class: "too-large", Reason: "too-large", Detail: fmt.Sprintf("%d bytes", len(file))}
	}
	if !looksLikeMailbox(file) {
		return nil, badMail("format", "neither an mbox nor a mail: a line that is no header field stands before the first blank line")
	}
	mails := splitMailbox(file)
	if len(mails) == 0 {
		return nil, badMail("format", "the mail is empty")
	}
	return mails, nil
}

// splitMailbox is git mailsplit -b.
func splitMailbox(file []byte) [][]byte {
	rest := bytes.TrimLeft(file, spaces)
	if len(rest) == 0 {
		return nil
	}
	var mails [][]byte
	bare := !isSeparator(firstLine(rest))
	var mail []byte
	for n := 0; len(rest) > 0; n++ {
		line := firstLine(rest)
		rest = rest[len(line):]
		if n > 0 && !bare && isSeparator(line) {
			mails = append(mails, mail)
			mail = nil
		}
		if mail == nil && bare {
			mail = make([]byte, 0, len(rest)+len(line))
		}
		if k := len(line); k > 1 && line[k-1] == '\n' && line[k-2] == '\r' {
			mail = append(mail, line[:k-2]...)
			mail = append(mail, '\n')
			continue
		}
		mail = append(mail, line...)
	}
	return append(mails, mail)
}

// firstLine is the first line of b with its line feed, or all of b.
func firstLine(b []byte) []byte {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i+1]
	}
	return b
}

// looksLikeMailbox is the format detection of git am FILE. Blank lines before the first one do not count.
func looksLikeMailbox(file []byte) bool {
	rest := file
	first := ""
	for len(rest) > 0 && first == "" {
		line := firstLine(rest)
		first = strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r")
		if first != "" {
			break
		}
		rest = rest[len(line):]
	}
	if strings.HasPrefix(first, "From ") || strings.HasPrefix(first, "From: ") {
		return true
	}
	fields := false
	for len(rest) > 0 {
		line := firstLine(rest)
		rest = rest[len(line):]
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			continue
		}
		if fieldNameLength(line) < 1 {
			return false
		}
		fields = true
	}
	return fields
}

// fieldNameLength is the length of the header field name before the colon of line, or -1 when line starts no field.
func fieldNameLength(line []byte) int {
	for i, c := range line {
		if c == ':' {
			return i
		}
		if c < 33 || c > 126 {
			return -1
		}
	}
	return -1
}

// isSeparator tells whether line is the "From " line between two mails of an mbox: it ends in a time of day and a year
// after 1990.
func isSeparator(line []byte) bool {
	const shortest = 20
	if len(line) < shortest || !bytes.HasPrefix(line, []byte("From ")) {
		return false
	}
	body := line[len("From "):]
	colon := bytes.LastIndexByte(body[:max(0, len(line)-2-len("From "))], ':')
	if colon < 0 {
		return false
	}
	at := func(i int) byte {
		if i += colon + len("From "); i >= 0 && i < len(line) {
			return line[i]
		}
		return 0
	}
	for _, i := range []int{-4, -2, -1, 1, 2} {
		if c := at(i); c < '0' || c > '9' {
			return false
		}
	}
	year := 0
	digits := bytes.TrimLeft(body[min(len(body), colon+3):], spaces)
	for _, c := range digits {
		if c < '0' || c > '9' || year > 1<<20 {
			break
		}
		year = year*10 + int(c-'0')
	}
	return year > 90
}
