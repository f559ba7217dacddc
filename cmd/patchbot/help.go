package main

import "strings"

// examples is the tail of every command's help: two examples and the exit statuses, which are the same everywhere.
func examples(first, second string) string {
	return strings.Join([]string{
		"Examples:",
		"  " + first,
		"  " + second,
		"",
		"Exit status:",
		"  0  clean, or nothing to say",
		"  1  there is a finding, a conflict or an incomplete series",
		"  2  usage or configuration",
		"  3  it could not be done (network, permissions, a defect)",
	}, "\n")
}
