package review

import (
	"fmt"
	"io"
	"strings"

	"patchbot/internal/checks"
)

// WriteLint writes findings about pages as they stand, for people and editors: "path:line:column: severity: message
// [rule]", then the line of the page and a caret below the place.
func (t *Translator) WriteLint(w io.Writer, all []checks.Finding, lang Lang) error {
	v, err := t.voice(lang)
	if err != nil {
		return err
	}
	var b strings.Builder
	if len(all) == 0 {
		text, err := v.say("lint.clean", nil)
		if err != nil {
			return err
		}
		b.WriteString(text + "\n")
	}
	for _, f := range all {
		text, err := v.lintText(f)
		if err != nil {
			return fmt.Errorf("write finding: %w", err)
		}
		b.WriteString(text)
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// lintText is one finding. Its first line is never folded, so that grep and editors see all of it. A suggestion follows
// the message on the same line.
func (v *voice) lintText(f checks.Finding) (string, error) {
	text, err := v.sentence(Finding{Finding: f})
	if err != nil {
		return "", err
	}
	out := unglue(strings.ReplaceAll(text, "\n", " ")) + " [" + f.Rule + "]\n"
	if f.Source == "" {
		return out, nil
	}
	source, caret := pointAt(f)
	return out + "  " + source + "\n  " + caret + "\n", nil
}

// lintWidth is how many columns of a long line are shown around the place.
const lintWidth = 110

// pointAt gives the line of the page, without control characters, and a line of carets that stands below the place on a
// terminal: tabs are kept in both, wide characters get two carets, combining marks none. Of a long line only the
// surroundings are shown.
func pointAt(f checks.Finding) (source, caret string) {
	runes := []rune(strings.ToValidUTF8(f.Source, "\uFFFD"))
	start := min(max(f.Column-1, 0), len(runes))
	end := len(runes)
	if f.EndLine == f.Line || f.EndLine == 0 {
		end = min(max(f.EndColumn-1, start), len(runes))
	}
	from, to := window(runes, start, end)
	before, at, after := printable(runes[from:start]), printable(runes[start:min(end, to)]), ""
	if to > end {
		after = printable(runes[end:to])
	}
	if from > 0 {
		before = "…" + before
	}
	if to < len(runes) {
		after += "…"
	}
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, blanks(before))
	return before + at + after, indent + strings.Repeat("^", max(1, columns(at)))
}

// window chooses which runes of a line to show so that start is among them and the text fits.
func window(runes []rune, start, end int) (from, to int) {
	if columns(string(runes)) <= lintWidth {
		return 0, len(runes)
	}
	from = max(0, start-lintWidth/3)
	width := 0
	for to = from; to < len(runes) && width < lintWidth-2; to++ {
		width += runeColumns(runes[to])
	}
	return from, max(to, min(end, start+1))
}

// blanks replaces every character by as many blanks as it takes columns; tabs stay.
func blanks(s string) string {
	parts := strings.Split(s, "\t")
	for i, p := range parts {
		parts[i] = strings.Repeat(" ", columns(p))
	}
	return strings.Join(parts, "\t")
}

// printable is clean for a part of a line, with tabs kept.
func printable(runes []rune) string {
	parts := strings.Split(string(runes), "\t")
	for i, p := range parts {
		parts[i] = clean(p)
	}
	return strings.Join(parts, "\t")
}

// WriteLintJSON writes findings about pages as they stand, as the JSON of `patchbot lint`; settings are those of the wiki that
// were heeded, nil for none.
func (t *Translator) WriteLintJSON(w io.Writer, all []checks.Finding, settings *Settings, lang Lang) error {
	v, err := t.voice(lang)
	if err != nil {
		return err
	}
	public, err := v.publicFindings(plain(all), false)
	if err != nil {
		return err
	}
	return writeJSON(w, struct {
		Findings []publicFinding `json:"findings"`
		Settings *publicSettings `json:"settings"`
	}{public, settings.public()})
}

func plain(all []checks.Finding) []Finding {
	list := make([]Finding, len(all))
	for i, f := range all {
		list[i] = Finding{Finding: f}
	}
	return list
}
