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
