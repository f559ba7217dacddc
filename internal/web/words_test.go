package web

import (
	"fmt"
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"patchbot/internal/store"
)

// TestWords holds that both languages have the same words, and every word that the templates ask for.
func TestWords(t *testing.T) {
	fr, en := frenchWords(), englishWords()
	for id := range fr {
		if en[id] == "" {
			t.Errorf("%s has no English", id)
		}
	}
	for id, text := range en {
		if fr[id] == "" {
			t.Errorf("%s has no French", id)
		}
		if strings.Count(text, "%d") != strings.Count(fr[id], "%d") {
			t.Errorf("%s: a number in one language only", id)
		}
	}
	asks := regexp.MustCompile(`\$?\.(T|N) "([^"]+)"`)
	found := 0
	must := func(id string) {
		found++
		if en[id] == "" {
			t.Errorf("a template asks for %s", id)
		}
	}
	pages, err := fs.Glob(embedded, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		body, err := fs.ReadFile(embedded, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range asks.FindAllStringSubmatch(string(body), -1) {
			if m[1] == "N" {
				must(m[2] + ".one")
				must(m[2] + ".other")
				continue
			}
			must(m[2])
		}
	}
	if found < 80 {
		t.Errorf("only %d words were looked up in %d templates", found, len(pages))
	}
	for _, word := range append(states(), "current", allStates) {
		must("state." + word)
	}
	for _, word := range verdicts() {
		must("verdict." + word)
	}
	for _, kind := range []string{"kind.command", "reply.help", "reply.applied", "reply.links", "outbox.unsent"} {
		must(kind)
	}
	for _, event := range []string{
		store.EventCommand, store.EventCommandRefused, store.EventUnsent, store.EventPostponed, store.EventReleased, store.EventHeld, "applied", "not-mailed", "links",
	} {
		must("event." + event)
	}
	for _, status := range []int{400, 404, 405, 500, 503} {
		must(fmt.Sprintf("problem.%d.name", status))
		must(fmt.Sprintf("problem.%d.text", status))
	}
}

func TestFrenchSpaces(t *testing.T) {
	fr := voices()["fr"]
	if got := fr.word("nav.access"); got != "Accessibilité\u00a0: non conforme" {
		t.Errorf("%q", got)
	}
	if got := fr.count("parts", 0) + ", " + fr.count("parts", 1) + ", " + fr.count("parts", 2); got != "0 partie, 1 partie, 2 parties" {
		t.Error(got)
	}
	en := voices()["en"]
	if got := en.count("parts", 0) + ", " + en.count("parts", 1) + ", " + en.count("parts", 2); got != "0 parts, 1 part, 2 parts" {
		t.Error(got)
	}
}

// TestContrast reads the colours of the style sheet and holds the ratios of WCAG 2.2, 1.4.3 and 1.4.11, in both schemes.
func TestContrast(t *testing.T) {
	sheet, err := fs.ReadFile(embedded, "static/style.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, ok := strings.Cut(string(sheet), "@media (prefers-color-scheme: dark)")
	dark, _, closed := strings.Cut(dark, "\n}\n")
	if !ok || !closed {
		t.Fatal("the style sheet has no dark scheme")
	}
	for name, block := range map[string]string{"light": light, "dark": dark} {
		colours := colours(t, block)
		for _, pair := range []struct {
			text, page string
			least      float64
		}{
			{"text", "page", 4.5}, {"soft", "page", 4.5}, {"link", "page", 4.5}, {"text", "panel", 4.5}, {"soft", "panel", 4.5}, {"link", "panel", 4.5},
			{"page", "link", 4.5}, // buttons
			{"good", "good-page", 4.5}, {"note", "note-page", 4.5}, {"bad", "bad-page", 4.5}, {"wait", "wait-page", 4.5}, {"off", "off-page", 4.5},
			{"wait", "panel", 4.5},                                 // quoted lines
			{"link", "note-page", 4.5}, {"text", "note-page", 4.5}, // the mail that a link led to
			{"edge", "page", 3}, {"edge", "panel", 3}, {"link", "page", 3}, // fields, focus
		} {
			a, b := colours[pair.text], colours[pair.page]
			if a == nil || b == nil {
				t.Fatalf("%s: no colour %s or %s", name, pair.text, pair.page)
			}
			ratio := (math.Max(*a, *b) + 0.05) / (math.Min(*a, *b) + 0.05)
			if ratio < pair.least {
				t.Errorf("%s: %s on %s has %.2f:1, less than %.1f:1", name, pair.text, pair.page, ratio, pair.least)
			}
		}
	}
	if rest := regexp.MustCompile(`(?m)^\s+(?:color|background|border\S*): [^;]*#[0-9a-f]{3,6}`).FindString(string(sheet)); rest != "" {
		t.Errorf("a colour outside the schemes: %s", rest)
	}
}

// colours gives the relative luminance of each custom property.
func colours(t *testing.T, block string) map[string]*float64 {
	all := map[string]*float64{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`).FindAllStringSubmatch(block, -1) {
		n, err := strconv.ParseUint(m[2], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		luminance := 0.2126*linear(n>>16) + 0.7152*linear(n>>8&0xff) + 0.0722*linear(n&0xff)
		all[m[1]] = &luminance
	}
	return all
}

func linear(channel uint64) float64 {
	c := float64(channel) / 255
	if c <= 0.04045 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}
