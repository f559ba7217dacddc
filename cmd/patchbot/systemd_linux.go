package main

import (
	"fmt"
	"io"
	"os"
	"syscall"
	"unsafe"
)

// monotonicMicros reads the clock that service managers count by, CLOCK_MONOTONIC of clock_gettime(2), in microseconds.
func monotonicMicros() int64 {
	const monotonic = 1
	var t syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, monotonic, uintptr(unsafe.Pointer(&t)), 0); errno != 0 {
		return 0
	}
	return t.Nano() / 1000
}

// toJournal reports whether a stream is the journal's own (systemd.exec(5), JOURNAL_STREAM).
func toJournal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && os.Getenv("JOURNAL_STREAM") == fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)
}
