package patch

import (
	"bytes"
	"fmt"
)

// Answer is what a diff says about a question it may leave open.
type Answer int8

const (
	No Answer = iota
	Yes
	Unknown
)

// Entry is one file of a diff as `git apply` reads it. Names have lost their first component ("a/", "b/").
type Entry struct {
	Line             int    // 1-based line of the diff where the entry starts
	OldName, NewName string // empty for the side that does not exist
	OldMode, NewMode uint32 // 0 when unstated
	New, Deleted     Answer
	Renamed, Copied  bool
	OldID, NewID     string // of the index line, as written
	Fragments        []Fragment
	Binary           bool            // no text fragments: "GIT binary patch" or "Binary files differ"
	Forward          *BinaryFragment // nil for "Binary files differ"
}

// Name is the name to speak of: the new one unless the file is deleted.
func (e *Entry) Name() string {
	if e.NewName != "" {
		return e.NewName
	}
	return e.OldName
}

// Fragment is one hunk of a text diff. Positions are 1-based and saturate; 0 stands before the first line.
type Fragment struct {
	Line             int // 1-based line of the diff that holds its header
	OldPos, OldLines uint64
	NewPos, NewLines uint64
	Leading          int // context lines before the first change
	Trailing         int // context lines after the last change
	Body             []byte
}

// SyntaxError says where and why git apply refuses to read a diff at all. TooLarge is set when a limit was exceeded, which
// says nothing about git.
type SyntaxError struct {
	Line     int
	Reason   string
	TooLarge bool
	stops    bool // git reads no further, and applies what stands before
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d of the patch: %s", e.Line, e.Reason)
}

// Limits bounds the work on one diff.
type Limits struct {
	Files     int   // entries
	Hunks     int   // fragments of all entries
	BlobBytes int64 // one file, before and after
	AllBytes  int64 // all files after
}

// DefaultLimits are far above what a person sends to a wiki and far below what would trouble a small server.
func DefaultLimits() Limits {
	return Limits{Files: 10_000, Hunks: 200_000, BlobBytes: 32 << 20, AllBytes: 64 << 20}
}

// Dialect is the grammar of a range of git's versions. They differ on what no sane tool writes: odd modes, numbers beyond 64
// bits, stray end-of-file markers, names with blanks.
type Dialect int

const (
	Git239 Dialect = iota // as in git 2.39
	Git250                // from git 2.50 on, with what later versions up to 2.55 changed
)

// ReadDiff reads a diff, with whatever text stands around it, as `git apply` of git 2.39 does. A diff without any entry is an error.
// Entries share memory with diff.
func ReadDiff(diff []byte, limits Limits) ([]*Entry, *SyntaxError) {
	return ReadDialect(diff, limits, Git239)
}

// ReadDialect is [ReadDiff] by the grammar of other versions of git.
func ReadDialect(diff []byte, limits Limits, dialect Dialect) ([]*Entry, *SyntaxError) {
	entries, _, err := readEntries(diff, limits, dialect)
	return entries, err
}

// CutShort says where git stops reading a diff, which it applies up to there: at broken binary data after the first entry. It
// is nil for a diff that git reads to its end, or not at all.
func CutShort(diff []byte, limits Limits) *SyntaxError {
	_, cut, _ := readEntries(diff, limits, Git239)
	return cut
}

func readEntries(diff []byte, limits Limits, dialect Dialect) (entries []*Entry, cut, err *SyntaxError) {
	p := diffReader{data: diff, line: 1, strip: 1, limits: limits, modern: dialect == Git250}
	for {
		e, err := p.entry()
		if err != nil && err.stops && len(entries) > 0 {
			return entries, err, nil
		}
		if err != nil {
			return nil, nil, err
		}
		if e == nil {
			break
		}
		if entries = append(entries, e); len(entries) > limits.Files {
			return nil, nil, &SyntaxError{Line: p.line, Reason: fmt.Sprintf("more than %d files", limits.Files), TooLarge: true}
		}
	}
	if len(entries) == 0 {
		return nil, nil, &SyntaxError{Line: 1, Reason: "no valid patch in the mail"}
	}
	return entries, nil, nil
}

// diffReader walks through a diff line by line.
type diffReader struct {
	data       []byte
	pos        int
	line       int // 1-based, of pos
	strip      int // leading components of names that do not count
	stripKnown bool
	hunks      int
	limits     Limits
	modern     bool // Git250
}

func (p *diffReader) rest() []byte { return p.data[p.pos:] }

// skip moves over the bytes of whole lines.
func (p *diffReader) skip(n int) {
	p.line += bytes.Count(p.data[p.pos:p.pos+n], []byte("\n"))
	p.pos += n
}

func (p *diffReader) fail(format string, args ...any) *SyntaxError {
	return &SyntaxError{Line: p.line, Reason: fmt.Sprintf(format, args...)}
}

// entry reads the next entry, nil when there is none left.
func (p *diffReader) entry() (*Entry, *SyntaxError) {
	e, err := p.findHeader()
	if e == nil || err != nil {
		return nil, err
	}
	if err := p.fragments(e); err != nil {
		return nil, err
	}
	if len(e.Fragments) > 0 {
		return e, nil
	}
	if err := p.binary(e); err != nil {
		err.stops = !err.TooLarge
		return nil, err
	}
	if !e.Binary && !e.changesMetadata() {
		return nil, &SyntaxError{Line: p.line, Reason: "the patch of " + e.Name() + " changes nothing"}
	}
	return e, nil
}

func (e *Entry) changesMetadata() bool {
	return e.Renamed || e.Copied || e.New == Yes || e.Deleted != No || e.OldMode != 0 && e.NewMode != 0 && e.OldMode != e.NewMode
}

// findHeader skips text until something that starts an entry and reads up to its first fragment. The names of a
// "diff --git" line that starts none are not forgotten, though: the next header must agree with them. Nor is that such a line
// would have said so if the file were new.
func (p *diffReader) findHeader() (*Entry, *SyntaxError) {
	const shortest = 6
	e := &Entry{New: Unknown, Deleted: Unknown}
	for len(p.rest()) > 0 {
		line := firstLine(p.rest())
		switch {
		case len(line) < shortest:
		case bytes.HasPrefix(line, []byte("@@ -")):
			if _, ok := p.ranges(line); ok {
				return nil, p.fail("a hunk without the header of a file")
			}
		case len(p.rest()) < len(line)+shortest:
			return nil, nil
		case bytes.HasPrefix(line, []byte("diff --git ")):
			n, err := p.gitHeader(e)
			if err != nil {
				return nil, err
			}
			if n > len(line) {
				p.skip(n)
				return e, p.checkNew(e)
			}
		case bytes.HasPrefix(line, []byte("--- ")) && bytes.HasPrefix(p.rest()[len(line):], []byte("+++ ")):
			second := firstLine(p.rest()[len(line):])
			after := p.rest()[len(line)+len(second):]
			const shortestHeader = len("@@ -0,0 +1 @@\n")
			if len(after) < shortestHeader || !bytes.HasPrefix(after, []byte("@@ -")) {
				break
			}
			if err := p.plainHeader(e, line, second); err != nil {
				return nil, err
			}
			p.skip(len(line) + len(second))
			return e, p.checkNew(e)
		}
		p.skip(len(line))
	}
	return nil, nil
}

// checkNew refuses a new file that has an old name, on which git gives up.
func (p *diffReader) checkNew(e *Entry) *SyntaxError {
	if e.New == Yes && e.OldName != "" {
		return p.fail("the new file %s has an old name", e.NewName)
	}
	return nil
}
