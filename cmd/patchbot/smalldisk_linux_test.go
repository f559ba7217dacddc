package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// small makes the state directory a file system of its own that is soon full.
func (f *faulty) small(t *testing.T) {
	t.Helper()
	dir := filepath.Join(f.dir, "state")
	if err := errors.Join(os.Mkdir(dir, 0o700), syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=48m,mode=0700")); err != nil {
		t.Fatalf("a small disk for the daemon: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}
