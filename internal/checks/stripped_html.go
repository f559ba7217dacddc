package checks

var strippedHTML = &Rule{
	ID:       "stripped-html",
	Aliases:  []string{"MD033"},
	Severity: Warning,
	Scope:    ScopePage,
	Title:    "The site keeps the HTML of a page",
	Why: "Sites remove tags and attributes that they do not trust. On man.sr.ht “<col>” and “<iframe>” vanish, “name” is no " +
		"place to link to, and an id is sure to stay only on “<a>” and on headings.",
	Bad:  "<a name=\"licence\"></a>\n",
	Good: "<a id=\"licence\"></a>\n",
	Messages: map[string]string{
		"tag":   "{{.Host}} removes “<{{.Tag}}>”.",
		"name":  "{{.Host}} removes “name”: links to “#{{.ID}}” do not get here.",
		"id":    "not every version of {{.Host}} keeps an id on “<{{.Tag}}>”: put it on “<a>”.",
		"write": "Write “{{.Text}}”.",
	},
	check: checkStrippedHTML,
}

func checkStrippedHTML(p *pass) {
	for i := range p.md.Tags {
		t := &p.md.Tags[i]
		if t.Close {
			continue
		}
		args := map[string]any{"Tag": t.Name, "Host": hostTitle(p.host)}
		if !p.host.Keeps(t.Name, "") {
			end := min(t.End, p.md.LineEnd(p.md.LineOf(t.Start)))
			p.report(t.Start, end, "tag", args).Detail = t.Name
			continue
		}
		for _, a := range t.Attrs {
			if a.Name != "id" && a.Name != "name" || a.Value == "" || p.host.Keeps(t.Name, a.Name) {
				continue
			}
			if _, ok := t.Attr("id"); ok && a.Name == "name" {
				continue // the id does what the name was for
			}
			args["ID"] = a.Value
			f := p.report(a.Start, a.End, a.Name, args)
			f.Detail = t.Name + "#" + a.Value
			f.Suggestion = p.suggest("write", map[string]any{"Text": `<a id="` + a.Value + `"></a>`})
		}
	}
}
