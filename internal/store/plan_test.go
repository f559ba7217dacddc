package store_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestQueryPlans holds the cost of every query to what it is about: none reads a whole table, but those that count
// everything for the status and those that a starting daemon makes once.
func TestQueryPlans(t *testing.T) {
	whole := map[string]bool{
		"CountMessages": true, "CountSeries": true, "CountOutbox": true, // over an index, which is a tenth of the table
		"Mailboxes":  true, // a handful
		"FreeSeries": true, "FreeOutbox": true, "FreeLinkJobs": true,
		"FreeMarks": true, "NextMark": true, "FailingMarks": true, // as many as a site has not taken yet
		"NextLinkJob": true, "CountLinkJobs": true, // as many as series have links that failed within a day
	}
	s := &site{t: t, dir: t.TempDir(), now: newClock()}
	db := s.open("daemon")
	files, err := filepath.Glob("internal/sqlgen/*.sql.go")
	must(t, err)
	query := regexp.MustCompile("(?s)`-- name: (\\w+) :\\w+\n(.*?)\n`")
	wholeTable := regexp.MustCompile(`^SCAN (mailbox|wiki|message|message_ref|step|series|report|outbox|raw|link|link_use|link_job|need|incident|mark|m|r|s|o|j|n)\b`)
	number := regexp.MustCompile(`\$\d+`)
	seen := 0
	for _, file := range files {
		code, err := os.ReadFile(file)
		must(t, err)
		for _, m := range query.FindAllStringSubmatch(string(code), -1) {
			seen++
			name, text := m[1], number.ReplaceAllString(m[2], "1")
			plan, err := db.Plan(t.Context(), text)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			for _, line := range plan {
				if wholeTable.MatchString(line) && !strings.Contains(line, " USING INDEX ") && !whole[name] {
					t.Errorf("%s: %s", name, line)
				}
			}
		}
	}
	if seen < 70 {
		t.Errorf("only %d queries found", seen)
	}
}
