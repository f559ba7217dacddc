package web

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
)

// Listen opens what Serve answers on: "host:port", or "unix:/path" for a socket that a proxy of the same group reads. A
// socket that a killed process left behind is replaced; one that somebody answers on is not.
func Listen(address string) (net.Listener, error) {
	path, isUnix := strings.CutPrefix(address, "unix:")
	if !isUnix {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return nil, fmt.Errorf("listen for web pages: %w", err)
		}
		return l, nil
	}
	l, err := net.Listen("unix", path)
	if errors.Is(err, syscall.EADDRINUSE) && abandoned(path) {
		if err = os.Remove(path); err == nil || errors.Is(err, fs.ErrNotExist) {
			l, err = net.Listen("unix", path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("listen for web pages: %w", err)
	}
	if err := os.Chmod(path, 0o660); err != nil {
		return nil, errors.Join(fmt.Errorf("listen for web pages: %w", err), l.Close())
	}
	return l, nil
}

// abandoned reports whether a path is a socket that nobody answers on.
func abandoned(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket {
		return false
	}
	c, err := net.Dial("unix", path)
	if err == nil {
		_ = c.Close() // it was only to see
		return false
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}
