package patch

import (
	"bytes"
	"strings"
	"time"
)

// Commit is what `git am` takes from one raw mail: git mailsplit, then git mailinfo -u without configuration.
type Commit struct {
	AuthorName  string    // as recorded: without the characters git strips from names
	AuthorEmail string    // as recorded
	Date        string    // as the mail has it: what git am would parse; empty when missing
	When        time.Time // parsed; zero when Date is empty
	Subject     string    // first line of the message, marks removed
	Message     string    // whole commit message as recorded, ending in a newline; empty only for an empty message
	Diff        []byte    // the patch bytes from the first "diff " or "---" line on, as given to git apply
}

// BadMail says why git am would not take a mail at all.
type BadMail struct {
	Class  string // "bad-mail", "empty" or "too-large": values of the apply status in the command line's JSON
	Reason string // stable word: "no-author", "bad-date", "charset", "nul", "no-diff", …
	Detail string // English, for the operator

	Charset string // with "charset": the one that the mail names and that does not fit it, as the mail writes it; may be empty
}

// Error describes the defect for the operator.
func (b *BadMail) Error() string { return b.Class + ": " + b.Reason + ": " + b.Detail }

func badMail(reason, detail string) *BadMail {
	return &BadMail{Class: "bad-mail", Reason: reason, Detail: detail}
}

// maxMail is how large a mail may be: well above what mail systems carry, below what would trouble a small server.
const maxMail = 64 << 20

// ReadCommit reads one raw mail, line ends LF or CR LF, as `git am FILE` does. The reading is git's, not a person's:
// multiparts are concatenated, the charset converts the message and never the patch, format=flowed joins lines. A mail that
// git would split into several is refused with the reason "several-mails"; see [ReadCommits].
//
// With a refusal there is no commit, but for what git refuses only once the patch has applied (no author, an unreadable
// date, a NUL byte in the message): then both are returned, and a caller that applies the commit can tell which comes first.
func ReadCommit(raw []byte) (*Commit, *BadMail) {
	mails, bad := SplitMails(raw)
	if bad != nil {
		return nil, bad
	}
	if len(mails) > 1 {
		return nil, badMail("several-mails", `a line that starts with "From " and holds a date splits the mail`)
	}
	return readMail(mails[0])
}

// Reading is one mail of a file, read, as [ReadCommit] returns it.
type Reading struct {
	Commit *Commit
	Bad    *BadMail
}

// ReadCommits reads a file of one or several mails, as `git am FILE` does.
func ReadCommits(file []byte) []Reading {
	mails, bad := SplitMails(file)
	if bad != nil {
		return []Reading{{Bad: bad}}
	}
	out := make([]Reading, len(mails))
	for i, mail := range mails {
		out[i].Commit, out[i].Bad = readMail(mail)
	}
	return out
}

// readMail reads one mail with LF line ends. The order of the refusals is git's: what mailinfo cannot decode, then a
// missing patch, and last what git commit refuses.
func readMail(mail []byte) (*Commit, *BadMail) {
	r := mailReader{rest: mail}
	r.read()
	if r.bad != nil {
		return nil, r.bad
	}
	info := r.info()
	c := &Commit{AuthorName: cleanIdent(info.name), AuthorEmail: cleanIdent(info.addr), Date: info.date, Diff: r.diff}
	if len(r.diff) == 0 {
		return nil, &BadMail{Class: "empty", Reason: "no-diff", Detail: "the mail holds no patch"}
	}
	message := stripSpace(append(append(append([]byte(nil), info.subject...), "\n\n"...), r.message...))
	c.Message = string(repairUTF8(message))
	c.AuthorName, c.AuthorEmail = string(repairUTF8([]byte(c.AuthorName))), string(repairUTF8([]byte(c.AuthorEmail)))
	c.Subject, _, _ = strings.Cut(c.Message, "\n")
	dated := true
	if c.Date != "" {
		c.When, dated = parseDate(c.Date)
	}
	switch {
	case info.name == "":
		return c, badMail("no-author", "the mail names no author")
	case c.AuthorName == "":
		return c, badMail("no-author", "the author's name has no letter")
	case !dated:
		return c, badMail("bad-date", "cannot read the date "+c.Date)
	case strings.IndexByte(c.Message, 0) >= 0:
		return c, badMail("nul", "the commit message holds a NUL byte")
	}
	return c, nil
}

// cleanIdent is a name or address as git records it: no control characters, quotation marks and punctuation around it, no
// angle brackets and line feeds inside.
func cleanIdent(s string) string {
	crud := func(c byte) bool { return c <= ' ' || strings.IndexByte(`.,:;<>"\'`, c) >= 0 }
	for s != "" && crud(s[0]) {
		s = s[1:]
	}
	for s != "" && crud(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return strings.NewReplacer("<", "", ">", "", "\n", "").Replace(s)
}

// stripSpace removes blanks at line ends, blank lines at both ends and all but one of several blank lines in a row, and
// ends the last line with a line feed.
func stripSpace(text []byte) []byte {
	out := make([]byte, 0, len(text)+1)
	blank := false
	for len(text) > 0 {
		line := firstLine(text)
		text = text[len(line):]
		line = bytes.TrimRight(line, spaces)
		if len(line) == 0 {
			blank = len(out) > 0
			continue
		}
		if blank {
			out = append(out, '\n')
			blank = false
		}
		out = append(append(out, line...), '\n')
	}
	return out
}
