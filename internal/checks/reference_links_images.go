package checks

import (
	"strings"

	"patchbot/internal/wiki"
)

var referenceLinksImages = &Rule{
	ID:       "reference-links-images",
	Aliases:  []string{"MD052"},
	Severity: Warning,
	Scope:    ScopePage,
	Title:    "References have a definition",
	Why:      "“[text][label]” without a line “[label]: …” is no link: the brackets are shown.",
	Bad:      "See the [guide][guides].\n",
	Good:     "See the [guide][guides].\n\n[guides]: guides.md\n",
	Messages: map[string]string{
		"undefined":    "nothing defines “{{.Label}}”: the brackets are shown, there is no link.",
		"address":      "“{{.Label}}” is an address: put it in round brackets, “[{{.Text}}]({{.Label}})”.",
		"did-you-mean": "Did you mean “[{{.Label}}]”?",
	},
	check: checkReferenceLinksImages,
}

func checkReferenceLinksImages(p *pass) {
	var end int32
	defined := map[string]bool{}
	for i := range p.md.Links {
		if l := &p.md.Links[i]; p.md.Nodes[l.Node].Kind == wiki.Definition {
			defined[l.Label] = true
		}
	}
	for i := range p.md.Brackets {
		b := &p.md.Brackets[i]
		if b.Style == wiki.Shortcut || b.Start < end || defined[b.Label] || b.Label == "x" {
			continue
		}
		end = b.End
		if p.set.on(nearLink.ID) && p.orgLink(b.Start, b.End) {
			continue // said there
		}
		text := p.md.Text(b.Start, b.End)
		stop := min(b.End, p.md.LineEnd(p.md.LineOf(b.Start)))
		shown, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(text, "!"), "["), "]")
		label := b.Label
		if j := strings.LastIndexByte(text, '['); j > 0 && b.Style == wiki.Full {
			label = text[j+1 : len(text)-1]
		}
		key := "undefined"
		if b.Style == wiki.Full && strings.Contains(label, "://") {
			key = "address"
		}
		f := p.report(b.Start, stop, key, map[string]any{"Label": label, "Text": shown})
		f.Detail = text
		var labels []string
		for l := range defined {
			labels = append(labels, l)
		}
		if best, unique := nearest(b.Label, labels, 0.4); unique && best != "" {
			f.Suggestion = p.suggest("did-you-mean", map[string]any{"Label": best})
		}
	}
}
