package email

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestScanIDs(t *testing.T) {
	long := strings.Repeat("x", 890) + "@example.org"
	for _, test := range []struct {
		value string
		want  []string
	}{
		{"<a@b>", []string{"a@b"}},
		{"  <A@b>\t<c@d> ", []string{"A@b", "c@d"}},
		{"<a@b> (comment <c@d>)", []string{"a@b", "c@d"}},
		{"<a@[1.2.3.4]>", []string{"a@[1.2.3.4]"}},
		{"<é@b>", []string{"é@b"}},
		{"<a..b@c>", []string{"a..b@c"}},
		{"<a@b@c>", []string{"a@b@c"}},
		{"<a@@b>", []string{"a@@b"}},
		{"<no-at>", []string{"no-at"}},
		{`<"quoted"@b>`, []string{`"quoted"@b`}},
		{"<a@b>,<c@d>;<e@f>", []string{"a@b", "c@d", "e@f"}},
		{"<a@b><c@d>", []string{"a@b", "c@d"}},
		{"Your message of Tue <a@b>", []string{"a@b"}},
		{"< a@b >", []string{"a@b"}},
		{"<a b@c>", nil},
		{"<[id@x]>", []string{"[id@x]"}},
		{"<a@b", []string{"a@b"}},
		{"<a@b <c@d>", []string{"a@b", "c@d"}},
		{"a@b", []string{"a@b"}},
		{"a@b, c@d", []string{"a@b", "c@d"}},
		{"no id here", nil},
		{"", nil},
		{"<>", nil},
		{"<a\x01@b>", nil},
		{"<" + long[:900] + ">", []string{long[:900]}},
		{"<" + long[:901] + ">", nil},
		{"<<<a@b>>>", []string{"a@b"}},
	} {
		if got := scanIDs(test.value, 200); !slices.Equal(got, test.want) {
			t.Errorf("scanIDs(%q) = %q, want %q", test.value, got, test.want)
		}
	}
}

func TestReferencesKeepRootAndNearest(t *testing.T) {
	var value strings.Builder
	for i := range 10000 {
		fmt.Fprintf(&value, "<%d@x> ", i)
	}
	m := Parse([]byte("Message-ID: <m@x>\r\nReferences: "+value.String()+"\r\n\r\n"), Limits{})
	if len(m.References) != 200 || m.References[0] != "0@x" || m.References[1] != "9801@x" || m.References[199] != "9999@x" {
		t.Errorf("%d references from %q to %q", len(m.References), m.References[0], m.References[len(m.References)-1])
	}
}

func FuzzScanIDs(f *testing.F) {
	for _, seed := range []string{"<a@b> <c@d>", "a@b, <c", "<a@b <c@d>", "<<>>", "(<a@b>)"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		ids := scanIDs(value, 7)
		if len(ids) > 14 {
			t.Fatalf("%d ids", len(ids))
		}
		for _, id := range ids {
			if !validID(id) || !strings.Contains(value, id) {
				t.Fatalf("id %q", id)
			}
			if again := scanIDs("<"+id+">", 7); len(again) != 1 || again[0] != id {
				t.Fatalf("id %q is read as %q", id, again)
			}
		}
	})
}
