package wiki

import "testing"

// TestFirstWords has a page begin with plain text: it is no link, on any host, and what is one there is found.
func TestFirstWords(t *testing.T) {
	for _, h := range Hosts() {
		if links := ReadPage([]byte("Hello world\n"), h).Links; len(links) != 0 {
			t.Errorf("%s: %d links in plain text", h.Name(), len(links))
		}
	}
	github, _ := HostByName("github")
	if links := ReadPage([]byte("www.example.org is one\n"), github).Links; len(links) != 1 || links[0].Start != 0 {
		t.Errorf("github: links %+v, want one at the beginning", links)
	}
}
