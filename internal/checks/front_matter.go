package checks

import (
	"bytes"
	"strings"
)

var frontMatter = &Rule{
	ID:       "front-matter",
	Severity: Error,
	Scope:    ScopePage,
	Title:    "The YAML header of a page can be read",
	Why: "A header that is not YAML, is empty or has no end is ignored: the site shows a warning instead of the title, and " +
		"settings such as “toc: false” are lost. The usual cause is a colon followed by a blank inside a title: quote the title.",
	Bad:  "---\ntitle: Publish: how to\n---\n",
	Good: "---\ntitle: \"Publish: how to\"\n---\n",
	Messages: map[string]string{
		"colon": "the YAML header is not valid: a value with a colon and a blank in it must be quoted. " +
			"{{.Host}} will show a warning instead of the title.",
		"yaml":    "the YAML header is not valid ({{.Detail}}). {{.Host}} will show a warning instead of the title.",
		"mapping": "the YAML header is no list of keys and values such as “title: …”. {{.Host}} will show a warning instead of the title.",
		"empty":   "the YAML header is empty. {{.Host}} will show a warning above the page: remove both lines “---”, or add a title.",
		"open":    "the YAML header has no end: a line “---” must close it. {{.Host}} will show a warning above the page.",
		"crlf": "lines end in CR LF, so the YAML header is not seen: {{.Host}} will show it as text. " +
			"Save the file with LF alone. Lines concerned: {{.Count}}.",
		"bom": "a byte-order mark begins the file, so the YAML header is not seen: {{.Host}} will show it as text. " +
			"Save the file as UTF-8 without one.",
		"mark":  "the YAML header is not seen, since blanks follow the first “---”: {{.Host}} will show it as text.",
		"write": "Write: {{.Line}}",
	},
	check: checkFrontMatter,
}

func checkFrontMatter(p *pass) {
	args := map[string]any{"Host": hostTitle(p.host)}
	f := p.md.Front
	if f == nil || f.Err == nil {
		return
	}
	args["Detail"] = f.Err.Detail
	start := int32(f.Err.Offset)
	line, _ := p.md.Position(start)
	end := p.md.LineEnd(line)
	switch f.Err.Reason {
	case "colon":
		end = start + 1
	case "crlf":
		args["Count"] = bytes.Count(p.src, []byte("\r\n"))
	}
	x := p.report(start, max(start, end), f.Err.Reason, args)
	x.Detail = f.Err.Reason
	if f.Err.Fix != "" {
		x.Suggestion = p.suggest("write", map[string]any{"Line": strings.TrimSpace(f.Err.Fix)})
	}
}
