package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"patchbot/internal/checks"
	"patchbot/internal/config"
	"patchbot/internal/review"
	"patchbot/internal/store"
	"patchbot/internal/web"
)

// newWeb makes the pages over a store, with the words and the rules of this configuration.
func newWeb(conf *config.Config, db *store.DB, words *review.Translator, rules *checks.Set, log *slog.Logger) *web.Server {
	var public []string
	for _, l := range conf.Lists {
		public = append(public, l.Addresses...)
	}
	return web.New(web.Options{
		Store: db, Title: conf.Web.Title, BaseURL: conf.Web.URL, Contact: conf.Web.Contact, Public: public, Now: time.Now, Log: log,
		Render: func(report []byte, lang string) (string, error) {
			r, o, err := stored(conf, report, lang)
			if err != nil {
				return "", err
			}
			text, err := words.Render(r, o)
			if err != nil {
				return "", err
			}
			return text.Body, nil
		},
		Describe: func(report []byte, lang string) (json.RawMessage, error) {
			r, _, err := stored(conf, report, lang)
			if err != nil {
				return nil, err
			}
			return words.ReportJSON(r, review.Lang(lang))
		},
		Rules:   func(lang string) ([]web.Rule, error) { return webRules(words, rules, lang) },
		Archive: func(list, id string) string { return mailURL(conf, list, id) },
		Language: func(list string) string {
			for _, l := range conf.Lists {
				if l.Name == list {
					return l.Language
				}
			}
			return ""
		},
		Ready: func() error { return ready(db) },
	})
}

// stored reads a report back, and says how it is to be put into words on a page: without a signature.
func stored(conf *config.Config, report []byte, lang string) (*review.Report, review.RenderOptions, error) {
	r := new(review.Report)
	if err := json.Unmarshal(report, r); err != nil {
		return nil, review.RenderOptions{}, fmt.Errorf("read stored report: %w", err)
	}
	w := wikiFor(conf, r.Series.Prefix)
	o := composeOptions(conf, w, listFor(conf, w), review.Lang(lang)).RenderOptions
	o.Unsigned = true
	return r, o, nil
}

// webRules takes the rules in the shape that `patchbot rules --format json` prints.
func webRules(words *review.Translator, rules *checks.Set, lang string) ([]web.Rule, error) {
	var b bytes.Buffer
	if err := words.WriteRulesJSON(&b, rules, review.Lang(lang)); err != nil {
		return nil, err
	}
	var list struct {
		Rules []web.Rule `json:"rules"`
	}
	if err := json.Unmarshal(b.Bytes(), &list); err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	return list.Rules, nil
}

// mailURL is where a list shows one of its mails; only the addresses of lists.sr.ht are known.
func mailURL(conf *config.Config, list, id string) string {
	for _, l := range conf.Lists {
		if l.Name == list && l.Archive != "" && l.Kind == "sourcehut" {
			return strings.TrimSuffix(l.Archive, "/") + "/" + url.PathEscape("<"+id+">")
		}
	}
	return ""
}

// ready says which partner of the daemon is out of reach.
func ready(db *store.DB) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	health, err := db.Health(ctx)
	if err != nil {
		return err
	}
	var down []string
	for _, h := range health {
		if !h.OK {
			down = append(down, h.Name)
		}
	}
	if len(down) > 0 {
		return fmt.Errorf("out of reach: %s", strings.Join(down, ", "))
	}
	return nil
}

// openWeb opens what the pages are served on; nil when none are configured.
func openWeb(conf *config.Config) (net.Listener, error) {
	if conf.Web.Listen == "" {
		return nil, nil
	}
	return web.Listen(conf.Web.Listen)
}
