package store

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzTexts: whatever a mail holds can be stored, is found again under itself, and stays apart from everything else.
func FuzzTexts(f *testing.F) {
	f.Add("", "a")
	f.Add("\x00", "\uFFFD")
	f.Add("\xff", "\xfe")
	f.Add(strings.Repeat("é", 300), strings.Repeat("é", 301))
	f.Add(strings.Repeat("a", 500), strings.Repeat("a", 501))
	f.Add(strings.Repeat("\xff", 5000), strings.Repeat("a", 463)+"é")
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, s := range []string{a, b} {
			id, free := ident(s), text(s)
			if !utf8.ValidString(id) || !utf8.ValidString(free) || strings.Contains(id+free, "\x00") || len(id) > identBytes {
				t.Errorf("%q cannot be stored as %q or %q", s, id, free)
			}
			if ident(id) != id || text(free) != free {
				t.Errorf("%q changes when stored twice: %q, %q", s, ident(id), text(free))
			}
		}
		if a != b && ident(a) == ident(b) {
			t.Errorf("%q and %q are one", a, b)
		}
		list, err := unpackList(packList([]string{a, b}))
		if diff := cmp.Diff([]string{text(a), text(b)}, list); err != nil || diff != "" {
			t.Errorf("list: %v\n%s", err, diff)
		}
	})
}

func TestMoments(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 123456789, time.FixedZone("", 3600))
	for _, c := range []struct {
		name string
		ms   int64
		want time.Time
	}{
		{"to the millisecond, in UTC", millis(now), now.UTC().Truncate(time.Millisecond)},
		{"none", millis(time.Time{}), time.Time{}},
		{"due never", due(time.Time{}, never), time.Time{}},
		{"due by default", due(time.Time{}, 5), time.UnixMilli(5).UTC()},
		{"due then", due(now, 5), now.UTC().Truncate(time.Millisecond)},
	} {
		if got := moment(c.ms); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
