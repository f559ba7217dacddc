package repo

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// FormatPatch writes the commits of a range "A..B" or "A.." (up to HEAD), oldest first and merges left out, as mails like
// those of git format-patch: the same author, date, message and, once applied, the same tree. Lines end in LF; bodies are
// 8bit, or quoted-printable when a line has a carriage return or is longer than mail allows, as git send-email sends them.
// One person sends them all, the author of the newest commit, and the mail of another's commit begins with a From line in
// its body; they are one thread under the first.
func (r *Repo) FormatPatch(ctx context.Context, revRange string) ([][]byte, error) {
	from, to, ok := strings.Cut(revRange, "..")
	if !ok || strings.HasPrefix(to, ".") {
		return nil, fmt.Errorf("format patches of %q: not a range of the form A..B", revRange)
	}
	if from == "" {
		from = "HEAD"
	}
	if to == "" {
		to = "HEAD"
	}
	base, err := r.Resolve(from)
	if err != nil {
		return nil, fmt.Errorf("format patches: %w", err)
	}
	tip, err := r.Resolve(to)
	if err != nil {
		return nil, fmt.Errorf("format patches: %w", err)
	}
	commits := r.between(ctx, base, tip)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("format patches: %w", err)
	}
	commits = slices.DeleteFunc(commits, func(c *commit) bool { return len(c.parents) > 1 })
	slices.Reverse(commits)
	mails := make([][]byte, len(commits))
	for i, c := range commits {
		if mails[i], err = r.formatMail(c, commits, i+1); err != nil {
			return nil, fmt.Errorf("format patch of %s: %w", c.id, err)
		}
	}
	return mails, nil
}

// formatMail writes one commit of a series as a mail.
func (r *Repo) formatMail(c *commit, series []*commit, index int) ([]byte, error) {
	diff, err := r.commitDiff(c)
	if err != nil {
		return nil, err
	}
	sender, total := series[len(series)-1].author, len(series)
	title, text := splitMessage(c.message)
	prefix := "[PATCH] "
	if total > 1 {
		prefix = fmt.Sprintf("[PATCH %d/%d] ", index, total)
	}
	var body bytes.Buffer
	if c.author.name != sender.name || c.author.email != sender.email {
		fmt.Fprintf(&body, "From: %s <%s>\n\n", c.author.name, c.author.email)
	}
	if text != "" {
		body.WriteString(text + "\n")
	}
	body.WriteString("---\n\n")
	body.Write(diff)
	body.WriteString("-- \npatchbot\n")

	var out bytes.Buffer
	fmt.Fprintf(&out, "From: %s <%s>\n", encodePhrase(sender.name), sender.email)
	fmt.Fprintf(&out, "Date: %s\n", c.author.when.Format("Mon, 2 Jan 2006 15:04:05 -0700"))
	fmt.Fprintf(&out, "Subject: %s\n", encodeText(prefix+title))
	fmt.Fprintf(&out, "Message-ID: <%s.patch@localhost>\n", c.id)
	if index > 1 {
		fmt.Fprintf(&out, "In-Reply-To: <%s.patch@localhost>\n", series[0].id)
	}
	encoding, encoded := transferEncode(body.Bytes())
	fmt.Fprintf(&out, "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: %s\n\n", encoding)
	out.Write(encoded)
	return out.Bytes(), nil
}

// AsSent is a mail of git format-patch as git send-email sends it: quoted-printable when a line has a carriage return, which
// would be lost on the way, or is longer than mail allows. Other mails stay as they are, those with a transfer encoding or
// several parts among them.
func AsSent(mail []byte) []byte {
	header, body, ok := bytes.Cut(mail, []byte("\n\n"))
	if !ok || bytes.Contains(header, []byte("\r\n")) {
		return mail
	}
	encoding, encoded := transferEncode(body)
	if encoding != "quoted-printable" {
		return mail
	}
	mime := "\nMIME-Version: 1.0"
	var kept [][]byte
	for line := range bytes.SplitSeq(header, []byte("\n")) {
		switch name, value, _ := strings.Cut(strings.ToLower(string(line)), ":"); name {
		case "content-transfer-encoding":
			if v := strings.TrimSpace(value); v != "8bit" && v != "7bit" {
				return mail
			}
			continue
		case "content-type":
			if strings.Contains(value, "multipart/") {
				return mail
			}
		case "mime-version":
			mime = ""
		}
		kept = append(kept, line)
	}
	return slices.Concat(bytes.Join(kept, []byte("\n")), []byte(mime+"\nContent-Transfer-Encoding: quoted-printable\n\n"), encoded)
}

// splitMessage parts a commit message into its title, the first paragraph on one line, and the rest.
func splitMessage(message string) (title, text string) {
	message = strings.TrimLeft(message, "\n")
	title, text, _ = strings.Cut(message, "\n\n")
	title = strings.Join(strings.Fields(strings.ReplaceAll(title, "\n", " ")), " ")
	return title, strings.TrimRight(strings.TrimLeft(text, "\n"), "\n")
}

// encodePhrase writes a display name: as it is, quoted, or as encoded words.
func encodePhrase(name string) string {
	if !isASCII(name) {
		return encodeText(name)
	}
	if strings.ContainsAny(name, `()<>[]:;@\,."`) {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
	}
	return name
}

// encodeText writes a header value in ASCII, as encoded words (RFC 2047) of at most 75 characters when it has to.
func encodeText(s string) string {
	if isASCII(s) && !strings.Contains(s, "=?") {
		return s
	}
	const most = 45 // bytes that fit one word
	var words []string
	for len(s) > 0 {
		n := min(len(s), most)
		for n < len(s) && n > 1 && !utf8.RuneStart(s[n]) {
			n--
		}
		words = append(words, "=?UTF-8?B?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(words, "\n ")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// longestLine is how many bytes a line of a mail may have without its end (RFC 5322, section 2.1.1).
const longestLine = 998

// transferEncode leaves a body as it is where mail can carry it, else it makes it quoted-printable.
func transferEncode(body []byte) (encoding string, encoded []byte) {
	plain := bytes.IndexByte(body, '\r') < 0
	for line := range bytes.SplitSeq(body, []byte("\n")) {
		plain = plain && len(line) <= longestLine
	}
	if plain {
		return "8bit", body
	}
	return "quoted-printable", quotePrintable(body)
}

// quotePrintable encodes text whose lines end in LF; carriage returns are content (RFC 2045, section 6.7).
func quotePrintable(text []byte) []byte {
	const most = 75
	var out []byte
	for line := range bytes.SplitAfterSeq(text, []byte("\n")) {
		column := 0
		for i, c := range line {
			piece := string(c)
			last := i+1 == len(line) || line[i+1] == '\n'
			switch {
			case c == '\n':
				out = append(out, '\n')
				continue
			case c == '=' || c > '~' || c < ' ' && c != '\t' || last && (c == ' ' || c == '\t') || i == 0 && (c == '.' || c == 'F'):
				piece = fmt.Sprintf("=%02X", c)
			}
			if column+len(piece) > most {
				out = append(out, "=\n"...)
				column = 0
			}
			out = append(out, piece...)
			column += len(piece)
		}
	}
	return out
}

// commitDiff is what c changed against its first parent, in git's diff format with full object ids.
func (r *Repo) commitDiff(c *commit) ([]byte, error) {
	old := emptyTree
	if len(c.parents) > 0 {
		parent, err := r.commit(c.parents[0])
		if err != nil {
			return nil, err
		}
		old = parent.tree
	}
	if c.tree.IsZero() {
		return nil, errors.New("a commit without a tree")
	}
	return formatDiff(r, old, c.tree)
}
