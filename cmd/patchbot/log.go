package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"sync"

	"patchbot/internal/config"
)

// logger writes what the daemon does, for the operator. The level can be changed while it is in use. Below a journal the
// lines have no time, which it knows, and begin with their priority, by which it sorts (sd-daemon(3)).
//
// Whatever people's addresses get into an error, no line shows one, unless the level is debug: who may read the log need
// not be who may read the mails. Message-IDs stand under keys of their own.
func logger(conf *config.Config, sh *Shell, level *slog.LevelVar) *slog.Logger {
	setLevel(level, conf)
	o := &slog.HandlerOptions{Level: level}
	journal := conf.Log.Format != "json" && toJournal(sh.Err)
	o.ReplaceAttr = func(groups []string, a slog.Attr) slog.Attr {
		if journal && len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
			return slog.Attr{}
		}
		return discreet(a, level.Level())
	}
	switch {
	case journal:
		out := &priorities{w: sh.Err}
		return slog.New(journalHandler{slog.NewTextHandler(out, o), out})
	case conf.Log.Format == "json":
		return slog.New(slog.NewJSONHandler(sh.Err, o))
	}
	return slog.New(slog.NewTextHandler(sh.Err, o))
}

func setLevel(level *slog.LevelVar, conf *config.Config) {
	var l slog.Level // info
	if l.UnmarshalText([]byte(conf.Log.Level)) == nil {
		level.Set(l)
	}
}

// mailAddress is what looks like an address, or like a Message-ID: in running text nobody can tell them apart.
var mailAddress = regexp.MustCompile(`[\pL\pN.!#$%&'*+/=?^_{|}~-]+@([\pL\pN-]+(?:\.[\pL\pN-]+)*)`)

// discreet leaves of every address in a value but the domain.
func discreet(a slog.Attr, level slog.Level) slog.Attr {
	if level <= slog.LevelDebug || a.Key == "message_id" {
		return a
	}
	text := ""
	switch v := a.Value.Any().(type) {
	case string:
		text = v
	case error:
		text = v.Error()
	case fmt.Stringer:
		text = v.String()
	}
	if !strings.Contains(text, "@") {
		return a
	}
	return slog.String(a.Key, mailAddress.ReplaceAllString(text, "…@$1"))
}

// journalHandler puts the priority of each record before its line.
type journalHandler struct {
	slog.Handler
	out *priorities
}

// priorities writes lines after a priority.
type priorities struct {
	mu     sync.Mutex
	w      io.Writer
	prefix string
}

func (p *priorities) Write(line []byte) (int, error) {
	if _, err := io.WriteString(p.w, p.prefix+string(line)); err != nil {
		return 0, err
	}
	return len(line), nil
}

// Handle implements [slog.Handler].
func (h journalHandler) Handle(ctx context.Context, r slog.Record) error {
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	switch {
	case r.Level >= slog.LevelError:
		h.out.prefix = "<3>"
	case r.Level >= slog.LevelWarn:
		h.out.prefix = "<4>"
	case r.Level >= slog.LevelInfo:
		h.out.prefix = "<6>"
	default:
		h.out.prefix = "<7>"
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h journalHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return journalHandler{h.Handler.WithAttrs(attrs), h.out}
}

// WithGroup implements [slog.Handler].
func (h journalHandler) WithGroup(name string) slog.Handler {
	return journalHandler{h.Handler.WithGroup(name), h.out}
}
