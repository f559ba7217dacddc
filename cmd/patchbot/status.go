package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"patchbot/internal/config"
	"patchbot/internal/store"
)

type statusCommand struct {
	Format string `help:"Output: text or json." enum:"text,json" default:"text"`
}

// Help is shown by --help.
func (statusCommand) Help() string {
	return "The exit status is 1 when something needs a person: an unreachable server, a held or failed reply, a review that\nfails again and again.\n\n" +
		examples("patchbot status", "patchbot status --format json | jq .outbox")
}

// Run prints what the daemon is doing.
func (c statusCommand) Run(ctx context.Context, sh *Shell) error {
	conf, err := loadConfig(sh, false)
	if err != nil {
		return err
	}
	db, err := readStore(ctx, conf)
	if err != nil {
		return err
	}
	defer db.Close()
	st, err := db.Status(ctx)
	if err != nil {
		return err
	}
	health, err := db.Health(ctx)
	if err != nil {
		return err
	}
	m := machineOf(conf)
	if c.Format == "json" {
		err = writeStatusJSON(sh.Out, st, health, m)
	} else {
		err = writeStatus(sh.Out, st, health, m, conf.Reply.Enabled)
	}
	if err != nil {
		return err
	}
	if m.disk == itemTrouble || needsPerson(st, health, conf.Reply.Enabled) {
		return errFindings
	}
	return nil
}

// machine is what the daemon itself cannot write down when it goes wrong.
type machine struct {
	disk, room string // state and words
	beat       time.Time
}

func machineOf(conf *config.Config) machine {
	m := machine{disk: itemUnknown, room: "unknown"}
	if v, known, err := volumeOf(existing(conf.StateDir)); err == nil && known {
		m.disk, m.room = v.room()
	}
	m.beat, _, _ = lastBeat(conf) // the doctor says what is wrong with it
	return m
}

// needsPerson reports whether the daemon cannot go on alone. Held replies are normal while replies are switched off.
func needsPerson(st store.Status, health []store.Health, replies bool) bool {
	for _, h := range health {
		if !h.OK {
			return true
		}
	}
	return st.Outbox[store.StateFailed] > 0 || st.Series[store.StateFailed] > 0 || len(st.Errors) > 0 && replies || replies && st.Outbox[store.StateHeld] > 0
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func writeStatus(w io.Writer, st store.Status, health []store.Health, m machine, replies bool) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "store:\t%s, schema %d\n", st.Engine, st.Schema)
	for _, h := range health {
		state := "ok"
		if !h.OK {
			state = "TROUBLE"
		}
		fmt.Fprintf(tw, "%s:\t%s since %s, %s\n", h.Name, state, stamp(h.Since), h.Detail)
	}
	room := m.room
	if m.disk == itemTrouble || m.disk == itemWarning {
		room = strings.ToUpper(m.disk) + ": " + room
	}
	fmt.Fprintf(tw, "disk:\t%s\n", room)
	fmt.Fprintf(tw, "heartbeat:\t%s\n", stamp(m.beat))
	for _, m := range st.Mailboxes {
		fmt.Fprintf(tw, "cursor:\t%s UIDVALIDITY %d UID %d, moved %s\n", m.Name, m.Cursor.UIDValidity, m.Cursor.UID, stamp(m.Moved))
	}
	fmt.Fprintf(tw, "last mail:\t%s\n", stamp(st.LastMessage))
	fmt.Fprintf(tw, "mails:\t%s\n", counts(st.Messages))
	fmt.Fprintf(tw, "series:\t%s\n", counts(st.Series))
	fmt.Fprintf(tw, "outbox:\t%s\n", counts(st.Outbox))
	fmt.Fprintf(tw, "jobs:\t%d rechecks due, links of %d series to be asked again\n", rechecks(st.Open), st.LinkJobs)
	if !replies {
		fmt.Fprintf(tw, "replies:\tnot enabled: stored and shown, not sent\n")
	}
	fmt.Fprintf(tw, "next due:\t%s\n", stamp(st.NextDue))
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, s := range st.Open {
		fmt.Fprintf(w, "\nopen: %s v%d (%s, %s) %q due %s\n", s.ID, s.Version, s.Wiki, s.State, s.Subject, stamp(s.RunAt))
		if s.Error != "" {
			fmt.Fprintf(w, "  %d attempts, last: %s\n", s.Attempts, s.Error)
		}
	}
	for _, o := range st.Waiting {
		fmt.Fprintf(w, "\nreply: %s %s <%s>\n", o.State, o.Key, o.MessageID)
		if o.Error != "" {
			fmt.Fprintf(w, "  %s\n", o.Error)
		}
	}
	for _, e := range st.Errors {
		what := e.SeriesID + fmt.Sprintf(" v%d", e.Version)
		if e.Mail != "" {
			what = e.Mail
		}
		fmt.Fprintf(w, "\nerror: %s %s, %s: %s\n", stamp(e.At), what, e.State, e.Error)
	}
	return nil
}

// rechecks counts the versions that are due although they were reviewed before.
func rechecks(open []store.Series) int {
	n := 0
	for _, s := range open {
		if s.Cause != "" {
			n++
		}
	}
	return n
}

func counts(m map[string]int) string {
	if len(m) == 0 {
		return "none"
	}
	text := ""
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%d %s", m[k], k)
	}
	return text
}

func writeStatusJSON(w io.Writer, st store.Status, health []store.Health, m machine) error {
	type row = map[string]any
	parts := []row{}
	for _, h := range health {
		parts = append(parts, row{"name": h.Name, "ok": h.OK, "since": stampJSON(h.Since), "detail": h.Detail})
	}
	boxes := []row{}
	for _, m := range st.Mailboxes {
		boxes = append(boxes, row{"name": m.Name, "uid_validity": m.Cursor.UIDValidity, "uid": m.Cursor.UID, "moved": stampJSON(m.Moved)})
	}
	open := []row{}
	for _, s := range st.Open {
		open = append(open, row{"id": s.ID, "version": s.Version, "wiki": s.Wiki, "state": s.State, "subject": s.Subject, "due": stampJSON(s.RunAt), "attempts": s.Attempts, "error": s.Error})
	}
	waiting := []row{}
	for _, o := range st.Waiting {
		waiting = append(waiting, row{"key": o.Key, "state": o.State, "message_id": o.MessageID, "due": stampJSON(o.RunAt), "attempts": o.Attempts, "error": o.Error})
	}
	errs := []row{}
	for _, e := range st.Errors {
		errs = append(errs, row{"at": stampJSON(e.At), "series": e.SeriesID, "version": e.Version, "mail": e.Mail, "state": e.State, "error": e.Error})
	}
	return writeJSON(w, row{
		"store": row{"engine": st.Engine, "schema": st.Schema}, "health": parts, "disk": row{"state": m.disk, "detail": m.room},
		"heartbeat": stampJSON(m.beat), "rechecks": rechecks(st.Open), "link_jobs": st.LinkJobs, "mailboxes": boxes,
		"last_message": stampJSON(st.LastMessage), "next_due": stampJSON(st.NextDue),
		"messages": st.Messages, "series": st.Series, "outbox": st.Outbox,
		"open": open, "waiting": waiting, "errors": errs,
	})
}

// stampJSON is null for a time that never was.
func stampJSON(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC()
}
