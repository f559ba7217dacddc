package checks

import (
	"net/url"

	"patchbot/internal/wiki"
)

var lostScheme = &Rule{
	ID:       "lost-scheme",
	Severity: Error,
	Scope:    ScopePage,
	Title:    "Links keep their destination on the site",
	Why: "The site removes destinations with a scheme it does not allow, such as “tel:” or “data:”: the text stays, the link " +
		"is gone. A file name with a colon is taken for a scheme too, unless “./” stands before it.",
	Bad:  "[LemonLDAP::NG](lemonldap::ng.md)\n",
	Good: "[LemonLDAP::NG](./lemonldap::ng.md)\n",
	Messages: map[string]string{
		"colon":  "{{.Host}} takes “{{.Scheme}}:” for a scheme and drops the link.",
		"scheme": "{{.Host}} drops links that begin with “{{.Scheme}}:”: readers see plain text.",
		"write":  "Write “{{.Target}}”.",
	},
	check: checkLostScheme,
}

func checkLostScheme(p *pass) {
	for _, pl := range p.places() {
		if pl.ref.Kind != wiki.LostScheme {
			continue
		}
		args := map[string]any{"Target": pl.link.Dest, "Scheme": pl.ref.Scheme, "Host": hostTitle(p.host)}
		dotted := "./" + pl.link.Dest
		ref := p.host.Locate(p.path, dotted, p.own)
		answer, _ := p.host.Answer(p.tree, ref)
		decoded, err := url.PathUnescape(pl.link.Dest)
		isFile := ref.Kind == wiki.Internal && answer != wiki.Missing || err == nil && wiki.IsPage(decoded)
		key := "scheme"
		if isFile {
			key = "colon"
		}
		f := p.report(pl.link.Start, pl.link.End, key, args)
		f.Detail = pl.link.Dest
		if isFile {
			f.Suggestion = p.suggest("write", map[string]any{"Target": dotted})
		}
	}
}
