package main

import (
	"fmt"

	"patchbot/internal/checks"
)

type rulesCommand struct {
	Lang   string `help:"Language of the titles: fr or en (default: of the configured list, else fr)." enum:",fr,en" default:""`
	Format string `help:"Output: text, json or markdown." enum:"text,json,markdown" default:"text"`
}

// Help is shown by --help.
func (rulesCommand) Help() string {
	return examples("patchbot rules --lang en", "patchbot rules --format json | jq -r '.rules[].id'")
}

// Run lists the rules with the weight that the configuration gives them.
func (c rulesCommand) Run(sh *Shell) error {
	conf, err := loadConfig(sh, true)
	if err != nil {
		return err
	}
	set, err := ruleSet(conf, nil)
	if err != nil {
		return err
	}
	words, err := translator(conf)
	if err != nil {
		return err
	}
	switch c.Format {
	case "json":
		return words.WriteRulesJSON(sh.Out, set, language(conf, c.Lang))
	case "markdown":
		return words.WriteRulesMarkdown(sh.Out, language(conf, c.Lang))
	default:
		return words.WriteRules(sh.Out, set, language(conf, c.Lang))
	}
}

type explainCommand struct {
	Rule string `arg:"" help:"Id of the rule, or its markdownlint number." name:"rule"`
	Lang string `help:"Language: fr or en (default: of the configured list, else fr)." enum:",fr,en" default:""`
}

// Help is shown by --help.
func (explainCommand) Help() string {
	return examples("patchbot explain broken-link", "patchbot explain --lang en MD042")
}

// Run explains one rule.
func (c explainCommand) Run(sh *Shell) error {
	conf, err := loadConfig(sh, true)
	if err != nil {
		return err
	}
	rule := checks.ByID(c.Rule)
	if rule == nil {
		_, err := checks.NewSet(map[string]checks.Severity{c.Rule: checks.Warning})
		return usage(err, "`patchbot rules` lists the rules")
	}
	words, err := translator(conf)
	if err != nil {
		return err
	}
	text, err := words.Explain(rule, language(conf, c.Lang))
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(sh.Out, text)
	return err
}
