package wiki

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// TestSourceHutRendering compares links and heading ids with those of mistletoe 0.8.2 under SourceHut's renderer rules, for
// pages that put bare URLs, links and emphasis in each other's way. testdata/sourcehut.json holds what it made of them.
func TestSourceHutRendering(t *testing.T) {
	raw, err := os.ReadFile("testdata/sourcehut.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Page  string
		IDs   []string
		Links [][2]string // kind and destination
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 30 {
		t.Fatalf("only %d cases", len(cases))
	}
	h, _ := HostByName("sourcehut")
	for _, c := range cases {
		p := ReadPage([]byte(c.Page), h)
		var ids []string
		for _, a := range h.Anchors(p.Facts()) {
			if a.Heading >= 0 && !a.Also {
				ids = append(ids, a.ID)
			}
		}
		if !slices.Equal(ids, c.IDs) {
			t.Errorf("%q: ids %q, want %q", c.Page, ids, c.IDs)
		}
		var links [][2]string
		for i := range p.Links {
			l := &p.Links[i]
			switch k := p.Nodes[l.Node].Kind; {
			case l.Tag:
			case k == LinkNode:
				links = append(links, [2]string{"link", l.Dest})
			case k == ImageNode:
				links = append(links, [2]string{"image", l.Dest})
			case k == BareURL:
				links = append(links, [2]string{"bare", l.Dest})
			}
		}
		order := func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }
		slices.SortFunc(links, order)
		slices.SortFunc(c.Links, order)
		if !slices.Equal(links, c.Links) {
			t.Errorf("%q: links %q, want %q", c.Page, links, c.Links)
		}
	}
}
