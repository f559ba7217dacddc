package review

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"patchbot/internal/checks"
)

const (
	maxFindings = 20  // in full in one mail
	maxPerRule  = 5   // of them, of one rule
	quoteWidth  = 200 // of a quoted line, in display columns
	maxQuoted   = 5   // lines of one quotation
	tagGap      = "   "
)

// choose picks the findings to show in full: errors before the rest when not all fit, but always in the order of the
// report. The number of those left out is given by rule.
func choose(all []Finding, limit int) (shown []Finding, left map[string]int) {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(all[b].Severity) - int(all[a].Severity) })
	perRule, picked := map[string]int{}, map[int]bool{}
	for _, i := range order {
		if len(picked) < limit && perRule[all[i].Rule] < maxPerRule {
			perRule[all[i].Rule]++
			picked[i] = true
		}
	}
	left = map[string]int{}
	for i, f := range all {
		if picked[i] {
			shown = append(shown, f)
		} else {
			left[f.Rule]++
		}
	}
	return shown, left
}

// groups puts the findings into words, by part.
func (b *builder) groups(limit int) (groups []group, more string) {
	if b.r.Verdict != VerdictRemarks && b.r.Verdict != VerdictChangesNeeded {
		return nil, ""
	}
	shown, left := choose(b.r.Findings, limit)
	var quoted *Finding // the one that the last quotation of the group belongs to
	for i, f := range shown {
		if i == 0 || shown[i-1].Part != f.Part {
			groups = append(groups, group{Heading: b.heading(f.Part)})
			quoted = nil
		}
		quote := b.quoteFinding(f, quoted)
		if len(quote) > 0 {
			quoted = &shown[i]
		}
		g := &groups[len(groups)-1]
		g.Items = append(g.Items, item{Quote: quote, Text: b.text(f)})
	}
	return groups, b.more(left)
}

func (b *builder) heading(index int) string {
	number := b.number(index)
	if number == "" || index == 0 {
		return ""
	}
	heading := number
	for _, p := range b.r.Series.Parts {
		if p.Index == index {
			heading += " " + clean(p.Subject)
		}
	}
	return cut(heading, proseWidth)
}

// more is one line about the findings that are not shown: "14 more: 9 of broken-link, 5 of bare-url".
func (b *builder) more(left map[string]int) string {
	total := 0
	rules := make([]string, 0, len(left))
	for rule, n := range left {
		rules = append(rules, rule)
		total += n
	}
	if total == 0 {
		return ""
	}
	sort.Slice(rules, func(i, j int) bool {
		if left[rules[i]] != left[rules[j]] {
			return left[rules[i]] > left[rules[j]]
		}
		return rules[i] < rules[j]
	})
	var each []string
	for _, rule := range rules {
		each = append(each, keepTogether(fmt.Sprintf("%d [%s]", left[rule], rule)))
	}
	return b.count("count.more", total) + " " + strings.Join(each, ", ") + "."
}

// quoteFinding is the place of the finding as a reviewer would quote it: the file once, then the line, unless the quotation
// before, which belongs to another finding of the same part, showed the same one.
func (b *builder) quoteFinding(f Finding, before *Finding) []string {
	if f.Source == "" {
		return nil
	}
	if before != nil && before.Path == f.Path && before.Line == f.Line {
		return nil
	}
	var lines []string
	if f.Added && (before == nil || before.Path != f.Path || !before.Added) {
		lines = append(lines, cut("> +++ b/"+clean(f.Path), quoteWidth))
	}
	mark := "> "
	if f.Added {
		mark = "> +"
	}
	return append(lines, quoteLine(mark, around(f.Source, f.Column, f.EndColumn)))
}

// around leaves the start of a line out, when the place would otherwise lie behind what is cut from a quoted line.
func around(line string, start, end int) string {
	const lead = 60 // runes before the place
	runes := []rune(line)
	if end <= start || end > len(runes)+1 {
		end = min(start+1, len(runes)+1)
	}
	if start <= lead || columns(string(runes[:min(end-1, len(runes))])) < quoteWidth-4 {
		return line
	}
	return "…" + string(runes[min(start-1, len(runes))-lead:])
}

// quoteLine is one line behind a mark of quotation. Tabs stay, other control characters do not.
func quoteLine(mark, line string) string {
	parts := strings.Split(line, "\t")
	for i, p := range parts {
		parts[i] = clean(p)
	}
	return cut(mark+strings.Join(parts, "\t"), quoteWidth)
}

// text is the finding below its quotation: anchor, what is wrong, what to write instead, the rule.
func (b *builder) text(f Finding) string {
	text, err := b.sentence(f)
	b.keep(err)
	lines := fold(text, proseWidth)
	tag := "[" + f.Rule + "]"
	last := lines[strings.LastIndexByte(lines, '\n')+1:]
	if columns(last)+len(tagGap)+columns(tag) <= proseWidth {
		return lines + tagGap + tag
	}
	return lines + "\n" + tag
}

// sentence is the text of a finding without quotation and tag, not folded: "path:line:column: error: …", and the
// suggestion on a line of its own.
func (v *voice) sentence(f Finding) (string, error) {
	message, err := v.message(f.Message)
	if err != nil {
		return "", err
	}
	severity, err := v.say("severity."+f.Severity.String(), nil)
	if err != nil {
		return "", err
	}
	text, err := v.say("finding", map[string]any{"Place": keepTogether(place(f)), "Severity": severity, "Text": message})
	if err != nil || f.Suggestion.Zero() {
		return text, err
	}
	suggestion, err := v.message(f.Suggestion)
	return text + "\n" + suggestion, err
}

// place is path:line:column, as compilers and grep write it. A path that would make its line a quotation,
// a command or a part of a patch begins with "./".
func place(f Finding) string {
	path := clean(f.Path)
	if strings.HasPrefix(path, ">") || strings.HasPrefix(path, " ") || looksLikePatch(path+" ") {
		path = "./" + path
	}
	return fmt.Sprintf("%s:%d:%d", path, f.Line, f.Column)
}

// message puts a message of a rule into words. What fills its placeholders comes from the wiki: it is cleaned, cut like a
// quoted line, and never broken at its blanks, so that it can be copied. A whole number called N or Count chooses the
// plural form.
func (v *voice) message(m checks.Message) (string, error) {
	args := make(map[string]any, len(m.Args))
	var number any
	for k, value := range m.Args {
		switch x := value.(type) {
		case string:
			value = keepTogether(cut(clean(x), quoteWidth))
		case int:
			if k == "N" || k == "Count" {
				number = x
			}
		}
		args[k] = value
	}
	return v.localize(config(m.ID, args, number))
}
