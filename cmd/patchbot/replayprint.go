package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"patchbot/internal/email"
	"patchbot/internal/review"
	"patchbot/internal/store"
)

// replayOutcome is what the bot did with an archive.
type replayOutcome struct {
	mails   []heardRow
	sent    []replayed
	held    []store.Outbox
	reports []*review.Report // the last one of each version, by arrival
	live    []*review.Report // those of versions that no later one replaced
}

// writeJSON writes an object whose series are those of `patchbot check`.
func (o *replayOutcome) writeJSON(w io.Writer, words *review.Translator, lang review.Lang) error {
	series := make([]json.RawMessage, 0, len(o.reports))
	for _, r := range o.reports {
		one, err := words.ReportJSON(r, lang)
		if err != nil {
			return err
		}
		series = append(series, one)
	}
	out := struct {
		Series  []json.RawMessage `json:"series"`
		Ignored []replayIgnored   `json:"ignored"`
		Replies []replayReply     `json:"replies"`
	}{series, []replayIgnored{}, []replayReply{}}
	for _, m := range o.mails {
		if reason := m.reason(); reason != "" {
			out.Ignored = append(out.Ignored, replayIgnored{"<" + m.id + ">", m.subject, string(reason)})
		}
	}
	for _, s := range o.sent {
		m := email.Parse(s.raw, email.DefaultLimits())
		out.Replies = append(out.Replies, replayReply{At: s.at.UTC(), MessageID: "<" + m.ID + ">", InReplyTo: bracketed(m.InReplyTo),
			To: s.to, Subject: m.Subject, Verdict: m.Header.Get("X-Patchbot-Verdict"), Text: m.Text})
	}
	for _, h := range o.held {
		out.Replies = append(out.Replies, replayReply{At: h.Created.UTC(), MessageID: "<" + h.MessageID + ">", To: h.Recipients, Verdict: h.Kind, Held: &h.Error})
	}
	return writeJSON(w, out)
}

type replayIgnored struct {
	MessageID string `json:"message_id"`
	Subject   string `json:"subject"`
	Reason    string `json:"reason"`
}

// replayReply is a mail that the daemon would have written. Held is why it would have waited for the operator.
type replayReply struct {
	At        time.Time `json:"at"`
	MessageID string    `json:"message_id"`
	InReplyTo *string   `json:"in_reply_to"`
	To        []string  `json:"to"`
	Subject   string    `json:"subject"`
	Verdict   string    `json:"verdict"`
	Held      *string   `json:"held"`
	Text      string    `json:"text"`
}

func bracketed(ids []string) *string {
	if len(ids) == 0 {
		return nil
	}
	id := "<" + ids[0] + ">"
	return &id
}

// line is one thing that happened.
type line struct {
	at   time.Time
	text string
}

// writeText tells the story in the order of time: each mail in, and each reply out.
func (o *replayOutcome) writeText(w io.Writer, words *review.Translator, lang review.Lang, brief bool) error {
	var story []line
	taken := 0
	for _, m := range o.mails {
		text := fmt.Sprintf("mail in   %s  <%s>\n          ", plainText(m.subject), plainText(m.id))
		if reason := m.reason(); reason != "" {
			said, err := words.Reason(reason, lang)
			if err != nil {
				return err
			}
			text += fmt.Sprintf("no reply: %s: %s", reason, said)
		} else {
			taken++
			text += fmt.Sprintf("taken as %s of %s-v%d", m.row.Kind, m.row.SeriesID, m.row.Version)
		}
		story = append(story, line{m.at, text})
	}
	for _, s := range o.sent {
		story = append(story, line{s.at, outLine(s, brief)})
	}
	for _, h := range o.held {
		story = append(story, line{h.Created, fmt.Sprintf("HELD      %s: %s", h.Kind, h.Error)})
	}
	slices.SortStableFunc(story, func(a, b line) int { return cmp.Compare(a.at.UnixMilli(), b.at.UnixMilli()) })
	for _, l := range story {
		if _, err := fmt.Fprintf(w, "%s  %s\n", stamp(l.at), l.text); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n%d mails, %d of them parts of %d series versions; %d replies, %d held\n",
		len(o.mails), taken, len(o.reports), len(o.sent), len(o.held))
	return err
}

func outLine(s replayed, brief bool) string {
	m := email.Parse(s.raw, email.DefaultLimits())
	text := fmt.Sprintf("reply out %s, to %s", cmp.Or(m.Header.Get("X-Patchbot-Verdict"), "no verdict"), strings.Join(s.to, ", "))
	if brief {
		return text
	}
	var b strings.Builder
	b.WriteString(text + "\n\n")
	for _, l := range append([]string{"Subject: " + m.Subject, ""}, strings.Split(strings.TrimRight(m.Text, "\n"), "\n")...) {
		b.WriteString(strings.TrimRight("    "+l, " ") + "\n")
	}
	return b.String()
}

// plainText takes out what would steer a terminal.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '\uFFFD'
		}
		return r
	}, s)
}
