package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"patchbot/internal/bot"
	"patchbot/internal/config"
	"patchbot/internal/tracker"
)

// shower has a tracker show the marks of the bot.
type shower struct{ site tracker.Tracker }

// Show translates the mark and the answer.
func (s shower) Show(ctx context.Context, m bot.Mark) error {
	err := s.site.Show(ctx, tracker.Mark{Parts: m.Parts, Cover: m.Cover, State: tracker.State(m.State), Text: m.Text, URL: m.URL})
	if errors.Is(err, tracker.ErrAbsent) {
		return fmt.Errorf("%w: %w", bot.ErrAbsent, err)
	}
	return err
}

// newTracker makes the tracker of a list, which must have one.
func newTracker(conf *config.Config, l config.List) (tracker.Tracker, error) {
	t, err := tracker.New(l.Tracker.Kind, tracker.Options{
		URL: l.Tracker.URL, List: l.Tracker.List, Name: conf.Bot.Name, Token: l.Token,
		UserAgent: userAgent(cmp.Or(conf.Links.Contact, conf.Web.URL, conf.Web.Contact)),
	})
	if err != nil {
		return nil, usage(fmt.Errorf("tracker of list %s: %w", l.Name, err))
	}
	return t, nil
}

// attachTrackers gives the lists of a daemon their trackers.
func attachTrackers(conf *config.Config, lists []bot.List) error {
	for i, l := range conf.Lists {
		if l.Tracker.Kind == "" {
			continue
		}
		t, err := newTracker(conf, l)
		if err != nil {
			return err
		}
		lists[i].Tracker = shower{t}
	}
	return nil
}
