package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker in a package build; a build from a checkout or by `go install` knows it from the module.
var version = ""

func versionString() string {
	v := version
	if v == "" {
		v = "unknown"
		if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
			v = info.Main.Version
		}
	}
	return fmt.Sprintf("patchbot %s (%s %s/%s)", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

type versionCommand struct{}

// Help is shown by --help.
func (versionCommand) Help() string {
	return examples("patchbot version", "patchbot version | cut -d' ' -f2")
}

// Run prints the version.
func (versionCommand) Run(sh *Shell) error {
	_, err := fmt.Fprintln(sh.Out, versionString())
	return err
}
