package main

import "fmt"

type configCommand struct {
	Check bool `help:"Only say whether the daemon could start with it."`
}

// Help is shown by --help.
func (configCommand) Help() string {
	return examples("patchbot config", "patchbot config --config ./config.toml --check")
}

// Run prints the effective configuration as TOML, or checks it as the daemon would.
func (c configCommand) Run(sh *Shell) error {
	conf, err := loadConfig(sh, !c.Check)
	if err != nil {
		return err
	}
	if _, err := ruleSet(conf, nil); err != nil {
		return err
	}
	if _, err := translator(conf); err != nil {
		return err
	}
	if c.Check {
		if problems := conf.Serviceable(); len(problems) > 0 {
			return problems
		}
		_, err := fmt.Fprintf(sh.Out, "%s: the daemon can start with it\n", conf.File())
		return err
	}
	text, err := conf.Print()
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(sh.Out, text)
	return err
}
