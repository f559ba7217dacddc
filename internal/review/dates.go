package review

import (
	"strconv"
	"time"
)

// date puts a day into words of the voice: "27 février 2022", "1er mars 2022". The day is that of the commit's own time
// zone, as git log shows it. The months are the strings month.1 to month.12 of the language, and its order of day, month
// and year is the string date. It stays on one line.
func (v *voice) date(t time.Time) (string, error) {
	month, err := v.say("month."+strconv.Itoa(int(t.Month())), nil)
	if err != nil {
		return "", err
	}
	day, err := v.count("day", t.Day())
	if err != nil {
		return "", err
	}
	text, err := v.say("date", map[string]any{"Day": day, "Month": month, "Year": t.Year()})
	return keepTogether(text), err
}
