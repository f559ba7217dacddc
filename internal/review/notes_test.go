package review

import (
	"strings"
	"testing"
)

// TestNotes holds the mails that are no reports to goldens, and to what every mail must be: narrow, complete, signed, and
// free of a line that the bot itself would take for a command.
func TestNotes(t *testing.T) {
	words := translator(t)
	for _, lang := range []Lang{French, English} {
		help, err := words.Help(lang, "", 3, "")
		unknown, err2 := words.Help(lang, "make coffee", 3, "https://patchbot.example.org")
		thanks, err3 := words.Thanks(lang, "main", Commit{ID: "4af2a96cef5b0123456789012345678901234567"})
		held, err4 := words.Moderate(lang, "812|1|clean", "Re: [PATCH wiki] Guides", "Rien à signaler.\n\n> +x\n", []string{"camille@example.org", "list@example.org"})
		for _, err := range []error{err, err2, err3, err4} {
			if err != nil {
				t.Fatal(err)
			}
		}
		all := map[string]string{"help": help, "unknown": unknown, "thanks": thanks, "held": held.Subject + "\n\n" + held.Body}
		for name, text := range all {
			golden(t, "note-"+name+"."+string(lang), text)
			for line := range strings.Lines(text) {
				if strings.HasPrefix(strings.ToLower(line), "patchbot:") {
					t.Errorf("%s: the line %q would be a command", name, line)
				}
				if n := len([]rune(line)); n > 73 {
					t.Errorf("%s: a line of %d columns: %q", name, n, line)
				}
			}
		}
	}
}
