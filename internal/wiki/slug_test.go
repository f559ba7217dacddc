package wiki

import (
	"encoding/json"
	"os"
	"testing"
)

// TestHeadingIDs compares with the ids that the hosts' own software gave to one page of headings.
func TestHeadingIDs(t *testing.T) {
	raw, err := os.ReadFile("testdata/heading-ids.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Headings []string
		IDs      map[string][]string
	}
	if err := json.Unmarshal(raw, &golden); err != nil {
		t.Fatal(err)
	}
	var page []byte
	for _, h := range golden.Headings {
		page = append(page, h+"\n\n"...)
	}
	for _, tt := range []struct {
		host, flavour string
		also          bool
	}{
		{"sourcehut", "sourcehut", false},
		{"github", "github", false},
		{"gitlab", "gitlab", false},
		{"pandoc", "pandoc", false},
		{"pandoc", "pandoc-gfm", true},
	} {
		h, ok := HostByName(tt.host)
		if !ok {
			t.Fatalf("no host %q", tt.host)
		}
		anchors := h.Anchors(ReadPage(page, h).Facts())
		for i, want := range golden.IDs[tt.flavour] {
			found := false
			for _, a := range anchors {
				if a.Heading == i && a.ID == want && (!a.Also || tt.also) {
					found = true
				}
			}
			if !found {
				t.Errorf("%s: heading %q has no id %q", tt.flavour, golden.Headings[i], want)
			}
		}
	}
}
