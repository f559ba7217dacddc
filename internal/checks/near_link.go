package checks

import (
	"bytes"
	"regexp"
	"strings"

	"patchbot/internal/wiki"
)

var nearLink = &Rule{
	ID:       "near-link",
	Aliases:  []string{"MD011"},
	Severity: Warning,
	Scope:    ScopePage,
	Title:    "What looks like a link is one",
	Why: "A blank in the destination, brackets the wrong way round or a link in the manner of Emacs' org mode make no link: " +
		"readers see the brackets and the address.",
	Bad:  "[Guide](guide de publication.md), (guide)[guides.md], [[guides.md][guide]]\n",
	Good: "[Guide](guide%20de%20publication.md), [guide](guides.md)\n",
	Messages: map[string]string{
		"blank":    "a blank in the destination: this is shown as text, it is no link.",
		"angle":    "a blank in the destination: {{.Host}} shows this as text, even inside “<” and “>”.",
		"reversed": "the brackets are the wrong way round: this is shown as text.",
		"org":      "this is a link of org mode: in Markdown it is shown as text.",
		"two-urls": "the destination holds two addresses: “{{.Target}}”.",
		"inside":   "on {{.Host}} everything up to the next blank becomes one address: “{{.Target}}”.",
		"write":    "Write “{{.Text}}”.",
	},
	check: checkNearLink,
}

func checkNearLink(p *pass) {
	blank := p.blankDestinations()
	p.reversedLinks()
	p.orgLinks()
	p.doubledURLs(blank)
}

// blankDestinations finds "[text](a b)", and on SourceHut "[text](<a b>)". It gives the offsets of the opening brackets of the
// former.
func (p *pass) blankDestinations() map[int32]bool {
	found := map[int32]bool{}
	for i := range p.md.Brackets {
		b := &p.md.Brackets[i]
		if b.Style != wiki.Shortcut || int(b.End) >= len(p.src) || p.src[b.End] != '(' {
			continue
		}
		line := p.src[b.End+1 : p.md.LineEnd(p.md.LineOf(b.End))]
		n := closing(line)
		if n < 0 {
			continue
		}
		dest := string(line[:n])
		trimmed := strings.TrimSpace(dest)
		if !strings.ContainsAny(trimmed, " \t\u00A0") || !looksLikeDestination(trimmed) {
			continue
		}
		start := b.End + 1
		found[b.Start] = true
		if strings.Count(trimmed, "://") > 1 {
			p.report(start, start+int32(n), "two-urls", map[string]any{"Target": trimmed}).Detail = trimmed
			continue
		}
		f := p.report(start, start+int32(n), "blank", map[string]any{"Target": trimmed})
		f.Detail = trimmed
		text := p.md.Text(b.Start, b.End) + "(" + joinBlanks(trimmed) + ")"
		f.Suggestion = p.suggest("write", map[string]any{"Text": text})
	}
	if p.host.Name() != "sourcehut" {
		return found
	}
	for i := range p.md.Links {
		l := &p.md.Links[i]
		n := &p.md.Nodes[l.Node]
		if l.Start == 0 || p.src[l.Start-1] != '<' || n.Style != wiki.Inline || !strings.ContainsAny(l.Dest, " \t") {
			continue
		}
		f := p.report(l.Start, l.End, "angle", map[string]any{"Target": l.Dest, "Host": hostTitle(p.host)})
		f.Detail = l.Dest
		text := p.md.Text(n.Start, n.InnerEnd) + "](" + joinBlanks(l.Dest) + ")"
		f.Suggestion = p.suggest("write", map[string]any{"Text": text})
	}
	return found
}

// maxDestination bounds what is taken for a destination, in bytes.
const maxDestination = 4096

// closing is the offset of the bracket that ends a destination, negative when the line has none.
func closing(line []byte) int {
	open := 0
	for i, c := range line[:min(len(line), maxDestination)] {
		switch c {
		case '(':
			open++
		case ')':
			if open == 0 {
				return i
			}
			open--
		}
	}
	return -1
}

// looksLikeDestination tells a destination from a remark in brackets.
func looksLikeDestination(s string) bool {
	if strings.Contains(s, "://") || strings.HasPrefix(s, "mailto:") {
		return true
	}
	last := s
	if i := strings.LastIndexAny(s, " /"); i >= 0 {
		last = s[i+1:]
	}
	last, _, _ = strings.Cut(last, "#")
	for _, ext := range []string{".md", ".pdf", ".ics", ".csv", ".png", ".jpg", ".svg", ".html", ".odt"} {
		if strings.HasSuffix(strings.ToLower(last), ext) {
			return true
		}
	}
	return false
}

// joinBlanks makes a destination of a text with blanks: in an address they are there by mistake, in a path they are meant.
func joinBlanks(dest string) string {
	mark := "%20"
	if strings.Contains(dest, "://") {
		mark = ""
	}
	return strings.Join(strings.Fields(dest), mark)
}

var reversedLink = regexp.MustCompile(`(^|[^\\])\(([^()]+)\)\[([^\]^][^\]]*)\]`)

func (p *pass) reversedLinks() {
	if !bytes.Contains(p.src, []byte(")[")) {
		return
	}
	verbatim := p.verbatim()
	for l := p.bodyLine(); l <= p.md.LineCount(); l++ {
		line := p.md.Line(l)
		if verbatim[l] || !bytes.Contains(line, []byte(")[")) {
			continue
		}
		for _, m := range reversedLink.FindAllSubmatchIndex(line, -1) {
			text, dest := string(line[m[4]:m[5]]), string(line[m[6]:m[7]])
			if m[1] < len(line) && line[m[1]] == '(' || strings.HasSuffix(text, `\`) || strings.HasSuffix(dest, `\`) {
				continue
			}
			start, end := p.md.LineStart(l)+int32(m[3]), p.md.LineStart(l)+int32(m[1])
			if p.inKind(start, end, wiki.CodeSpan) {
				continue
			}
			f := p.report(start, end, "reversed", nil)
			f.Detail = dest
			f.Suggestion = p.suggest("write", map[string]any{"Text": "[" + text + "](" + dest + ")"})
		}
	}
}

var orgPattern = regexp.MustCompile(`\[\[([^\[\]\n]+)\](?:\[([^\[\]\n]+)\])?\]`)

func (p *pass) orgLinks() {
	if !bytes.Contains(p.src, []byte("[[")) {
		return
	}
	for _, m := range orgPattern.FindAllSubmatchIndex(p.src[p.md.Body:], -1) {
		for i := range m {
			if m[i] >= 0 {
				m[i] += p.md.Body
			}
		}
		start, end := int32(m[0]), int32(m[1])
		dest := string(p.src[m[2]:m[3]])
		text := dest
		if m[4] >= 0 {
			text = string(p.src[m[4]:m[5]])
		} else if !looksLikeDestination(dest) {
			continue
		}
		if !p.inText(start) {
			continue
		}
		f := p.report(start, end, "org", nil)
		f.Detail = dest
		f.Suggestion = p.suggest("write", map[string]any{"Text": "[" + text + "](" + dest + ")"})
	}
}

// orgLink reports whether a pair of brackets is the inside of "[[…][…]]".
func (p *pass) orgLink(start, end int32) bool {
	return start > 0 && p.src[start-1] == '[' && int(end) < len(p.src) && p.src[end] == ']'
}

// inText reports whether an offset is in running text.
func (p *pass) inText(off int32) bool {
	for i := p.md.At(off); i >= 0; i = p.md.Nodes[i].Parent {
		switch p.md.Nodes[i].Kind {
		case wiki.CodeSpan, wiki.HTML, wiki.HTMLBlock, wiki.Fence, wiki.CodeBlock, wiki.Autolink, wiki.BareURL, wiki.LinkNode:
			return false
		case wiki.Paragraph, wiki.Heading, wiki.Cell:
			return true
		}
	}
	return false
}

// doubledURLs finds destinations in which an address is pasted behind another.
func (p *pass) doubledURLs(blank map[int32]bool) {
	for i := range p.md.Links {
		l := &p.md.Links[i]
		k := p.md.Nodes[l.Node].Kind
		if l.Label != "" && k != wiki.Definition || !strings.Contains(l.Dest, "://") {
			continue
		}
		key := "two-urls"
		if k == wiki.BareURL && strings.Contains(l.Dest, "](") {
			if blank[l.Start-1] {
				continue // said of the destination behind it, whose blank is what makes text of this
			}
			key = "inside"
		} else if !doubled(l.Dest) {
			continue
		}
		p.report(l.Start, l.End, key, map[string]any{"Target": l.Dest, "Host": hostTitle(p.host)}).Detail = l.Dest
	}
}

// doubled reports whether a second scheme stands right behind the first, or behind a host or path without a "/", "=" or "?"
// that would make it an argument.
func doubled(url string) bool {
	lower := strings.ToLower(url)
	for _, scheme := range []string{"https://", "http://"} {
		rest := lower
		for off := 0; ; {
			i := strings.Index(rest[off:], scheme)
			if i < 0 {
				break
			}
			at := off + i
			off = at + len(scheme)
			if at == 0 {
				continue
			}
			before := rest[:at]
			if strings.HasSuffix(before, "://") || !strings.ContainsAny(before[len(before)-1:], "/=?&:@+#;,|(") {
				return true
			}
		}
	}
	return false
}
