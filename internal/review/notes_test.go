package review

import (
	"strings"
	"testing"
	"time"
)

// TestNotes holds the mails that are no reports to goldens, and to what every mail must be: narrow, complete, signed, and
// free of a line that the bot itself would take for a command.
func TestNotes(t *testing.T) {
	words := translator(t)
	for _, lang := range []Lang{French, English} {
		help, err := words.Help(lang, "", 3, "")
		unknown, err2 := words.Help(lang, "make coffee", 3, "https://patchbot.example.org")
		merged := &Commit{ID: "2ca2043b19d4c1b2a3d4e5f60718293a4b5c6d7e", Title: "Guides: x", When: sampleDate().AddDate(0, 0, -1)}
		single, err3 := words.Thanks(lang, &cleanSingle().Series, "main", merged, "")
		long := clean2()
		several, err4 := words.Thanks(lang, &long.Series, "main", merged, "https://patchbot.example.org")
		reply, err5 := words.Compose(long, composeOptions())
		if err5 != nil {
			t.Fatal(err5)
		}
		subject, held, err6 := words.Moderation(lang, reply, "https://patchbot.example.org")
		for _, err := range []error{err, err2, err3, err4, err6} {
			if err != nil {
				t.Fatal(err)
			}
		}
		all := map[string]string{"help": help, "unknown": unknown, "thanks-single": single, "thanks": several, "held": "  Subject: " + subject + "\n\n" + held}
		for _, a := range []Alert{
			{Kind: AlertUnread, N: 7, Items: []string{"<1@example.org>: fetch wiki: connection refused", "<2@example.org>"}},
			{Kind: AlertHeld, N: 1, Items: []string{"<pb.x@example.org> held: 100 replies within an hour, the limit is 100"}},
			{Kind: AlertMailbox, Items: []string{"not connected: dial tcp 192.0.2.1:993: connection refused"}},
		} {
			a.Since, a.Remind = time.Date(2026, 3, 1, 9, 5, 0, 0, time.UTC), 24*time.Hour
			subject, body, err := words.Alert(lang, a)
			if err != nil {
				t.Fatal(err)
			}
			all["alert-"+string(a.Kind)] = subject + "\n\n" + body
		}
		for name, text := range all {
			golden(t, "note-"+name+"."+string(lang), text)
			for line := range strings.Lines(text) {
				if strings.HasPrefix(line, "patchbot: ") && strings.HasPrefix(name, "alert") {
					continue // the subject
				}
				if strings.HasPrefix(strings.ToLower(line), "patchbot:") {
					t.Errorf("%s: the line %q would be a command", name, line)
				}
				if n := len([]rune(line)); n > 73 && !strings.HasPrefix(line, "  ") {
					t.Errorf("%s: a line of %d columns: %q", name, n, line)
				}
			}
		}
	}
}
