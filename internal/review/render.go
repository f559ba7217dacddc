package review

import (
	"bytes"
	"fmt"
	"strings"
	"text/template"
	"time"

	"patchbot/internal/email"
)

// ListKind is the software of a list, as far as replies must respect it.
type ListKind string

const (
	ListPlain     ListKind = "plain"
	ListSourceHut ListKind = "sourcehut"
)

// RenderOptions says for whom a report is put into words. Every address may be empty: what depends on it is then left out.
type RenderOptions struct {
	Lang        Lang
	List        ListKind
	ListAddress string // where contributors send patches
	Archive     string // URL of the list's archive
	Mbox        string // URL of this version of the series as a mailbox for git am
	GitURL      string // repository that the bot publishes to, with FetchRef
	FetchRef    string // what to fetch from GitURL
	WebURL      string // root of the bot's web pages
	Branch      string // name of the base branch; default: the report's
	Retry       bool   // links that could not be checked are tried again later
	Listen      bool   // the bot obeys "patchbot: recheck" in replies
	Unsigned    bool   // no signature below the text, as on a terminal
}

// Text is a report in words.
type Text struct {
	Subject string // of the reply
	Body    string // UTF-8, LF line ends, prose folded at 72 columns
}

// maxLines is the length of a mail that people still read.
const maxLines = 300

// Render puts a report into words. The text never holds an unquoted line that could be taken for a part of a patch, and has
// fewer than 300 lines, whatever the report: findings that do not fit are counted.
func (t *Translator) Render(r *Report, o RenderOptions) (*Text, error) {
	v, err := t.voice(o.Lang)
	if err != nil {
		return nil, err
	}
	for limit := maxFindings; ; limit /= 2 {
		body, err := v.body(r, o, limit)
		if err != nil {
			return nil, fmt.Errorf("render %s: %w", r.Series.VersionID(), err)
		}
		if limit == 0 || strings.Count(body, "\n") < maxLines {
			return &Text{Subject: email.ReplySubject(clean(r.Series.RootSubject)), Body: body}, nil
		}
	}
}

func (v *voice) body(r *Report, o RenderOptions, limit int) (string, error) {
	w, err := v.view(r, o, limit)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	if err := v.skeleton.Execute(&out, w); err != nil {
		return "", fmt.Errorf("fill template: %w", err)
	}
	return finish(out.String()), nil
}

// finish makes a mail of a filled skeleton: single blank lines, folded prose, nothing that looks like a patch.
func finish(text string) string {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if line != "-- " && !strings.HasPrefix(line, ">") {
			line = strings.TrimRight(line, " \t")
		}
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, line)
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return disarm(unglue(fold(strings.Join(lines, "\n"), proseWidth))) + "\n"
}

// funcs are what a skeleton may call besides reading its view.
func (v *voice) funcs() template.FuncMap {
	return template.FuncMap{
		// t is a string of the language by its id; n is one with a number, in the right plural form.
		"t": func(id string) (string, error) { return v.say(id, nil) },
		"n": v.count,
		// whole keeps text on one line.
		"whole": keepTogether,
		// quote sets text in the quotation marks of the language.
		"quote": func(s string) (string, error) { return v.say("quote", map[string]any{"Text": s}) },
	}
}

// sampleDate is a fixed day for sample reports.
func sampleDate() time.Time { return time.Date(2022, time.March, 2, 10, 0, 0, 0, time.UTC) }
