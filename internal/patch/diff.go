package patch

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// maxHunkLines bounds the lines that ParseDiff keeps of all hunks together: nobody reads more, and each costs memory many
// times its size. The files beyond it are named without hunks.
const maxHunkLines = 100_000

// ParseDiff reads the files of a diff for people: names, modes, blob ids and hunks. Text around and between the diffs is
// passed over. Each file is read on its own, so that one that cannot be parsed costs only its hunks: it is named all the
// same, and the error tells of the first of them.
func ParseDiff(diff []byte) ([]File, error) {
	text := string(diff)
	return parseFiles(text, outlineOf(text))
}

func parseFiles(text string, o outline) ([]File, error) {
	var files []File
	var failed error
	lines := 0
	for i, span := range o.files {
		lines += span.lines
		end := span.end
		if lines > maxHunkLines {
			end = span.body
		}
		parsed, err := parseFile(text[span.start:end])
		if err != nil {
			failed = cmp.Or(failed, fmt.Errorf("parse diff of file %d: %w", i+1, err))
			parsed = headerOnly(text[span.start:span.body], text[span.body:span.end])
		}
		files = append(files, parsed...)
	}
	return files, failed
}

func parseFile(text string) ([]File, error) {
	lines := lineReader(text)
	parsed, _, err := gitdiff.Parse(&lines)
	if err != nil {
		return nil, err
	}
	if len(parsed) == 0 {
		return nil, errors.New("no file header")
	}
	files := make([]File, 0, len(parsed))
	for _, f := range parsed {
		files = append(files, fileOf(f, strings.HasPrefix(text, "diff --git ")))
	}
	return files, nil
}

// lineReader hands out the lines of a text without copying them. The library reads by ReadString where it can.
type lineReader string

// ReadString returns the text up to and with the next delim.
func (r *lineReader) ReadString(delim byte) (string, error) {
	i := strings.IndexByte(string(*r), delim)
	if i < 0 {
		rest := string(*r)
		*r = ""
		return rest, io.EOF
	}
	line := string(*r)[:i+1]
	*r = (*r)[i+1:]
	return line, nil
}

// Read makes a lineReader an io.Reader.
func (r *lineReader) Read(p []byte) (int, error) {
	if *r == "" {
		return 0, io.EOF
	}
	n := copy(p, *r)
	*r = (*r)[n:]
	return n, nil
}

func fileOf(f *gitdiff.File, git bool) File {
	file := File{
		Path: f.NewName, OldMode: uint32(f.OldMode), NewMode: uint32(f.NewMode),
		OldBlob: f.OldOIDPrefix, NewBlob: f.NewOIDPrefix, Binary: f.IsBinary, Status: StatusModified,
	}
	old := f.OldName
	if !git { // the library leaves the first directory on the names of plain diffs
		old, file.Path = cutDirectory(old), cutDirectory(file.Path)
	}
	switch {
	case f.IsNew:
		file.Status = StatusAdded
	case f.IsDelete:
		file.Status, file.Path = StatusDeleted, old
	case f.IsCopy:
		file.Status, file.OldPath = StatusCopied, old
	case f.IsRename:
		file.Status, file.OldPath = StatusRenamed, old
	}
	for _, fragment := range f.TextFragments {
		file.Hunks = append(file.Hunks, hunkOf(fragment))
	}
	return file
}

func hunkOf(f *gitdiff.TextFragment) Hunk {
	h := Hunk{
		OldLine: int(f.OldPosition), OldCount: int(f.OldLines), NewLine: int(f.NewPosition), NewCount: int(f.NewLines),
		Lines: make([]string, len(f.Lines)),
	}
	for i, line := range f.Lines {
		h.Lines[i] = line.Op.String() + strings.TrimSuffix(line.Line, "\n")
	}
	return h
}

// cutDirectory cuts the "a/" or "b/" of a plain diff.
func cutDirectory(name string) string {
	if _, rest, ok := strings.Cut(name, "/"); ok && name != "/dev/null" {
		return rest
	}
	return name
}

// headerOnly reads the header of a file whose hunks or binary data cannot be parsed.
func headerOnly(header, body string) []File {
	files, err := parseFile(header)
	if err != nil {
		files = []File{fileByName(header)}
	}
	files[0].Binary = files[0].Binary || strings.HasPrefix(body, "GIT binary patch")
	return files
}

// fileByName reads what it can from a header that the parser refused.
func fileByName(header string) File {
	f := File{Status: StatusModified}
	for line := range strings.Lines(header) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "new file mode "):
			f.Status = StatusAdded
		case strings.HasPrefix(line, "deleted file mode "):
			f.Status = StatusDeleted
		case strings.HasPrefix(line, "diff --git "):
			names := line[len("diff --git "):]
			f.Path = cutDirectory(strings.TrimSpace(names[len(names)/2:]))
		case strings.HasPrefix(line, "+++ b/"):
			f.Path = strings.TrimPrefix(line, "+++ b/")
		}
	}
	return f
}
