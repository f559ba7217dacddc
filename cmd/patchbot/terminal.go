package main

import (
	"fmt"
	"os"

	"golang.org/x/term"
)

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// progress shows one status line on a terminal, and nothing elsewhere. The zero value is silent.
type progress struct {
	sh    *Shell
	shown bool
}

func newProgress(sh *Shell) *progress { return &progress{sh: sh} }

// say replaces the status line.
func (p *progress) say(format string, args ...any) {
	if p.sh == nil || !p.sh.Terminal {
		return
	}
	fmt.Fprintf(p.sh.Err, "\r\x1b[K%s", fmt.Sprintf(format, args...))
	p.shown = true
}

// clear takes the status line away.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.sh.Err, "\r\x1b[K")
		p.shown = false
	}
}
