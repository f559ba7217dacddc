package main

import (
	"context"

	"patchbot/internal/review"
)

type seriesCommand struct {
	Input  []string `arg:"" help:"Mailbox, maildir, or - for standard input." name:"mbox"`
	Prefix []string `help:"Only patches with this subject prefix; may be repeated (default: any)." placeholder:"PREFIX"`
	Format string   `help:"Output: text or json." enum:"text,json" default:"text"`
	Lang   string   `help:"Language: fr or en (default: of the configured list, else fr)." enum:",fr,en" default:""`
}

// Help is shown by --help.
func (seriesCommand) Help() string {
	return examples("patchbot series list.mbox", "patchbot series --prefix logiciels-libres --format json ~/Maildir")
}

// Run shows series and, for each mail that is in none, the reason.
func (c seriesCommand) Run(ctx context.Context, sh *Shell) error {
	conf, err := loadConfig(sh, true)
	if err != nil {
		return err
	}
	mails, err := readMails(ctx, sh, c.Input, nil, conf.Mail.MaxBytes)
	if err != nil {
		return err
	}
	asm := assemble(mails, limits(conf.Mail.MaxBytes), c.Prefix)
	words, err := translator(conf)
	if err != nil {
		return err
	}
	if c.Format == "json" {
		err = review.WriteSeriesJSON(sh.Out, asm)
	} else {
		err = words.WriteSeries(sh.Out, asm, language(conf, c.Lang))
	}
	if err != nil {
		return err
	}
	for _, s := range asm.Series {
		if s.SupersededBy == "" && (len(s.Missing) > 0 || s.Defect != "") {
			return errFindings
		}
	}
	return nil
}
