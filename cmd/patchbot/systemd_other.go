//go:build !linux

package main

import "io"

// monotonicMicros is for service managers of Linux.
func monotonicMicros() int64 { return 0 }

// toJournal is for the journal of Linux.
func toJournal(io.Writer) bool { return false }
