package main

import (
	"context"
	"errors"
	"fmt"

	"patchbot/internal/config"
	"patchbot/internal/tracker"
)

// tokens says whether the tokens of trackers can be read.
func (d *doctor) tokens(ctx context.Context) {
	for _, l := range d.conf.Lists {
		if l.Tracker.Kind == "" {
			continue
		}
		name := l.Credential()
		put := fmt.Sprintf("put it into /etc/patchbot/credentials/%s (root, mode 0600) and name that in the unit, see the operator's guide, or set token_file or token_command in the [list.tracker] of %s", name, l.Name)
		d.secret(ctx, name, l.TokenSource(), l.Token, put, "the verdicts of the list are to be shown at "+l.Tracker.URL)
	}
}

// trackers asks each tracker whether it takes its token.
func (d *doctor) trackers(ctx context.Context) {
	for _, l := range d.conf.Lists {
		if l.Tracker.Kind != "" {
			d.tracker(ctx, l)
		}
	}
}

func (d *doctor) tracker(ctx context.Context, l config.List) {
	ctx, cancel := d.within(ctx)
	defer cancel()
	name := "tracker " + l.Name
	t, err := newTracker(d.conf, l)
	if err == nil {
		err = t.Check(ctx)
	}
	switch {
	case errors.Is(err, config.ErrNoSecret):
		d.unknown(name, "see "+l.Credential(), "%s: not tried without a token", l.Tracker.URL)
	case errors.Is(err, tracker.ErrToken):
		d.trouble(name, "make a new token there, with the permissions that the operator's guide names, and put it where "+l.Credential()+" comes from", "%s: %s", l.Tracker.URL, oneLine(err))
	case err != nil:
		d.trouble(name, "correct url and list in the [list.tracker] of "+l.Name+", or wait until the site answers: no mail is held by it", "%s: %s", l.Tracker.URL, oneLine(err))
	default:
		d.ok(name, "%s: takes the token; whether it may show verdicts is seen at the first one", l.Tracker.URL)
	}
}
