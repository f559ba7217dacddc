package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the linker in a package build; a build from a checkout or by `go install` knows it from the module.
var version = ""

func versionNumber() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}

func versionString() string {
	return fmt.Sprintf("patchbot %s (%s %s/%s)", versionNumber(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
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
