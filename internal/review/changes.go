package review

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"patchbot/internal/patch"
)

// diffDigest names what a part does to one file, wherever in the file it does it: two digests are equal when the same lines
// are taken out and put in.
func diffDigest(f *patch.File) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s %o\n", f.Status, f.OldPath, f.NewMode)
	if f.Binary {
		fmt.Fprintln(sum, f.NewBlob)
	}
	for _, h := range f.Hunks {
		for _, line := range h.Lines {
			if line != "" && line[0] != ' ' {
				fmt.Fprintln(sum, line)
			}
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// comparePartsOf matches parts of two versions: by patch id, which no rebase changes, else by title, else by the files, and
// says what is different in each. gone are the titles of those that have no successor.
func comparePartsOf(before, now *Series) (changes []Change, gone []string) {
	old := make([]*Part, len(now.Parts))
	taken := make([]bool, len(before.Parts))
	for _, same := range []func(a, b *Part) bool{
		func(a, b *Part) bool { return b.PatchID != "" && a.PatchID == b.PatchID },
		func(a, b *Part) bool { return a.Subject == b.Subject },
		func(a, b *Part) bool { return sameFiles(a, b) || len(before.Parts) == 1 && len(now.Parts) == 1 },
	} {
		for i := range now.Parts {
			for j := range before.Parts {
				if old[i] == nil && !taken[j] && same(&before.Parts[j], &now.Parts[i]) {
					old[i], taken[j] = &before.Parts[j], true
				}
			}
		}
	}
	for i := range now.Parts {
		changes = append(changes, change(old[i], &now.Parts[i], before.Total, now.Total))
	}
	for j, t := range taken {
		if !t {
			gone = append(gone, before.Parts[j].Subject)
		}
	}
	return changes, gone
}

// change compares a part with the one that it comes from, nil for none.
func change(old, now *Part, totalBefore, total int) Change {
	c := Change{Index: now.Index, What: "new"}
	if old == nil {
		return c
	}
	c.What = "changed"
	if now.PatchID != "" && now.PatchID == old.PatchID {
		c.What = "same"
	}
	if old.Index != now.Index || totalBefore != total {
		c.Was = fmt.Sprintf("%d/%d", old.Index, totalBefore)
	}
	c.Message = strings.TrimSpace(cmp.Or(old.Message, old.Subject)) != strings.TrimSpace(cmp.Or(now.Message, now.Subject))
	if c.What == "changed" {
		a, b := digests(old), digests(now)
		touched := map[string]bool{}
		for path := range a {
			touched[path] = a[path] != b[path]
		}
		for path := range b {
			touched[path] = a[path] != b[path]
		}
		for _, path := range slices.Sorted(maps.Keys(touched)) {
			if touched[path] {
				c.Files = append(c.Files, path)
			}
		}
	}
	return c
}

// digests are what a part does to its files, by path.
func digests(p *Part) map[string]string {
	all := map[string]string{}
	for i, f := range p.Files {
		if i < len(p.Diffs) {
			all[f.Path] = p.Diffs[i]
		}
	}
	return all
}

func sameFiles(a, b *Part) bool {
	paths := func(p *Part) []string {
		var all []string
		for _, f := range p.Files {
			all = append(all, f.Path)
		}
		slices.Sort(all)
		return all
	}
	return len(a.Files) > 0 && slices.Equal(paths(a), paths(b))
}

// sinceThen is what the view says about the version before: findings in words, and a line for each part. since is empty when
// there is nothing to say.
func (b *builder) sinceThen() (since, findings string, parts []string) {
	p := b.r.Progress
	if p == nil {
		return "", "", nil
	}
	if p.Before > 0 {
		args := map[string]any{"Resolved": p.Resolved, "Before": p.Before}
		switch p.Resolved {
		case p.Before:
			findings = b.count("progress.all", p.Before)
		case 0:
			findings = b.count("progress.none", p.Before)
		default:
			findings = b.say("progress.some", args) + ", " + b.count("progress.left", p.Before-p.Resolved)
		}
	}
	parts = b.changes(p)
	if findings == "" && len(parts) == 0 {
		return "", "", nil
	}
	return fmt.Sprintf("v%d", p.Since), findings, parts
}

const (
	maxChanges  = 12 // parts that have a line of their own, the unchanged ones first to lose it
	maxNewFiles = 4  // files that a line names
)

// changes has one line for each part, cut to the width of the mail.
func (b *builder) changes(p *Progress) []string {
	var lines []string
	var same, rest []int
	for _, c := range p.Parts {
		plain := c.What == "same" && !c.Message && c.Was == ""
		switch {
		case len(p.Parts) > maxChanges && plain:
			same = append(same, c.Index)
		case len(lines) == maxChanges:
			rest = append(rest, c.Index)
		default:
			lines = append(lines, b.changeLine(c))
		}
	}
	total := b.r.Series.Total
	if len(same) > 0 {
		lines = append(lines, b.list(ranges(same, total))+"  "+b.say("progress.same", nil))
	}
	if len(rest) > 0 {
		lines = append(lines, b.list(ranges(rest, total))+"  "+b.say("progress.changed", nil))
	}
	for i, title := range p.Gone {
		if i == maxChanges {
			lines = append(lines, "…")
			break
		}
		lines = append(lines, b.say("progress.gone", map[string]any{"Title": b.say("quote", map[string]any{"Text": clean(title)})}))
	}
	if n := p.Dropped - len(p.Gone); n > 0 { // a report of an earlier program has no titles
		lines = append(lines, b.count("progress.dropped", n))
	}
	for i, line := range lines {
		lines[i] = cut(line, proseWidth-2)
	}
	return lines
}

// changeLine is "2/3  changed: commit message; index.md, faq.md (was 1/2)".
func (b *builder) changeLine(c Change) string {
	text := b.say("progress."+c.What, nil)
	var what []string
	if c.Message {
		what = append(what, b.say("progress.message", nil))
	}
	if files := c.Files[:min(len(c.Files), maxNewFiles)]; len(files) > 0 {
		names := clean(strings.Join(files, ", "))
		if len(files) < len(c.Files) {
			names += ", …"
		}
		what = append(what, names)
	}
	if c.What == "changed" && len(what) == 0 {
		what = append(what, b.say("progress.context", nil))
	}
	if len(what) > 0 {
		if c.What == "same" {
			text = b.say("progress.reworded", nil)
		} else {
			text = b.say("progress.detail", map[string]any{"What": text, "Which": strings.Join(what, b.say("semicolon", nil))})
		}
	}
	if c.Was != "" && !b.r.Series.Single() {
		text += " " + b.say("paren", map[string]any{"Text": b.say("progress.was", map[string]any{"Place": c.Was})})
	}
	if number := b.number(c.Index); number != "" {
		return number + "  " + text
	}
	return text
}
