package review

import (
	"fmt"
	"strconv"
	"strings"

	"patchbot/internal/checks"
	"patchbot/internal/patch"
	"patchbot/internal/repo"
	"patchbot/internal/wiki"
)

// view is what a skeleton is filled from. All text in it is clean and in the language of the voice; nothing in it needs
// to be computed by a template.
type view struct {
	Verdict string // clean, remarks, changes-needed, does-not-apply, incomplete, not-reviewed
	Single  bool   // one patch; else a series
	Mark    string // "v2", empty for the first version
	Total   int    // patches of the series
	ID      string // version id

	Rows    []row  // table of the parts, none for a single patch
	RowsCut string // what the table leaves out, empty when nothing

	Branch  string // with the quotation marks of the language
	Base    string // short commit id of the base
	OnTip   bool   // the base is the tip of the branch
	How     string // exact, offset, three-way
	Offset  int    // lines, of the part that moved most
	TwoGits bool   // versions of git differ on it

	Carried string // parts that come from the version before, "1/3 and 2/3"
	Below   string // series that it was applied on top of, empty when none
	Lacking string // what it stands on and was not applied on top of, with the reasons, empty when nothing

	Pages    int      // pages touched
	Links    int      // links added
	AllFine  bool     // every added link was looked at and is fine
	Since    string   // "v1": the version that Progress and Changes compare with, empty when there is nothing to say
	Progress string   // "3 of 4 findings resolved, 1 remains"
	Changes  []string // a line for each part: "2/2  changed: index.md"
	Moved    bool     // it did apply before the branch moved
	Late     int      // links that turned out dead after the review, which is all there is to say; else 0

	Mailed *mailed // what the way of mailing did to it, nil when nothing

	Fixed     int      // old problems repaired
	Inherited int      // old problems left
	Unchecked string   // how many links were not checked and why, empty when none
	Retry     bool     // unchecked links are tried again later
	Renames   []string // "a.md → b.md", at most five
	Renamed   int      // number of renames when there are more

	Counts   string    // "2 errors and 1 remark"
	Groups   []group   // findings by part
	More     string    // findings left out, counted by rule, empty when none
	Conflict *conflict // where it does not fit, nil when it does
	Already  *seen     // commit that holds the changes, nil when unknown
	Received string    // "1/3 and 3/3"
	Missing  string    // "2/3"
	Absent   int       // how many parts that is
	Reason   string    // why it was not reviewed: a key of the skeleton's own
	Where    string    // the mail in question, "2/3", empty for a single patch
	Title    string    // of the patch in question, empty for a single one
	Why      string    // why git cannot read it: a reason as in patch.BadMail
	Line     int       // of the diff, where it is broken; 0 when unknown
	Broken   string    // that line, quoted
	Short    bool      // it is the header of a hunk that has fewer lines than it says
	Commands commands  // to copy

	Report string // URL of the full report, empty without web pages
	Rules  string // URL of the rules, empty without web pages
	Listen bool   // the bot obeys commands in mails
	Signed bool   // the text ends with a signature
}

// row is a line of the table of parts, ready to print.
type row struct{ Number, Title, State string }

// group is the findings of one part under its heading.
type group struct {
	Heading string // "1/2 title", empty for a single patch
	Items   []item
}

// item is one finding: lines to quote, then text.
type item struct {
	Quote []string
	Text  string
}

// seen is a commit, ready to print.
type seen struct{ ID, Title, Date string }

// conflict is the place where a part does not fit.
type conflict struct {
	Reason  string // as in repo.Failure
	Status  string // as in repo.Status
	Where   string // "2/3", empty for a single patch
	Path    string
	Line    int
	Passage bool     // it is about Expect, and not about the file as such
	Expect  []string // quoted
	Found   []string // quoted
	Changed *seen
	Worked  *seen
	Behind  int  // commits
	Fits    bool // it applies to Worked
}

// mailed is why git reads a mail otherwise than a person.
type mailed struct {
	Kind    string // as in Mailed
	Where   string // "2/3", empty for a single patch
	Charset string
	Path    string
	Line    int  // of the diff
	Altered bool // git applies it, with another content
	Unfit   bool // it would not apply either if git read it as a person does
}

// builder makes the view; the first error stays and stops the rest from mattering.
type builder struct {
	*voice
	r   *Report
	o   RenderOptions
	err error
}

func (b *builder) say(id string, args map[string]any) string {
	s, err := b.voice.say(id, args)
	b.keep(err)
	return s
}

func (b *builder) count(id string, n int) string {
	s, err := b.voice.count(id, n)
	b.keep(err)
	return s
}

func (b *builder) keep(err error) {
	if b.err == nil {
		b.err = err
	}
}

// view puts the report into words, with at most maxFindings findings in full.
func (v *voice) view(r *Report, o RenderOptions, maxFindings int) (*view, error) {
	b := &builder{voice: v, r: r, o: o}
	s := &r.Series
	w := &view{
		Verdict: string(r.Verdict), Single: s.Single(), Total: s.Total, ID: s.VersionID(),
		Branch: b.say("quote", map[string]any{"Text": keepTogether(clean(b.branch()))}), Base: short(r.Base.Commit),
		OnTip: r.Base.How == "" || r.Base.How == "tip", How: string(r.Apply.How), TwoGits: r.Apply.DependsOnGit,
		Pages: pages(s.Parts), Links: r.LinkCount, AllFine: r.allLinksFine(), Fixed: r.Fixed, Inherited: r.Inherited,
		Retry: o.Retry, Listen: o.Listen, Signed: !o.Unsigned, Commands: b.commands(),
		Report: ReportURL(o.WebURL, s), Rules: rulesURL(o.WebURL),
	}
	if s.Labelled() > 1 {
		w.Mark = "v" + strconv.Itoa(s.Labelled())
	}
	if len(s.Carried) > 0 {
		w.Carried = b.list(ranges(s.Carried, s.Total))
	}
	for _, p := range s.Parts {
		w.Offset = max(w.Offset, p.Offset, -p.Offset)
	}
	w.Below, w.Lacking = b.below(), b.lacking()
	w.Rows, w.RowsCut = b.rows()
	w.Since, w.Progress, w.Changes = b.sinceThen()
	w.Moved, w.Mailed = r.Moved, b.mailed()
	if r.Late > 0 {
		w.Late = len(r.Findings)
	}
	w.Renames, w.Renamed = b.renames()
	w.Unchecked = b.unchecked()
	w.Counts = b.counts(tally(r.Findings))
	w.Groups, w.More = b.groups(maxFindings)
	w.Conflict = b.conflict()
	w.Already = b.seen(r.Apply.Already)
	w.Received, w.Missing = b.received()
	w.Absent = len(s.Missing)
	w.because(b)
	return w, b.err
}

func (b *builder) branch() string {
	for _, name := range []string{b.o.Branch, b.r.Base.Branch} {
		if name != "" {
			return name
		}
	}
	return "main"
}

// number is "2/3", or empty for a single patch.
func (b *builder) number(index int) string {
	if b.r.Series.Single() {
		return ""
	}
	return fmt.Sprintf("%d/%d", index, b.r.Series.Total)
}

func (b *builder) seen(c *Commit) *seen {
	if c == nil {
		return nil
	}
	s := &seen{ID: short(c.ID), Title: cut(clean(c.Title), 60)}
	if !c.When.IsZero() {
		day, err := b.date(c.When)
		b.keep(err)
		s.Date = day
	}
	return s
}

// tallied counts findings by severity.
type tallied struct{ errors, warnings, notes int }

func tally(all []Finding) tallied {
	var t tallied
	for _, f := range all {
		switch f.Severity {
		case checks.Error:
			t.errors++
		case checks.Warning:
			t.warnings++
		case checks.Note:
			t.notes++
		}
	}
	return t
}

// counts is "2 errors, 1 warning and 1 note", without what is zero.
func (b *builder) counts(t tallied) string {
	var some []string
	if t.errors > 0 {
		some = append(some, b.count("count.error", t.errors))
	}
	if t.warnings > 0 {
		some = append(some, b.count("count.warning", t.warnings))
	}
	if t.notes > 0 {
		some = append(some, b.count("count.note", t.notes))
	}
	return b.list(some)
}

// list joins with commas and the language's "and".
func (b *builder) list(all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	last := len(all) - 1
	return b.say("and", map[string]any{"First": strings.Join(all[:last], ", "), "Last": all[last]})
}

// allLinksFine reports whether "all of them fine" may be said of the added links: nobody complained about one, and none was
// left unchecked.
func (r *Report) allLinksFine() bool {
	return r.LinkCount > 0 && len(r.Findings) == 0 && len(r.Unchecked) == 0 && (r.Probed || len(r.Links) == 0)
}

// pages counts the pages among the files that the parts touch; a page touched twice counts once.
func pages(parts []Part) int {
	touched := map[string]bool{}
	for _, p := range parts {
		for _, f := range p.Files {
			if wiki.IsPage(f.Path) {
				touched[f.Path] = true
			}
		}
	}
	return len(touched)
}

// maxRenames is how many renames are listed one by one.
const maxRenames = 5

func (b *builder) renames() ([]string, int) {
	var all []string
	for _, p := range b.r.Series.Parts {
		for _, f := range p.Files {
			if f.Status == patch.StatusRenamed {
				all = append(all, clean(f.OldPath)+" → "+clean(f.Path))
			}
		}
	}
	if len(all) > maxRenames {
		return nil, len(all)
	}
	return all, 0
}

// unchecked counts the links that could not be judged, by reason, in the order of their first appearance.
func (b *builder) unchecked() string {
	n := map[string]int{}
	var order []string
	for _, u := range b.r.Unchecked {
		if n[u.Reason] == 0 {
			order = append(order, u.Reason)
		}
		n[u.Reason]++
	}
	var each []string
	for _, reason := range order {
		why, err := b.voice.say("unchecked."+reason, nil)
		if err != nil { // a reason of the network that has no words of its own
			why = clean(reason)
		}
		each = append(each, b.count("count.unchecked", n[reason])+" "+b.say("paren", map[string]any{"Text": why}))
	}
	return b.list(each)
}

// short is the form of a commit id that people read: 12 digits.
func short(id string) string { return id[:min(12, len(id))] }

// state is the last column of the table of parts.
func (b *builder) state(p *Part) string {
	if b.r.Apply.Status == repo.StatusApplied && p.Status == repo.StatusApplied {
		var mine []Finding
		for _, f := range b.r.Findings {
			if f.Part == p.Index {
				mine = append(mine, f)
			}
		}
		if len(mine) > 0 {
			return b.counts(tally(mine))
		}
		for _, f := range b.r.Repaired {
			if f.Part == p.Index {
				return b.say("part.repaired", map[string]any{"By": b.number(f.By)})
			}
		}
		return b.say("part.clean", nil)
	}
	return b.say("part."+string(p.Status), nil)
}
