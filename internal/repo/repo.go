// Package repo reads the git repository under review and computes, in memory, what a series would make of it.
//
// Its law: applying is what the maintainer's `git am -3` does, to the byte, and leaves no trace. There is no work tree, no
// index file, no hook, no filter, no attribute driver and no configuration of the repository is honoured; objects that a
// series creates live in a [Scratch] and vanish with it.
//
// It refuses to know mail, pages and verdicts. Object ids cross its border as 40 hex digits, go-git's types never do.
package repo

import (
	"time"

	"patchbot/internal/patch"
)

// CommitInfo is one commit of the repository under review.
type CommitInfo struct {
	ID      string // 40 hex
	Tree    string // 40 hex
	Parents []string
	Author  string
	When    time.Time // author date
	Title   string    // first line of the message
}

// Status is the class of an attempt to apply, as `git am -3` would end. The values are part of the command line's JSON.
type Status string

const (
	StatusApplied        Status = "applied"
	StatusAlreadyApplied Status = "already-applied"
	StatusConflict       Status = "conflict"
	StatusNoBase         Status = "no-base"
	StatusHandEdited     Status = "hand-edited"
	StatusCorrupt        Status = "corrupt"
	StatusEmpty          Status = "empty"
	StatusBadMail        Status = "bad-mail"
	StatusTooLarge       Status = "too-large"
	StatusRefused        Status = "refused"
	StatusNotTried       Status = "not-tried"
)

// How says what it took to apply: the weakest over the parts counts.
type How string

const (
	HowExact    How = "exact"
	HowOffset   How = "offset"
	HowThreeWay How = "three-way"
)

// PartResult is the outcome of one part of a series.
type PartResult struct {
	Index  int
	Status Status
	How    How    // empty unless applied
	Offset int    // lines, of the hunk that moved most; 0 when exact
	Tree   string // 40 hex after this part, empty unless applied or already applied
	Commit string // 40 hex, empty unless applied
	// DependsOnGit: git ≤ 2.49 and ≥ 2.50 would end differently at this part.
	DependsOnGit bool
}

// Failure names the place where a series stopped.
type Failure struct {
	Index  int      // 1-based part
	Path   string   // empty when the failure is not about one file
	Line   int      // 1-based line of the old file that the patch expects there; 0 when unknown
	Reason string   // stable word: "hunk", "exists", "missing", "path", "mode", "binary", "syntax", …
	Detail string   // English, for the operator and the tests
	At     int      // 1-based line of the file as it is, where Found starts; 0 when unknown
	Expect []string // lines the patch expects (context and removed), first mismatching line first, at most 5
	Marks  string   // one byte for each line of Expect: ' ' for context, '-' for a line the patch removes
	Found  []string // lines that stand there instead, at most 5
}

// Applied is what came of applying a series to a base.
type Applied struct {
	Base         string // 40 hex of the commit applied to
	Status       Status
	How          How
	DependsOnGit bool // git ≤ 2.49 and ≥ 2.50 would give different verdicts
	Tree         string
	Parts        []PartResult
	Failed       *Failure
}

// Input is one part to apply.
type Input struct {
	Index  int
	Commit *patch.Commit // nil when Err leaves nothing to apply, see patch.ReadCommit
	Err    *patch.BadMail
}
