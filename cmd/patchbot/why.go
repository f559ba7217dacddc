package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"text/tabwriter"
	"time"

	"patchbot/internal/config"
	"patchbot/internal/patch"
	"patchbot/internal/review"
	"patchbot/internal/store"
)

type whyCommand struct {
	ID     string `arg:"" help:"Message-ID, with or without its angle brackets." name:"message-id"`
	Format string `help:"Output: text or json." enum:"text,json" default:"text"`
}

// Help is shown by --help.
func (whyCommand) Help() string {
	return examples("patchbot why '<20221123101500.1-2-contributor@example.org>'", "patchbot why --format json 20221123101500.1-2-contributor@example.org")
}

// Run prints the journal of a message and of the series version it belongs to.
func (c whyCommand) Run(ctx context.Context, sh *Shell) error {
	conf, err := loadConfig(sh, false)
	if err != nil {
		return err
	}
	db, err := readStore(ctx, conf)
	if err != nil {
		return err
	}
	defer db.Close()
	id := strings.Trim(strings.TrimSpace(c.ID), "<>")
	steps, err := db.Journal(ctx, id)
	if err != nil {
		return err
	}
	if len(steps) == 0 {
		return &failure{status: exitFailure, err: fmt.Errorf("no message <%s> is known", id),
			hints: []string{"the daemon has not fetched it: look at `patchbot status`, and at the mailbox itself"}}
	}
	if c.Format == "json" {
		return writeStepsJSON(sh.Out, id, steps)
	}
	words, err := translator(conf)
	if err != nil {
		return err
	}
	return writeSteps(sh.Out, id, steps, func(word string) string {
		text, err := words.Reason(patch.Reason(word), review.English) // as the rest of the journal
		if err != nil {
			return ""
		}
		return text
	})
}

// readStore opens the state beside a running daemon.
func readStore(ctx context.Context, conf *config.Config) (*store.DB, error) {
	db, err := store.Open(ctx, store.Options{Dir: conf.StateDir, URL: conf.Store.URL, Now: time.Now, ReadOnly: true})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &failure{status: exitFailure, err: fmt.Errorf("no state in %s", conf.StateDir), hints: []string{"the daemon has never run with this configuration"}}
	}
	if err != nil {
		return nil, err
	}
	return db, nil
}

// writeSteps writes one line a step. reason puts into words why a mail is not taken.
func writeSteps(w io.Writer, id string, steps []store.Step, reason func(word string) string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range steps {
		detail := s.Detail
		if s.Event == "ignored" || s.Event == "not-in-a-series" {
			word, rest, more := strings.Cut(detail, ":")
			if text := reason(word); text != "" {
				detail = fmt.Sprintf("%s (%s)", word, text)
			}
			if more {
				detail += ":" + rest
			}
		}
		if s.MessageID != "" && s.MessageID != id {
			detail = strings.TrimSpace(detail + "  <" + s.MessageID + ">")
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\n", s.At.UTC().Format("2006-01-02 15:04:05Z"), s.Event, detail)
	}
	return tw.Flush()
}

type stepJSON struct {
	At        time.Time `json:"at"`
	MessageID string    `json:"message_id"`
	Series    string    `json:"series,omitempty"`
	Version   int       `json:"version,omitempty"`
	Event     string    `json:"event"`
	Detail    string    `json:"detail"`
}

func stepsJSON(steps []store.Step) []stepJSON {
	out := make([]stepJSON, 0, len(steps))
	for _, s := range steps {
		out = append(out, stepJSON{At: s.At.UTC(), MessageID: s.MessageID, Series: s.SeriesID, Version: s.Version, Event: s.Event, Detail: s.Detail})
	}
	return out
}

func writeStepsJSON(w io.Writer, id string, steps []store.Step) error {
	return writeJSON(w, map[string]any{"message_id": id, "steps": stepsJSON(steps)})
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
