package main

import (
	"errors"
	"fmt"
	"strings"

	"patchbot/internal/config"
)

// A reload is a soft restart. The new file is read and everything that it describes is made, while the old site goes on. If
// that fails, the old site stays and the log says why. Else the loops of the old one end as they do when the daemon stops,
// with the reply that is on its way, and those of the new one begin on the same store: whatever was under way is taken up
// as after a restart, which may happen between any two steps.

// fixed are the keys that hold for the life of the process, each with a way to keep its old value.
func fixed() map[string]func(from, to *config.Config) {
	return map[string]func(from, to *config.Config){
		"state_dir":          func(from, to *config.Config) { to.StateDir = from.StateDir },
		"store.url":          func(from, to *config.Config) { to.Store.URL = from.Store.URL },
		"log.format":         func(from, to *config.Config) { to.Log.Format = from.Log.Format },
		"web.listen":         func(from, to *config.Config) { to.Web.Listen = from.Web.Listen },
		"web.metrics_listen": func(from, to *config.Config) { to.Web.MetricsListen = from.Web.MetricsListen },
	}
}

// reload makes the site of the present configuration file; nil when there is none to be made. The service manager is told
// that the daemon reloads; it is told that it is ready again by whatever goes on afterwards.
func (sv *service) reload(old *config.Config) *site {
	notify(fmt.Sprintf("RELOADING=1\nMONOTONIC_USEC=%d", monotonicMicros()))
	conf, err := serviceConfig(sv.sh)
	var next *site
	var changed, kept []string
	if err == nil {
		changed, kept = compare(old, conf)
		next, err = sv.build(conf)
	}
	if err != nil {
		sv.refuse(err)
		notify("READY=1\nSTATUS=the changed configuration was refused, see the log")
		return nil
	}
	for _, key := range kept {
		sv.log.Warn("this key keeps its value until a restart", "key", key)
	}
	sv.log.Info("configuration reloaded", "changed", strings.Join(changed, " "))
	return next
}

// compare names the keys that change, and those that would and cannot: these get their old value back.
func compare(old, conf *config.Config) (changed, kept []string) {
	keep := fixed()
	for _, key := range config.Changed(old, conf) {
		if put, ok := keep[key]; ok {
			put(old, conf)
			kept = append(kept, key)
			continue
		}
		changed = append(changed, key)
	}
	return changed, kept
}

// refuse says in the log why the old configuration stays, one line for each problem.
func (sv *service) refuse(err error) {
	var problems config.Problems
	if !errors.As(err, &problems) {
		sv.log.Error("reload refused, the old configuration stays", "error", err)
		return
	}
	for _, p := range problems {
		sv.log.Error("reload refused, the old configuration stays", "error", p.String(), "hint", p.Hint)
	}
}

// enter puts a site in the place of the one before.
func (sv *service) enter(next *site) {
	setLevel(sv.level, next.conf)
	sv.site.Store(next)
}
