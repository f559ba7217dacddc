package review

import (
	"fmt"
	"io"
	"strings"

	"patchbot/internal/checks"
)

// Explain is the text of `patchbot explain`: what a rule wants, how much it weighs, why, and a bad and a good example.
func (t *Translator) Explain(rule *checks.Rule, lang Lang) (string, error) {
	b, err := t.explainer(lang)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%s (%s)\n\n%s.\n\n%s\n\n%s\n\n%s\n%s\n\n%s", names(rule), b.severity(rule.Severity), b.say(titleOf(rule.ID)),
		b.say(whyOf(rule.ID)), b.say("explain.bad"), indent(rule.Bad), b.say("explain.good"), indent(rule.Good))
	return unglue(fold(text, proseWidth)), b.err
}

// WriteRules lists the rules with the severity that applies, in columns.
func (t *Translator) WriteRules(w io.Writer, set *checks.Set, lang Lang) error {
	b, err := t.explainer(lang)
	if err != nil {
		return err
	}
	idWidth, severityWidth := 0, 0
	for _, rule := range checks.All() {
		idWidth = max(idWidth, columns(rule.ID))
		severityWidth = max(severityWidth, columns(b.severity(set.Level(rule.ID))))
	}
	var out strings.Builder
	for _, rule := range checks.All() {
		fmt.Fprintf(&out, "%s  %s  %s\n", pad(rule.ID, idWidth), pad(b.severity(set.Level(rule.ID)), severityWidth), b.say(titleOf(rule.ID)))
	}
	if b.err != nil {
		return b.err
	}
	_, err = io.WriteString(w, out.String())
	return err
}

// WriteRulesJSON lists the rules with the severity that applies and their own one.
func (t *Translator) WriteRulesJSON(w io.Writer, set *checks.Set, lang Lang) error {
	b, err := t.explainer(lang)
	if err != nil {
		return err
	}
	type publicRule struct {
		ID       string   `json:"id"`
		Aliases  []string `json:"aliases"`
		Severity string   `json:"severity"`
		Default  string   `json:"default"`
		Scope    string   `json:"scope"`
		Title    string   `json:"title"`
		Why      string   `json:"why"`
		Bad      string   `json:"bad"`
		Good     string   `json:"good"`
	}
	out := struct {
		Rules []publicRule `json:"rules"`
	}{[]publicRule{}}
	for _, rule := range checks.All() {
		out.Rules = append(out.Rules, publicRule{
			ID: rule.ID, Aliases: orEmpty(rule.Aliases), Severity: set.Level(rule.ID).String(), Default: rule.Severity.String(),
			Scope: string(rule.Scope), Title: b.say(titleOf(rule.ID)), Why: b.say(whyOf(rule.ID)), Bad: rule.Bad, Good: rule.Good,
		})
	}
	if b.err != nil {
		return b.err
	}
	return writeJSON(w, out)
}

// pageWidth is the width of a paragraph of the page of the rules, in columns.
const pageWidth = 120

// WriteRulesMarkdown writes the page of the rules: a table, how to be told less, then each rule.
func (t *Translator) WriteRulesMarkdown(w io.Writer, lang Lang) error {
	b, err := t.explainer(lang)
	if err != nil {
		return err
	}
	var out strings.Builder
	fmt.Fprintf(&out, "# %s\n\n%s\n\n| %s | %s | %s |\n| --- | --- | --- |\n", b.say("rules.title"), b.say("rules.intro"),
		b.say("rules.rule"), b.say("explain.severity"), b.say("rules.wants"))
	for _, rule := range checks.All() {
		fmt.Fprintf(&out, "| [%s](#%s) | %s | %s |\n", rule.ID, rule.ID, b.severity(rule.Severity), strings.ReplaceAll(b.say(titleOf(rule.ID)), "|", `\|`))
	}
	fmt.Fprintf(&out, "\n## %s\n\n%s\n\n%s\n\n%s\n\n%s", b.say("rules.relax-title"), fold(b.say("rules.relax-wiki"), pageWidth),
		"```toml\n[rules]\ntitle = \"off\"\nbroken-link = \"warning\"\n```", fold(b.say("rules.relax-page"), pageWidth),
		"```markdown\n<!-- patchbot-disable-next-line near-link -->\n```\n")
	for _, rule := range checks.All() {
		fmt.Fprintf(&out, "\n## %s\n\n%s.", rule.ID, b.say(titleOf(rule.ID)))
		if len(rule.Aliases) > 0 {
			fmt.Fprintf(&out, " (%s)", strings.Join(rule.Aliases, ", "))
		}
		fmt.Fprintf(&out, "\n\n%s\n\n%s\n\n%s\n%s\n\n%s", fold(b.say(whyOf(rule.ID)), pageWidth), b.say("explain.bad"), fenced(rule.Bad), b.say("explain.good"), fenced(rule.Good))
	}
	if b.err != nil {
		return b.err
	}
	_, err = io.WriteString(w, unglue(out.String()))
	return err
}

// explainer says strings without arguments; the first error stays.
type explainer struct {
	*voice
	err error
}

func (t *Translator) explainer(lang Lang) (*explainer, error) {
	v, err := t.voice(lang)
	return &explainer{voice: v}, err
}

func (e *explainer) say(id string) string {
	text, err := e.voice.say(id, nil)
	if err != nil && e.err == nil {
		e.err = err
	}
	return text
}

func (e *explainer) severity(s checks.Severity) string { return e.say("severity." + s.String()) }

// names is the id of a rule and its aliases.
func names(rule *checks.Rule) string {
	return strings.Join(append([]string{rule.ID}, rule.Aliases...), ", ")
}

// indent sets an example off from the text around it.
func indent(example string) string {
	var b strings.Builder
	for line := range strings.Lines(example) {
		b.WriteString("    " + strings.TrimSuffix(line, "\n") + "\n")
	}
	return b.String()
}

// fenced is an example as a code block whose fence is longer than any in it.
func fenced(example string) string {
	fence := "```"
	for strings.Contains(example, fence) {
		fence += "`"
	}
	return fence + "markdown\n" + strings.TrimSuffix(example, "\n") + "\n" + fence + "\n"
}
