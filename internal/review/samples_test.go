package review

import (
	"fmt"
	"strings"
	"time"

	"patchbot/internal/checks"
	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
)

// reply is a report and what it is rendered with.
type reply struct {
	report  *Report
	options RenderOptions
}

func onList() RenderOptions {
	return RenderOptions{
		List: ListSourceHut, ListAddress: "~etalab/logiciels-libres@lists.sr.ht", Archive: "https://lists.sr.ht/~etalab/logiciels-libres",
		Branch: "main",
	}
}

func withWeb() RenderOptions {
	o := onList()
	o.Mbox = "https://lists.sr.ht/~etalab/logiciels-libres/patches/812/mbox"
	o.GitURL, o.FetchRef = "https://patchbot.example.org/git", "812-v2"
	o.WebURL, o.Listen, o.Retry = "https://patchbot.example.org", true, true
	return o
}

const tip = "4af2a96cef5b6a7d8e9f00112233445566778899"

// posted is a series of parts with these titles, applied to the tip of main.
func posted(version int, subject string, titles ...string) *Report {
	r := &Report{
		Series: Series{
			ID: "812", Prefix: "logiciels-libres", Version: version, Total: len(titles), Subject: subject,
			Author: email.Address{Name: "Camille Martin", Addr: "camille@example.org"},
			Root:   "20221123101500.4242-1-camille@example.org",
		},
		Base:  Base{Commit: tip, Branch: "main", How: "tip"},
		Apply: Apply{Status: repo.StatusApplied, How: repo.HowExact, Tree: "9b2b8e0c7f1d3a5b4c6d7e8f9012345678901234"},
	}
	mark := ""
	if version > 1 {
		mark = fmt.Sprintf(" v%d", version)
	}
	r.Series.RootSubject = fmt.Sprintf("[PATCH logiciels-libres%s] %s", mark, subject)
	if len(titles) > 1 {
		r.Series.RootSubject = fmt.Sprintf("[PATCH logiciels-libres%s 0/%d] %s", mark, len(titles), subject)
		r.Series.Cover = r.Series.Root
	}
	for i, title := range titles {
		id := fmt.Sprintf("20221123101500.4242-%d-camille@example.org", i+2)
		if len(titles) == 1 {
			id = r.Series.Root
		}
		r.Series.Parts = append(r.Series.Parts, Part{
			Index: i + 1, MessageID: id, Subject: title, Author: r.Series.Author, Message: title + "\n",
			Date:    time.Date(2022, time.November, 23, 10, 15, 0, 0, time.FixedZone("", 3600)),
			PatchID: fmt.Sprintf("%040x", i+1), Status: repo.StatusApplied, How: repo.HowExact, Commit: fmt.Sprintf("%040x", i+17),
		})
		r.Apply.Commits = append(r.Apply.Commits, fmt.Sprintf("%040x", i+17))
	}
	return r
}

// touch says which pages a part changes.
func touch(r *Report, index int, paths ...string) {
	p := &r.Series.Parts[index-1]
	for _, path := range paths {
		p.Files = append(p.Files, File{Path: path, Status: patch.StatusModified})
	}
}

func judged(r *Report) *Report {
	r.Verdict = Judge(r)
	return r
}

// found is a finding of a rule on an added line.
func found(part int, path string, line, column int, rule, key string, args map[string]any, source string) Finding {
	def := checks.ByID(rule)
	return Finding{Added: true, Finding: checks.Finding{
		Part: part, Path: path, Line: line, Column: column, EndLine: line, EndColumn: column + 5, Rule: rule, Severity: def.Severity,
		Message: checks.Message{ID: rule + "." + key, Args: args}, Source: source,
	}}
}

// failed makes a report of a series that stopped at a part.
func failed(r *Report, status repo.Status, f Failure) *Report {
	r.Apply = Apply{Status: status, Failed: &f}
	for i := range r.Series.Parts {
		p := &r.Series.Parts[i]
		switch {
		case p.Index == f.Index:
			p.Status, p.How, p.Commit = status, "", ""
		case p.Index > f.Index:
			p.Status, p.How, p.Commit = repo.StatusNotTried, "", ""
		}
	}
	return judged(r)
}

func day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 11, 30, 0, 0, time.FixedZone("", 3600))
}

// replies are the mails of every verdict.
func replies() map[string]reply {
	return map[string]reply{
		"changes":        {changesNeeded(), withWeb()},
		"changes-single": {changesSingle(), onList()},
		"remarks":        {remarks(), onList()},
		"clean":          {clean2(), withWeb()},
		"clean-single":   {cleanSingle(), onList()},
		"conflict":       {conflicting(), onList()},
		"already":        {already(), onList()},
		"difficult":      {difficult(), withWeb()},
		"second":         {second(), onList()},
		"moved":          {moved(), onList()},
		"late":           {late(), withWeb()},
		"incomplete":     {incomplete(), onList()},
		"incomplete-two": {incompleteTwo(), onList()},
		"second-single":  {secondSingle(), onList()},
		"flowed":         {damaged(patch.DamageFlowed), onList()},
		"trouble":        {troubled(), onList()},
		"corrupt":        {corrupt(), onList()},
	}
}

func changesNeeded() *Report {
	r := posted(1, "Guides : page « publier »", "guides: Add publier.md", "index: Link to guides/publier.md")
	touch(r, 1, "guides/publier.md")
	touch(r, 2, "index.md")
	host := "man.sr.ht"
	colon := found(1, "guides/publier.md", 2, 15, "front-matter", "colon", map[string]any{"Host": host}, "title: Publier : mode d'emploi")
	colon.Suggestion = checks.Message{ID: "front-matter.write", Args: map[string]any{"Line": `title: "Publier : mode d'emploi"`}}
	link := found(1, "guides/publier.md", 9, 15, "broken-link", "no-extension", map[string]any{"Target": "faq-publier", "Host": host},
		"Voir la [FAQ](faq-publier) avant de publier.")
	link.Suggestion = checks.Message{ID: "broken-link.did-you-mean", Args: map[string]any{"Target": "faq-publier.md"}}
	site := found(2, "index.md", 48, 13, "swallowed-punctuation", "swallowed", map[string]any{"Host": host, "Mark": ",", "URL": "https://sill.code.gouv.fr/,"},
		"Le logiciel https://sill.code.gouv.fr/, recense…")
	site.Severity = checks.Warning
	r.Findings = []Finding{colon, link, site}
	r.Unchecked = []Unchecked{{URL: "https://slow.example.org/", Reason: "timeout"}}
	r.LinkCount = 3
	return judged(r)
}

func changesSingle() *Report {
	r := posted(1, "index.en: Link to the guides", "index.en: Link to the guides")
	touch(r, 1, "index.en.md")
	anchor := found(1, "index.en.md", 31, 9, "broken-anchor", "other-page", map[string]any{"Page": "guides.en.md", "Fragment": "publish"}, "See the [guides](guides.en.md#publish).")
	anchor.Suggestion = checks.Message{ID: "broken-anchor.did-you-mean", Args: map[string]any{"Fragment": "publishing"}}
	r.Findings, r.Inherited = []Finding{anchor}, 2
	return judged(r)
}

// remarks is a patch that deletes a heading to which another page leads.
func remarks() *Report {
	r := posted(3, "guides: Reorder", "guides: Reorder")
	touch(r, 1, "guides.md")
	in := found(1, "index.md", 12, 5, "inbound-link", "anchor", map[string]any{"Page": "guides.md", "Target": "guides.md#publier", "Fragment": "publier"},
		"* [Publier un logiciel](guides.md#publier)")
	in.Severity, in.Added = checks.Warning, false
	r.Findings, r.Apply.How = []Finding{in}, repo.HowThreeWay
	return judged(r)
}

func clean2() *Report {
	r := posted(2, "Guides : page « publier »", "guides: Add publier.md", "index: Link to guides/publier.md")
	touch(r, 1, "guides/publier.md")
	touch(r, 2, "index.md")
	r.LinkCount, r.Probed, r.Fixed = 7, true, 1
	return judged(r)
}

func cleanSingle() *Report {
	r := posted(1, "index: Fix a typo", "index: Fix a typo")
	touch(r, 1, "index.md")
	return judged(r)
}

func conflicting() *Report {
	r := failed(posted(1, "Guides : nouvelle introduction", "guides: Fix links", "guides: Rewrite introduction", "index: Update"),
		repo.StatusConflict, Failure{
			Index: 2, Path: "guides.md", Line: 12, Reason: "hunk",
			Expect: []string{"# Guides logiciels libres : utiliser, publier et contribuer"}, Found: []string{"# Guides du logiciel libre"},
		})
	r.Apply.Changed = &Commit{ID: "9fc12ab4d5e6f708192a3b4c5d6e7f8091a2b3c4", Title: "guides: New title", When: day(2022, time.March, 2)}
	r.Apply.Worked = &Commit{ID: "a347d2c5f60718293a4b5c6d7e8f90a1b2c3d4e5", Title: "guides: Typo", When: day(2022, time.January, 30)}
	r.Apply.Behind = 14
	return r
}

func already() *Report {
	r := posted(1, "index: Fix a typo", "index: Fix a typo")
	r.Apply = Apply{Status: repo.StatusAlreadyApplied, Already: &Commit{ID: "2ca2043b19d4e5f60718293a4b5c6d7e8f90a1b2", Title: "index: Fix a typo", When: day(2022, time.February, 27)}}
	r.Series.Parts[0].Status = repo.StatusAlreadyApplied
	return judged(r)
}

func incomplete() *Report {
	r := posted(1, "Guides", "guides: One", "guides: Two", "guides: Three")
	r.Base, r.Apply = Base{}, Apply{Status: repo.StatusNotTried}
	r.Series.Parts = append(r.Series.Parts[:1], r.Series.Parts[2])
	r.Series.Missing = []int{2}
	return judged(r)
}

func incompleteTwo() *Report {
	r := incomplete()
	r.Series.Parts, r.Series.Missing = r.Series.Parts[:1], []int{2, 3}
	return judged(r)
}

// secondSingle is a patch that repairs all that was found in its first version.
func secondSingle() *Report {
	r := cleanSingle()
	r.Series.Version = 2
	r.Progress = &Progress{Since: 1, Before: 2, Resolved: 2, Parts: []Change{{Index: 1, What: "changed", Message: true, Files: []string{"index.md"}}}}
	return judged(r)
}

func damaged(kind patch.Damage) *Report {
	r := posted(1, "index: Fix a typo", "index: Fix a typo")
	r.Base, r.Apply = Base{}, Apply{Status: repo.StatusNotTried}
	r.Series.Defect, r.Series.Damage = patch.ReasonBrokenByMailer, &Damage{Kind: kind, Part: 1}
	return judged(r)
}

func troubled() *Report {
	r := posted(1, "index: Fix a typo", "index: Fix a typo")
	r.Base, r.Apply = Base{}, Apply{Status: repo.StatusNotTried}
	r.Trouble = &Trouble{Detail: "fetch wiki: connection refused"}
	return judged(r)
}

func corrupt() *Report {
	return failed(posted(1, "Guides", "guides: One", "guides: Two"), repo.StatusCorrupt, Failure{Index: 2, Line: 17, Reason: "syntax", Found: []string{"publique."}})
}

// second is a second version that resolves most of what the first one was told.
func second() *Report {
	r := changesSingle()
	r.Series.Total, r.Series.Version = 2, 2
	other := r.Series.Parts[0]
	other.Index, other.Subject = 2, "guides: Rename a heading"
	r.Series.Parts = append(r.Series.Parts, other)
	r.Progress = &Progress{Since: 1, Before: 4, Resolved: 3, Gone: []string{"index.en: Draft"},
		Parts: []Change{{Index: 1, What: "changed", Message: true, Files: []string{"faq.en.md", "index.en.md"}}, {Index: 2, What: "same", Was: "3/3"}}}
	return judged(r)
}

// late is what is said when a link turns out dead after the review.
func late() *Report {
	r := clean2()
	r.Links = []Link{{URL: "https://sill.example.org/guide", Part: 2, Path: "index.md", Line: 48, Column: 13, EndLine: 48, EndColumn: 47,
		Source: "Le guide du [SILL](https://sill.example.org/guide) recense…"}}
	r.Unchecked = []Unchecked{{URL: "https://sill.example.org/guide", Reason: "timeout", Again: true}}
	set, err := checks.NewSet(nil)
	if err != nil {
		panic(err)
	}
	_, news := r.Settle(set, []checks.Answer{{URL: "https://sill.example.org/guide", Class: checks.Broken, Cause: "not-found", Status: 404, Looks: 2}}, 1)
	return news
}

// moved is a series that did apply until the branch went on.
func moved() *Report {
	r := conflicting()
	r.Moved = true
	return r
}

// difficult has long, wide, right-to-left and pictorial text everywhere.
func difficult() *Report {
	r := posted(1, "日本語のページ", "guides: Réécrire entièrement l'introduction, la conclusion et tout ce qui se trouve entre les deux",
		"日本語のページを追加して、リンクをすべて確認して、目次も更新しました", "مرحبا بالعالم: إضافة صفحة", "🎉 Publier 🚀")
	path := "un dossier au nom très long/et un fichier au nom plus long encore, avec des espaces.md"
	touch(r, 1, path)
	touch(r, 3, "صفحة.md")
	long := strings.Repeat("Une phrase qui ne finit jamais. ", 12) + "[lien](nulle part)"
	r.Findings = []Finding{
		found(1, path, 3, len([]rune(long))-17, "broken-link", "no-page", map[string]any{"Target": "nulle%20part"}, long),
		found(3, "صفحة.md", 1, 3, "broken-link", "no-page", map[string]any{"Target": "ليس هنا.md"}, "\t[مرحبا](ليس هنا.md)"),
		found(4, "index.md", 9, 1, "broken-link", "no-page", map[string]any{"Target": "https://example.org/" + strings.Repeat("très-long/", 20)}, "🎉"),
	}
	return judged(r)
}
