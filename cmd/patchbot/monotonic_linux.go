package main

import (
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
