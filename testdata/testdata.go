// Package testdata carries the sample wiki and the sample mails, for the demo and for the tests of several packages. It is
// data, not code: README.md beside this file says where it comes from.
package testdata

import "embed"

// Bundle is the git bundle of the sample wiki: its first 300 commits, branch main.
//
//go:embed wiki.bundle
var Bundle []byte

// Demo holds the mails of the demo, *.eml, as `git send-email` writes them.
//
//go:embed demo/*.eml
var Demo embed.FS
