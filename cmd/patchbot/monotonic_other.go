//go:build !linux

package main

// monotonicMicros is for service managers of Linux.
func monotonicMicros() int64 { return 0 }
