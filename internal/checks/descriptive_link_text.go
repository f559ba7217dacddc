package checks

import (
	"strings"
	"unicode"

	"patchbot/internal/wiki"
)

var descriptiveLinkText = &Rule{
	ID:       "descriptive-link-text",
	Aliases:  []string{"MD059"},
	Severity: Note,
	Scope:    ScopePage,
	Title:    "The text of a link says where it leads",
	Why: "People who use a screen reader go through a page's links as a list: “here” and “more” tell them nothing " +
		"(RGAA 6.1).",
	Bad:  "The guide is [here](guides.md).\n",
	Good: "Read the [guide to publishing](guides.md).\n",
	Messages: map[string]string{
		"vague": "“{{.Text}}” does not say where the link leads.",
	},
	check: checkDescriptiveLinkText,
}

// vagueTexts are texts that say nothing by themselves, in English and in French.
const vagueTexts = "|click here|here|link|more|ici|cliquez ici|cliquer ici|ce lien|cette page|en savoir plus|lire la suite|"

func checkDescriptiveLinkText(p *pass) {
	for i := range p.md.Nodes {
		n := &p.md.Nodes[i]
		if n.Kind != wiki.LinkNode || n.InnerEnd-n.Inner > 80 || p.holdsCode(int32(i)) {
			continue
		}
		text := p.md.Text(n.Inner, n.InnerEnd)
		words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if len(words) == 0 || !strings.Contains(vagueTexts, "|"+strings.Join(words, " ")+"|") {
			continue
		}
		p.report(n.Inner, n.InnerEnd, "vague", map[string]any{"Text": text}).Detail = text
	}
}

// holdsCode reports whether code or HTML stands directly in node i: its text says more than its letters.
func (p *pass) holdsCode(i int32) bool {
	for j := i + 1; int(j) < len(p.md.Nodes) && p.md.Nodes[j].Start < p.md.Nodes[i].End; j++ {
		if c := &p.md.Nodes[j]; c.Parent == i && (c.Kind == wiki.CodeSpan || c.Kind == wiki.HTML) {
			return true
		}
	}
	return false
}
