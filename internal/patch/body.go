package patch

import (
	"fmt"
	"strings"

	"patchbot/internal/email"
)

// content is what the bodies of one mail hold.
type content struct {
	diff    string  // all diffs, one after another
	outline outline // of diff
	prose   string  // everything else in them
	message string  // the commit message or cover text: before the first "---" line, without any mail header
	damage  Damage  // what a mailer did; empty when the diff is whole or merely edited
	detail  string
}

// readContent finds the diffs in the bodies of a mail, inline or attached. HTML is never read.
func readContent(m *email.Message) content {
	var c content
	var prose []string
	for _, b := range m.Bodies {
		if !mayHoldPatch(b) {
			continue
		}
		text, mended := b.Text, true
		if b.Flowed {
			text, mended = unflow(text, b.DelSp)
		}
		o := outlineOf(text)
		if c.damage == "" {
			c.damage, c.detail = harm(b, text, o, mended)
		}
		diff, o, rest := o.cut(text)
		c.diff = c.outline.join(c.diff, diff, o)
		if c.message == "" {
			c.message = messageOf(rest)
		}
		prose = append(prose, rest)
	}
	c.prose = strings.Join(prose, "\n")
	if c.diff == "" && c.damage == "" {
		c.damage, c.detail = lost(m)
	}
	return c
}

// mayHoldPatch takes plain text, and whatever calls itself a patch by type or by file name.
func mayHoldPatch(b email.Body) bool {
	name := strings.ToLower(b.FileName)
	return b.Type == "text/plain" || strings.HasSuffix(b.Type, "-patch") || strings.HasSuffix(b.Type, "-diff") ||
		strings.HasSuffix(name, ".patch") || strings.HasSuffix(name, ".diff")
}

// harm says what a mailer did to the diff of one body. mended is whether what format=flowed did could be undone.
func harm(b email.Body, text string, o outline, mended bool) (Damage, string) {
	switch {
	case strings.Contains(text, "-----BEGIN PGP SIGNED MESSAGE-----") && strings.Contains(text, "\n- --- "):
		return DamageSigned, "the diff is dash-escaped by an inline signature"
	case o.damage != "" && b.Flowed:
		return DamageFlowed, fmt.Sprintf("%s broke a line of the diff: line %d of the text", flowedName(b), o.line)
	case len(o.files) > 0 && o.whole() && !mended:
		return DamageFlowed, flowedName(b) + " broke the last line of a hunk or a file name"
	case o.damage != "":
		return o.damage, fmt.Sprintf("no line of a diff: line %d of the text", o.line)
	case len(o.files) > 0:
		return "", ""
	case strings.Contains(text, "\n> diff --git ") || strings.HasPrefix(text, "> diff --git ") || strings.Contains(text, "\n>diff --git "):
		return DamageQuoted, "the diff stands behind \"> \""
	}
	return "", ""
}

// flowedName is how the mail's type says it.
func flowedName(b email.Body) string {
	if b.DelSp {
		return "format=flowed; delsp=yes"
	}
	return "format=flowed"
}

// lost says why a mail has no diff at all.
func lost(m *email.Message) (Damage, string) {
	switch m.Defect {
	case email.DefectHTMLOnly:
		return DamageHTML, "HTML without plain text"
	case email.DefectEncoding:
		return DamageEncoding, m.Detail
	}
	for _, b := range m.Bodies {
		if b.Flowed && strings.Contains(b.Text, "diff --git") {
			return DamageFlowed, flowedName(b) + " joined the lines of the diff"
		}
	}
	mixed := strings.HasPrefix(strings.ToLower(m.Header.Get("Content-Type")), "multipart/mixed")
	if m.Others > 0 && (mixed || len(m.Bodies) == 0) {
		return DamageAttachment, "an attachment cannot be read as text"
	}
	return DamageLost, "no diff in the mail"
}

// messageOf cuts the text of a commit or cover letter out of a body without its diffs: from after the header that an
// attached patch brings, to the line "---" or the signature.
func messageOf(text string) string {
	if strings.HasPrefix(text, "From ") || strings.HasPrefix(text, "From: ") || strings.HasPrefix(text, "Subject: ") {
		if _, rest, ok := strings.Cut(text, "\n\n"); ok {
			text = rest
		}
	}
	end := 0
	for line := range strings.Lines(text) {
		if bare := strings.TrimRight(line, "\r\n"); bare == "---" || bare == "-- " {
			break
		}
		end += len(line)
	}
	return text[:end]
}
