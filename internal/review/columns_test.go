package review

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		text string
		want int
	}{
		{"", 0},
		{"éléphant", 8},
		{"e\u0301le\u0301phant", 8}, // decomposed
		{"日本語", 6},
		{"ｆｕｌｌ", 8},
		{"한국어", 6},
		{"🙂", 2},
		{"👩\u200D👩\u200D👧", 2}, // one family
		{"a\u200Bb\u00ADc", 3}, // zero width space, soft hyphen
		{"a\u00A0b\u202Fc", 5},
		{"שלום", 4},
		{"…→«»", 4},
	} {
		if got := columns(c.text); got != c.want {
			t.Errorf("columns(%q) = %d, want %d", c.text, got, c.want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"short", 5, "short"},
		{"shorter", 5, "shor…"},
		{"日本語です", 7, "日本語…"},
		{"日本語です", 6, "日本…"},
		{"one two", 5, "one…"},
		{"e\u0301e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301…"},
		{"👩\u200D👧👩\u200D👧", 3, "👩\u200D👧…"},
	} {
		if got := cut(c.text, c.n); got != c.want {
			t.Errorf("cut(%q, %d) = %q, want %q", c.text, c.n, got, c.want)
		}
	}
}

func TestFold(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"words", "aaaa bbbb cccc", "aaaa bbbb\ncccc"},
		{"exact", "aaaa bbbbb", "aaaa bbbbb"},
		{"long word", "aa bbbbbbbbbbbb cc", "aa\nbbbbbbbbbbbb\ncc"},
		{"no-break spaces", "aaaa bb\u00A0:\u00A0cc\u202F!", "aaaa\nbb\u00A0:\u00A0cc\u202F!"},
		{"command", "  git send-email -v2", "  git send-email -v2"},
		{"quotation", "> a long quoted line", "> a long quoted line"},
		{"wide", "日本語 日本語 日本", "日本語\n日本語\n日本"},
		{"not a diff", "wording of diff and --- more", "wording\nof diff\nand ---\nmore"},
		{"not a mailbox", "a letter From here", "a\nletter From\nhere"},
		{"glue", "aaaa bbb\uE000ccc ddd", "aaaa\nbbb\uE000ccc\nddd"},
	} {
		if got := fold(c.text, 10); got != c.want {
			t.Errorf("%s: fold(%q) = %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

// Folding only turns blanks into line ends, and a line is too wide only where nothing could be done about it.
func TestFoldProperties(t *testing.T) {
	word := rapid.StringMatching(`([a-zé日🙂«»\x{A0}\x{202F}:]{1,12}|diff|---|\+\+\+|@@|From)`)
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(word, 1, 30).Draw(t, "words")
		width := rapid.IntRange(5, 40).Draw(t, "width")
		text := strings.Join(words, " ")
		folded := fold(text, width)
		if got := strings.ReplaceAll(folded, "\n", " "); got != text {
			t.Fatalf("folding %q changed it to %q", text, got)
		}
		for i, line := range strings.Split(folded, "\n") {
			if i > 0 && looksLikePatch(line) {
				t.Fatalf("line %q of %q looks like a patch", line, folded)
			}
			if columns(line) > width && len(units(line)) > 1 {
				t.Fatalf("line %q of %q is wider than %d", line, folded, width)
			}
		}
	})
}

func TestDisarm(t *testing.T) {
	text := "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-- \n> --- a/x\nIndex: x\nFrom me\nhello  \n---"
	want := " diff --git a/x b/x\n --- a/x\n +++ b/x\n @@ -1 +1 @@\n-- \n> --- a/x\n Index: x\n From me\nhello\n ---"
	if got := disarm(text); got != want {
		t.Errorf("disarm:\n%q, want\n%q", got, want)
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"a\nb\r\nc\td":       "a b  c d",
		"\x1b[31mred\x1b[0m": "\uFFFD[31mred\uFFFD[0m",
		"x\u202Egnp.exe":     "x\uFFFDgnp.exe",
		"a\xffb":             "a\uFFFDb",
		"a\uE000b":           "a\uFFFDb",
		"שלום\u200F":         "שלום\u200F",
		"no\u00A0break":      "no\u00A0break",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}
