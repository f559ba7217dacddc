// Package tracker shows what came of a series where people look at the patches of a list: as a tool of the patchset at
// lists.sr.ht, as checks of the patches in Patchwork.
//
// Its law: to show something twice is to show it once. Each call begins with what the site shows already and changes only
// what differs, so that whoever does not know whether an earlier call arrived calls again, and no second row comes of it.
//
// A token goes to the configured address alone: no redirection is followed with it, it is read anew at each call, and it
// never appears in an error. What a site answers is read up to a bound and told to the operator only, cut and without
// control characters.
//
// The package knows no series, no report and no language; what it shows is a state, a line and the address of more.
package tracker
