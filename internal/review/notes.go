package review

import (
	"fmt"
	"strings"

	"patchbot/internal/email"
)

// Help is the text that explains the commands in mails. unknown is the command that nobody knows and that led to it, empty
// when help was asked for; most is how many commands a series may have in a day.
func (t *Translator) Help(lang Lang, unknown string, most int, webURL string) (string, error) {
	return t.note(lang, func(b *builder) []string {
		var text []string
		if unknown != "" {
			command := b.say("quote", map[string]any{"Text": keepTogether(cut(clean(unknown), 60))})
			text = append(text, b.say("note.unknown", map[string]any{"Command": command}))
		}
		text = append(text, b.say("note.help", map[string]any{
			"Recheck": "patchbot: recheck", "Help": "patchbot: help", "Most": most,
		}))
		if url := rulesURL(webURL); url != "" {
			text = append(text, b.say("note.rules", map[string]any{"URL": url}))
		}
		return text
	})
}

// Moderation is the mail that shows a reply to the moderator of its list, with its header and how to let it go or drop it. The
// commands name the reply by its Message-ID.
func (t *Translator) Moderation(lang Lang, held *email.Reply, webURL string) (subject, body string, err error) {
	v, err := t.voice(lang)
	if err != nil {
		return "", "", err
	}
	if subject, err = v.say("note.held.subject", map[string]any{"Subject": clean(held.Subject)}); err != nil {
		return "", "", err
	}
	body, err = t.note(lang, func(b *builder) []string {
		text := []string{
			b.say("note.held.text", map[string]any{
				"Release": "patchbot release " + quoteShell(held.MessageID), "Drop": "patchbot release --drop " + quoteShell(held.MessageID),
			}),
		}
		if webURL != "" {
			text = append(text, b.say("note.held.pages", map[string]any{"URL": webURL}))
		}
		return append(text, b.say("note.held.below", nil), indented(headerOf(held)), indented(held.Body))
	})
	return subject, body, err
}

// headerOf is what a reader wants to know of a mail's header.
func headerOf(m *email.Reply) string {
	text := "From: " + addressList([]email.Address{m.From}) + "\nTo: " + addressList(m.To)
	if len(m.Cc) > 0 {
		text += "\nCc: " + addressList(m.Cc)
	}
	text += "\nSubject: " + clean(m.Subject) + "\nIn-Reply-To: <" + clean(m.InReplyTo) + ">"
	if verdict := m.Header.Get("X-Patchbot-Verdict"); verdict != "" {
		text += "\nX-Patchbot-Verdict: " + verdict
	}
	return text
}

func addressList(all []email.Address) string {
	var each []string
	for _, a := range all {
		text := clean(a.Addr)
		if a.Name != "" {
			text = clean(a.Name) + " <" + text + ">"
		}
		each = append(each, text)
	}
	return strings.Join(each, ", ")
}

// indented sets every line apart from the words of the mail around it: such lines are not folded.
func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
		if strings.TrimSpace(line) != "" {
			b.WriteString("  ")
		}
		b.WriteString(line)
	}
	return strings.TrimRight(b.String(), "\n")
}

// Thanks is the mail to those who sent a series that the branch got: c is the commit that brought its last part. branch is the
// name of the branch.
func (t *Translator) Thanks(lang Lang, s *Series, branch string, c *Commit, webURL string) (string, error) {
	return t.note(lang, func(b *builder) []string {
		id, mark := "note.thanks.series", ""
		if s.Single() {
			id = "note.thanks.single"
		}
		if s.Labelled() > 1 {
			mark = fmt.Sprintf(" v%d", s.Labelled())
		}
		in := b.seen(c)
		text := []string{b.say(id, map[string]any{
			"Title": b.say("quote", map[string]any{"Text": cut(clean(s.Subject), 60)}), "Mark": mark,
			"Branch": b.say("quote", map[string]any{"Text": keepTogether(clean(branch))}), "Commit": in.ID, "Date": in.Date,
		})}
		if url := ReportURL(webURL, s); url != "" {
			text = append(text, b.say("note.thanks.report", map[string]any{"URL": url}))
		}
		return text
	})
}

// note makes a mail of paragraphs, signed as every mail of the bot.
func (t *Translator) note(lang Lang, paragraphs func(*builder) []string) (string, error) {
	v, err := t.voice(lang)
	if err != nil {
		return "", err
	}
	b := &builder{voice: v}
	text := append(paragraphs(b), "-- \n"+b.say("note.sign", nil))
	if b.err != nil {
		return "", fmt.Errorf("write note: %w", b.err)
	}
	return finish(strings.Join(text, "\n\n")), nil
}
