package web

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestVeil(t *testing.T) {
	s := &Server{o: Options{Public: []string{"~etalab/wiki@lists.sr.ht", "Wiki@example.org"}}}
	for text, want := range map[string]string{
		"":                                 "",
		"no address @ all":                 "no address @ all",
		"@mention, commit@{1}, a@":         "@mention, commit@{1}, a@",
		"bob@example.org":                  "…@…",
		"Bob <bob@example.org>, Ada":       "Bob <…@…>, Ada",
		"(bob@example.org).":               "(…@…).",
		"write to bob@example.org. Thanks": "write to …@…. Thanks",
		"mailto:bob+x@example.org?a=b":     "mailto:…@…?a=b",
		"élodie@exämple.fr":                "…@…",
		`"John Smith"@example.org`:         "…@…",
		"root@localhost":                   "…@…",
		"x@[192.0.2.1]":                    "…@…",
		"bob%40example.org":                "…@…",
		"bob＠example.org":                  "…@…",
		"bob&#64;example.org":              "…@…",
		"a@b.c,d@e.f":                      "…@…,…@…",
		"a@b@c.d":                          "…@…@c.d",
		"git send-email --to='~etalab/wiki@lists.sr.ht' 0001.patch":                    "git send-email --to='~etalab/wiki@lists.sr.ht' 0001.patch",
		"--to=wiki@example.org, Wiki@Example.org":                                      "--to=wiki@example.org, Wiki@Example.org",
		"xwiki@example.org, wiki@example.orgs":                                         "…@…, …@…",
		"--to=bob@example.org":                                                         "--to=…@…",
		"**bob@example.org**":                                                          "**…@…**",
		"--in-reply-to='<20221123.1-2-bob@example.org>'":                               "--in-reply-to='<…@…>'",
		"https://lists.sr.ht/~etalab/wiki/%3C2022.1-2-bob@example.org%3E/raw":          "https://lists.sr.ht/~etalab/wiki/…@…%3E/raw",
		"bounce+bob=example.org@lists.example.org":                                     "…@…",
		"Signed-off-by: Bob <bob@example.org>\nCc: ada@example.org\n-- \nwiki@x.org\n": "Signed-off-by: Bob <…@…>\nCc: …@…\n-- \n…@…\n",
	} {
		got := s.veil(text)
		if got.text != want || got.hidden != (got.text != text) {
			t.Errorf("veil(%q) = %q, hidden %v; want %q", text, got.text, got.hidden, want)
		}
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		" a\r\n b\tc ":          "a b c",
		"\x1b[31mred\x07":       "[31mred",
		"abc\u202edef\u2066ghi": "abcdefghi",
		"\xffé\x00":             "\ufffdé",
		"👩\u200d💻":              "👩\u200d💻",
	} {
		if got := clean(text); got != want {
			t.Errorf("clean(%q) = %q, want %q", text, got, want)
		}
	}
	if got := cleanLines("a \r\n\tb\x1b[0m\u202e\n\n\n"); got != "a\n\tb\ufffd[0m" {
		t.Errorf("cleanLines: %q", got)
	}
}

func BenchmarkVeil(b *testing.B) {
	s := &Server{o: Options{Public: []string{"wiki@example.org"}}}
	for name, unit := range map[string]string{
		"prose": "Une phrase de la page, sans adresse. ", "addresses": "bob@example.org ", "encoded": "%40", "brackets": "@[", "quotes": `"@`,
	} {
		b.Run(name, func(b *testing.B) {
			text := strings.Repeat(unit, (1<<20)/len(unit))
			for b.Loop() {
				s.veil(text)
			}
			spent := b.Elapsed()
			start := time.Now()
			for range b.N {
				text = strings.ToLower(text) // looks at each character once, as the floor
			}
			b.ReportMetric(float64(spent)/float64(time.Since(start)), "x-tolower")
		})
	}
}

// FuzzVeil holds that what is shown is clean, stays as it is when it is veiled again, and holds no address.
func FuzzVeil(f *testing.F) {
	for _, seed := range []string{"bob@example.org", `"a b"@c`, "a@b@c", "a%40b", "x@[", "＠a＠b", "--to=--a=@b", "é@é", "a&#64;b&commat;c", "\xff@\x00"} {
		f.Add(seed)
	}
	s := &Server{}
	address := regexp.MustCompile(`[A-Za-z0-9](?:@|＠|%40|&#64;|&commat;)[A-Za-z0-9]`)
	f.Fuzz(func(t *testing.T, text string) {
		got := s.veil(clean(text)).text
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\x00\x1b\u202e") {
			t.Errorf("veil(clean(%q)) = %q is not clean", text, got)
		}
		if found := address.FindString(got); found != "" {
			t.Errorf("veil(clean(%q)) = %q holds %q", text, got, found)
		}
		if again := s.veil(got).text; again != got {
			t.Errorf("%q, veiled twice: %q, %q", text, got, again)
		}
	})
}
