package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"patchbot/internal/checks"
	"patchbot/internal/config"
)

type doctorCommand struct {
	JSON    bool          `help:"Output as JSON." name:"json"`
	Offline bool          `help:"Ask no server: only the configuration and this machine."`
	Timeout time.Duration `help:"How long one server may take." default:"20s"`
}

// Help is shown by --help.
func (doctorCommand) Help() string {
	return "Nothing is changed and no mail is sent. Every line says ok, warning or TROUBLE, and how to repair it. The exit\nstatus is 1 when there is trouble, 2 when it is the configuration's, and 3 when something could not be looked at.\n" +
		"Passwords and tokens that only the service manager knows are found with CREDENTIALS_DIRECTORY=/etc/patchbot/credentials.\n\n" +
		examples("sudo patchbot doctor", "patchbot doctor --json | jq -r '.items[] | select(.state == \"trouble\") | .repair'")
}

// The states of an item.
const (
	itemOK      = "ok"
	itemWarning = "warning"
	itemTrouble = "trouble"
	itemUnknown = "unknown" // it could not be looked at
)

// item is one thing that was looked at.
type item struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	Detail string `json:"detail"`
	Repair string `json:"repair,omitempty"`

	configuration bool // the trouble stands in the configuration file
}

// doctor collects what it finds.
type doctor struct {
	doctorCommand
	conf  *config.Config
	bar   *progress
	items []item
}

func (d *doctor) ok(name, format string, args ...any) {
	d.items = append(d.items, item{Name: name, State: itemOK, Detail: fmt.Sprintf(format, args...)})
}

func (d *doctor) warn(name, repair, format string, args ...any) {
	d.items = append(d.items, item{Name: name, State: itemWarning, Detail: fmt.Sprintf(format, args...), Repair: repair})
}

func (d *doctor) trouble(name, repair, format string, args ...any) {
	d.items = append(d.items, item{Name: name, State: itemTrouble, Detail: fmt.Sprintf(format, args...), Repair: repair})
}

func (d *doctor) unknown(name, repair, format string, args ...any) {
	d.items = append(d.items, item{Name: name, State: itemUnknown, Detail: fmt.Sprintf(format, args...), Repair: repair})
}

// wrong is trouble with the configuration file itself.
func (d *doctor) wrong(name, repair string, err error) {
	d.items = append(d.items, item{Name: name, State: itemTrouble, Detail: oneLine(err), Repair: repair, configuration: true})
}

// Run looks at everything.
func (c doctorCommand) Run(ctx context.Context, sh *Shell) error {
	d := &doctor{doctorCommand: c, bar: newProgress(sh)}
	d.examine(ctx, sh)
	d.bar.clear()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := d.print(sh.Out); err != nil {
		return err
	}
	return d.verdict()
}

func (d *doctor) examine(ctx context.Context, sh *Shell) {
	if !d.configuration(sh) {
		return
	}
	d.texts()
	d.credentials(ctx)
	d.directory()
	d.space()
	d.clock()
	d.database(ctx)
	d.daemon()
	d.pages()
	d.switches()
	if d.Offline {
		return
	}
	for _, step := range []struct {
		name string
		look func(context.Context)
	}{{"names", d.names}, {"imap", d.imap}, {"smtp", d.smtp}, {"trackers", d.trackers}, {"repositories", d.repositories}} {
		d.bar.say("looking at %s", step.name)
		step.look(ctx)
	}
}

// within gives one look at a server its time.
func (d *doctor) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d.Timeout)
}

// configuration reads the file; without it there is nothing more to look at.
func (d *doctor) configuration(sh *Shell) bool {
	conf, err := loadConfig(sh, false)
	var problems config.Problems
	switch {
	case errors.As(err, &problems):
		d.problems(problems)
		return false
	case err != nil:
		d.wrong("configuration", "name the file with --config FILE or in PATCHBOT_CONFIG; config.example.toml is a start", err)
		return false
	}
	d.conf = conf
	if problems := conf.Serviceable(); len(problems) > 0 {
		d.problems(problems)
	} else {
		d.ok("configuration", "%s: the daemon can start with it", conf.File())
	}
	return true
}

func (d *doctor) problems(all config.Problems) {
	for _, p := range all {
		repair := "edit " + p.File
		if p.Hint != "" {
			repair += ": " + p.Hint
		}
		d.wrong("configuration", repair, errors.New(p.String()))
	}
}

// texts are the rules and the templates.
func (d *doctor) texts() {
	if set, err := ruleSet(d.conf, nil); err != nil {
		d.wrong("rules", "`patchbot rules` lists the ids that [rules] may name", err)
	} else {
		on := 0
		for _, r := range checks.All() {
			if set.Level(r.ID) > checks.Off {
				on++
			}
		}
		d.ok("rules", "%d of %d are on", on, len(checks.All()))
	}
	_, err := translator(d.conf)
	if err == nil {
		_, err = listTranslators(d.conf)
	}
	if err != nil {
		d.wrong("templates", "repair the file, or take it away to get the built-in text back", err)
	} else {
		d.ok("templates", "the replies can be written in every language")
	}
}

func (d *doctor) print(w io.Writer) error {
	if d.JSON {
		return writeJSON(w, map[string][]item{"items": d.items})
	}
	width := 0
	for _, i := range d.items {
		width = max(width, len(i.Name))
	}
	for _, i := range d.items {
		state := i.State
		if state == itemTrouble {
			state = "TROUBLE"
		}
		text := fmt.Sprintf("%-8s %-*s  %s\n", state, width, i.Name, i.Detail)
		if i.Repair != "" {
			text += fmt.Sprintf("%*s  repair: %s\n", 9+width, "", i.Repair)
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	return nil
}

func (d *doctor) verdict() error {
	count := map[string]int{}
	for _, i := range d.items {
		count[i.State]++
		if i.configuration {
			return &silent{exitUsage}
		}
	}
	switch {
	case count[itemTrouble] > 0:
		return errFindings
	case count[itemUnknown] > 0:
		return &silent{exitFailure}
	}
	return nil
}

// oneLine is an error that may tell more than a line holds.
func oneLine(err error) string { return strings.Join(strings.Fields(plainText(err.Error())), " ") }
