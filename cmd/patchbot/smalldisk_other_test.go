//go:build !linux

package main

import "testing"

// small cannot be had: the list that these tests need runs on Linux alone.
func (f *faulty) small(t *testing.T) {
	t.Helper()
	t.Fatal("a small disk for the daemon: only on Linux")
}
