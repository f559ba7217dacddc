//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package store

import (
	"errors"
	"os"
)

// lockExclusively refuses: without a lock that ends with its process, two daemons could share a state directory.
func lockExclusively(string) (*os.File, error) {
	return nil, errors.New("the daemon needs a system with flock; use PostgreSQL here")
}

func unlock(f *os.File) error { return f.Close() }
