package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"patchbot/internal/config"
)

// The heartbeat is a file in the state directory that holds the time at which all loops of the daemon were last seen
// moving. Whoever watches the machine may look at its age: no port has to be open for that.
const (
	heartbeatFile  = "heartbeat"
	heartbeatEvery = 10 * time.Second
	heartbeatLate  = 3 * time.Minute // then nobody should believe that the daemon works
)

func beat(conf *config.Config, now time.Time) error {
	file := stateFile(conf, heartbeatFile)
	temp := file + ".new"
	if err := os.WriteFile(temp, []byte(now.UTC().Format(time.RFC3339)+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(temp, file)
}

// lastBeat is the time in the heartbeat file; false when there is none.
func lastBeat(conf *config.Config) (time.Time, bool, error) {
	data, err := os.ReadFile(stateFile(conf, heartbeatFile))
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, err
	}
	at, err := time.Parse(time.RFC3339, strings.TrimSpace(string(data)))
	return at, err == nil, err
}
