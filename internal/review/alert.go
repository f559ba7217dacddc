package review

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// AlertKind is what an alert is about.
type AlertKind string

// The kinds of alerts.
const (
	AlertUnread  AlertKind = "unread"  // patches came and nobody reviewed them
	AlertMailbox AlertKind = "mailbox" // the mailbox is out of reach
	AlertHeld    AlertKind = "held"    // mails of the bot wait for a person, or were given up
)

// Alert is an incident that the operator is told of.
type Alert struct {
	Kind   AlertKind
	N      int       // mails concerned; not told of a mailbox
	Since  time.Time // when it began
	Items  []string  // the oldest of what is concerned, or the trouble itself, one line each
	Remind time.Duration
}

// Alert writes the mail that tells the operator of an incident: its subject in one line, and the body.
func (t *Translator) Alert(lang Lang, a Alert) (subject, body string, err error) {
	v, err := t.voice(lang)
	if err != nil {
		return "", "", err
	}
	what, err := v.count("alert."+string(a.Kind), a.N)
	if err != nil {
		return "", "", err
	}
	body, err = t.note(lang, func(b *builder) []string {
		text := []string{b.say("alert.since", map[string]any{"What": upperFirst(what), "Since": keepTogether(a.Since.UTC().Format("2006-01-02 15:04 UTC"))})}
		var lines []string
		for _, i := range a.Items {
			lines = append(lines, "  "+keepTogether(cut(clean(i), 200)))
		}
		if left := a.N - len(a.Items); left > 0 && len(lines) > 0 {
			lines = append(lines, "  "+b.say("alert.more", map[string]any{"N": strconv.Itoa(left)}))
		}
		if len(lines) > 0 {
			text = append(text, strings.Join(lines, "\n"))
		}
		return append(text, b.say("alert.repair."+string(a.Kind), nil), b.say("alert.again", map[string]any{"Hours": hours(a.Remind)}))
	})
	return "patchbot: " + unglue(what), body, err
}

// hours is a duration in hours, as people write it.
func hours(d time.Duration) string {
	return strconv.FormatFloat(d.Hours(), 'f', -1, 64) + " h"
}

// upperFirst makes the start of a sentence of words that also stand elsewhere.
func upperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
