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
		for _, err := range []error{err, err2} {
			if err != nil {
				t.Fatal(err)
			}
		}
		all := map[string]string{"help": help, "unknown": unknown}
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
