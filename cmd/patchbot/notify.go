package main

import (
	"net"
	"os"
	"strings"
)

// notify tells the service manager about this process, when there is one that listens (sd_notify(3)). Failures do not
// matter: the manager will act on silence.
func notify(state string) {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return
	}
	if strings.HasPrefix(name, "@") {
		name = "\x00" + name[1:] // the abstract name space of Linux
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(state))
}
