package review

import (
	"fmt"
	"strings"
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

// Thanks is the text that tells an author that a series is in the branch.
func (t *Translator) Thanks(lang Lang, branch string, c Commit) (string, error) {
	return t.note(lang, func(b *builder) []string {
		name := b.say("quote", map[string]any{"Text": keepTogether(clean(branch))})
		return []string{b.say("note.thanks", map[string]any{"Branch": name, "Commit": short(c.ID)})}
	})
}

// Moderate is the mail that shows a moderator a reply that waits: its subject and text. key is what `patchbot release` takes.
func (t *Translator) Moderate(lang Lang, key, subject, body string, recipients []string) (*Text, error) {
	v, err := t.voice(lang)
	if err != nil {
		return nil, err
	}
	title, err := v.say("note.moderate-subject", map[string]any{"Subject": clean(subject)})
	if err != nil {
		return nil, err
	}
	text, err := t.note(lang, func(b *builder) []string {
		quoted := "> " + strings.ReplaceAll(strings.TrimRight(body, "\n"), "\n", "\n> ")
		to := b.say("note.moderate-to", map[string]any{"Recipients": strings.Join(recipients, ", ")})
		return []string{b.say("note.moderate", map[string]any{"Key": key}), to, quoted}
	})
	return &Text{Subject: title, Body: text}, err
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
