package repo

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"patchbot/internal/patch"
)

// formatDiff writes what differs between two trees in git's diff format: full object ids, three lines of context, binary
// files as literals, and files that moved without a change as renames.
func formatDiff(src objects, old, new plumbing.Hash) ([]byte, error) {
	changes, err := diffTrees(src, old, new)
	if err != nil {
		return nil, err
	}
	from := exactRenames(changes)
	moved := make(map[string]bool, len(from))
	for _, path := range from {
		moved[path] = true
	}
	var out bytes.Buffer
	for _, c := range changes {
		if c.new.id.IsZero() && moved[c.path] {
			continue
		}
		if path, ok := from[c.path]; ok {
			a, b := quotePath("a/"+path), quotePath("b/"+c.path)
			fmt.Fprintf(&out, "diff --git %s %s\nsimilarity index 100%%\nrename from %s\nrename to %s\n", a, b, quotePath(path), quotePath(c.path))
			continue
		}
		// a change of type is a deletion and a creation
		if !c.old.id.IsZero() && !c.new.id.IsZero() && (c.old.mode^c.new.mode)&modeType != 0 {
			if err := formatFile(&out, src, fileChange{c.path, c.old, treeEntry{}}); err != nil {
				return nil, err
			}
			c.old = treeEntry{}
		}
		if err := formatFile(&out, src, c); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

// exactRenames pairs new files with deleted ones of the same content and mode, each used once: new path to old path.
func exactRenames(changes []fileChange) map[string]string {
	gone := make(map[treeEntry][]string)
	for _, c := range changes {
		if c.new.id.IsZero() && c.old.id != emptyBlob {
			key := treeEntry{mode: c.old.mode, id: c.old.id}
			gone[key] = append(gone[key], c.path)
		}
	}
	from := make(map[string]string)
	for _, c := range changes {
		key := treeEntry{mode: c.new.mode, id: c.new.id}
		if olds := gone[key]; c.old.id.IsZero() && len(olds) > 0 {
			from[c.path], gone[key] = olds[0], olds[1:]
		}
	}
	return from
}

var emptyBlob = hashObject(plumbing.BlobObject, nil)

// formatFile writes the diff of one file.
func formatFile(out *bytes.Buffer, src objects, c fileChange) error {
	before, err := diffText(src, c.old)
	if err != nil {
		return err
	}
	after, err := diffText(src, c.new)
	if err != nil {
		return err
	}
	a, b := quotePath("a/"+c.path), quotePath("b/"+c.path)
	fmt.Fprintf(out, "diff --git %s %s\n", a, b)
	mode := ""
	switch {
	case c.old.id.IsZero():
		fmt.Fprintf(out, "new file mode %06o\n", c.new.mode)
		a = "/dev/null"
	case c.new.id.IsZero():
		fmt.Fprintf(out, "deleted file mode %06o\n", c.old.mode)
		b = "/dev/null"
	case c.old.mode != c.new.mode:
		fmt.Fprintf(out, "old mode %06o\nnew mode %06o\n", c.old.mode, c.new.mode)
	default:
		mode = fmt.Sprintf(" %06o", c.new.mode)
	}
	if c.old.id == c.new.id {
		return nil
	}
	fmt.Fprintf(out, "index %s..%s%s\n", c.old.id, c.new.id, mode)
	if looksBinary(before) || looksBinary(after) {
		out.WriteString("GIT binary patch\n")
		writeLiteral(out, after)
		writeLiteral(out, before)
		return nil
	}
	if len(before) == 0 && len(after) == 0 {
		return nil
	}
	// a tab ends a name that holds blanks, for other tools
	for _, l := range []struct{ mark, name string }{{"---", a}, {"+++", b}} {
		tab := ""
		if strings.Contains(l.name, " ") && l.name[0] != '"' {
			tab = "\t"
		}
		fmt.Fprintf(out, "%s %s%s\n", l.mark, l.name, tab)
	}
	writeHunks(out, before, after)
	return nil
}

// diffText is what diffs show of an entry.
func diffText(src objects, e treeEntry) ([]byte, error) {
	switch {
	case e.id.IsZero():
		return nil, nil
	case e.mode == modeGitlink:
		return []byte(gitlinkText + e.id.String() + "\n"), nil
	}
	return src.blob(e.id)
}

// looksBinary is git's test: a NUL among the first 8,000 bytes.
func looksBinary(data []byte) bool { return bytes.IndexByte(data[:min(len(data), 8000)], 0) >= 0 }

// quotePath quotes a name C-style where git does: control characters, quotation marks, backslashes and bytes beyond ASCII.
func quotePath(s string) string {
	var out strings.Builder
	quoted := false
	for i := range len(s) {
		c := s[i]
		k := strings.IndexByte("\a\b\f\n\r\t\v\\\"", c)
		switch {
		case k >= 0:
			out.WriteString(`\` + `abfnrtv\"`[k:k+1])
		case c < ' ' || c > '~':
			fmt.Fprintf(&out, `\%03o`, c)
		default:
			out.WriteByte(c)
			continue
		}
		quoted = true
	}
	if !quoted {
		return s
	}
	return `"` + out.String() + `"`
}

// contextLines is how many unchanged lines stand around a change.
const contextLines = 3

// writeHunks writes the unified diff of two texts.
func writeHunks(out *bytes.Buffer, before, after []byte) {
	old, now := bytes.SplitAfter(before, []byte("\n")), bytes.SplitAfter(after, []byte("\n"))
	if n := len(old); len(old[n-1]) == 0 {
		old = old[:n-1]
	}
	if n := len(now); len(now[n-1]) == 0 {
		now = now[:n-1]
	}
	changes := patch.Diff(before, after, patch.Myers)
	for len(changes) > 0 {
		n := 1
		for n < len(changes) && changes[n].OldAt-(changes[n-1].OldAt+changes[n-1].OldLines) <= 2*contextLines {
			n++
		}
		writeHunk(out, old, now, changes[:n])
		changes = changes[n:]
	}
}

// writeHunk writes one hunk, the changes of which stand close together.
func writeHunk(out *bytes.Buffer, old, now [][]byte, changes []patch.Change) {
	first, last := changes[0], changes[len(changes)-1]
	lead := min(contextLines, first.OldAt)
	end := min(len(old), last.OldAt+last.OldLines+contextLines)
	oldFrom, newFrom := first.OldAt-lead, first.NewAt-lead
	oldLines := end - oldFrom
	newLines := last.NewAt + last.NewLines + end - last.OldAt - last.OldLines - newFrom
	fmt.Fprintf(out, "@@ -%s +%s @@\n", rangeText(oldFrom, oldLines), rangeText(newFrom, newLines))
	line := func(mark byte, text []byte) {
		out.WriteByte(mark)
		out.Write(text)
		if !bytes.HasSuffix(text, []byte("\n")) {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
	at := oldFrom
	for _, c := range changes {
		for ; at < c.OldAt; at++ {
			line(' ', old[at])
		}
		for ; at < c.OldAt+c.OldLines; at++ {
			line('-', old[at])
		}
		for i := range c.NewLines {
			line('+', now[c.NewAt+i])
		}
	}
	for ; at < end; at++ {
		line(' ', old[at])
	}
}

// rangeText writes a position and a count as hunk headers have them.
func rangeText(from, lines int) string {
	switch lines {
	case 0:
		return fmt.Sprintf("%d,0", from)
	case 1:
		return fmt.Sprintf("%d", from+1)
	}
	return fmt.Sprintf("%d,%d", from+1, lines)
}

// writeLiteral writes the whole of a binary file, deflated, in lines of base 85.
func writeLiteral(out *bytes.Buffer, data []byte) {
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write(data)
	w.Close()
	fmt.Fprintf(out, "literal %d\n", len(data))
	const lineBytes = 52
	for packed := z.Bytes(); len(packed) > 0; {
		n := min(lineBytes, len(packed))
		out.Write(patch.EncodeBase85Line(packed[:n]))
		packed = packed[n:]
	}
	out.WriteByte('\n')
}
