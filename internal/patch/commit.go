package patch

import "time"

// Commit is what `git am` takes from one raw mail: git mailsplit, then git mailinfo -u without configuration.
type Commit struct {
	AuthorName  string
	AuthorEmail string
	Date        string    // as the mail has it: what git am would parse; empty when missing
	When        time.Time // parsed; zero when Date is empty
	Subject     string    // first line of the message, marks removed
	Message     string    // whole commit message as recorded, ending in a newline; empty only for an empty message
	Diff        []byte    // the patch bytes from the first "diff " or "---" line on, as given to git apply
}

// BadMail says why git am would not take a mail at all.
type BadMail struct {
	Class  string // "bad-mail", "empty" or "too-large": values of the apply status in the command line's JSON
	Reason string // stable word: "no-author", "bad-date", "charset", "nul", "no-diff", …
	Detail string // English, for the operator
}

// Error describes the defect for the operator.
func (b *BadMail) Error() string { return b.Class + ": " + b.Reason + ": " + b.Detail }
