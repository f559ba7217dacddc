package bot_test

import (
	"testing"
	"time"

	"patchbot/internal/bot"
)

func TestQuiet(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	night := bot.Quiet{From: 22 * 60, Until: 7 * 60, Zone: paris}
	noon := bot.Quiet{From: 12 * 60, Until: 14*60 + 30, Zone: paris}
	gap := bot.Quiet{From: 22 * 60, Until: 2*60 + 30, Zone: paris} // 02:30 is skipped on the last Sunday of March
	for _, test := range []struct {
		name    string
		quiet   bot.Quiet
		at, end string // in UTC
	}{
		{"evening in winter", night, "2022-01-25T22:00:00Z", "2022-01-26T06:00:00Z"},
		{"morning in winter", night, "2022-01-26T05:59:59Z", "2022-01-26T06:00:00Z"},
		{"day", night, "2022-01-26T06:00:00Z", "2022-01-26T06:00:00Z"},
		{"first minute", night, "2022-01-25T21:00:00Z", "2022-01-26T06:00:00Z"},
		{"last minute of the day", night, "2022-01-25T20:59:59Z", "2022-01-25T20:59:59Z"},
		{"clocks go forward", night, "2022-03-26T22:00:00Z", "2022-03-27T05:00:00Z"},
		{"clocks go back", night, "2022-10-29T21:00:00Z", "2022-10-30T06:00:00Z"},
		{"an end that does not exist", gap, "2022-03-26T22:00:00Z", "2022-03-27T01:00:00Z"},
		{"an end that comes twice", gap, "2022-10-29T21:00:00Z", "2022-10-30T00:30:00Z"},
		{"noon", noon, "2022-07-01T10:30:10Z", "2022-07-01T12:30:00Z"},
		{"none", bot.Quiet{Zone: paris}, "2022-07-01T10:30:10Z", "2022-07-01T10:30:10Z"},
	} {
		at, end := moment(t, test.at), moment(t, test.end)
		if got := test.quiet.End(at); !got.Equal(end) {
			t.Errorf("%s: quiet until %s, want %s", test.name, got.UTC(), end)
		}
		if test.quiet.Holds(at) == at.Equal(end) {
			t.Errorf("%s: Holds says %v", test.name, test.quiet.Holds(at))
		}
	}
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
