package patch

import (
	"bytes"
	"strings"
)

// extended are the lines that may stand between "diff --git" and the first fragment, with what each says. A reader
// returns done at the first line that is not one of them.
var extended = []struct {
	prefix string
	read   func(h *headerReader, rest []byte) string // empty, or why git refuses
}{
	{"--- ", func(h *headerReader, rest []byte) string { return h.fileName(&h.e.OldName, h.e.New == Yes, rest) }},
	{"+++ ", func(h *headerReader, rest []byte) string { return h.fileName(&h.e.NewName, h.e.Deleted == Yes, rest) }},
	{"old mode ", func(h *headerReader, rest []byte) string { return h.mode(&h.e.OldMode, rest) }},
	{"new mode ", func(h *headerReader, rest []byte) string { return h.mode(&h.e.NewMode, rest) }},
	{"deleted file mode ", func(h *headerReader, rest []byte) string {
		h.e.Deleted, h.e.OldName = Yes, h.name
		return h.mode(&h.e.OldMode, rest)
	}},
	{"new file mode ", func(h *headerReader, rest []byte) string {
		h.e.New, h.e.NewName = Yes, h.name
		return h.mode(&h.e.NewMode, rest)
	}},
	{"copy from ", func(h *headerReader, rest []byte) string {
		h.e.Copied, h.e.OldName = true, h.p.metaName(rest)
		return ""
	}},
	{"copy to ", func(h *headerReader, rest []byte) string {
		h.e.Copied, h.e.NewName = true, h.p.metaName(rest)
		return ""
	}},
	{"rename old ", (*headerReader).renameFrom},
	{"rename new ", (*headerReader).renameTo},
	{"rename from ", (*headerReader).renameFrom},
	{"rename to ", (*headerReader).renameTo},
	{"similarity index ", func(*headerReader, []byte) string { return "" }},
	{"dissimilarity index ", func(*headerReader, []byte) string { return "" }},
	{"index ", (*headerReader).index},
}

// headerReader reads the extended header of one entry.
type headerReader struct {
	p    *diffReader
	e    *Entry
	name string // what "diff --git" says when both of its names are the same
}

func (h *headerReader) renameFrom(rest []byte) string {
	h.e.Renamed, h.e.OldName = true, h.p.metaName(rest)
	return ""
}

func (h *headerReader) renameTo(rest []byte) string {
	h.e.Renamed, h.e.NewName = true, h.p.metaName(rest)
	return ""
}

// gitHeader reads a "diff --git" line and its extended header into e. n is the length of all of it; when it is not more
// than that of the first line, this is no entry.
func (p *diffReader) gitHeader(e *Entry) (n int, err *SyntaxError) {
	first := firstLine(p.rest())
	e.Line, e.New, e.Deleted = p.line, No, No
	h := headerReader{p: p, e: e, name: p.gitLineName(first[len("diff --git "):])}
	n = len(first)
	line := p.line + 1
	for more := true; more && p.pos+n < len(p.data); line++ {
		text := firstLine(p.data[p.pos+n:])
		if text[len(text)-1] != '\n' || bytes.HasPrefix(text, []byte("@@ -")) {
			break
		}
		more = false
		for _, x := range extended {
			if !bytes.HasPrefix(text, []byte(x.prefix)) {
				continue
			}
			// names may be quoted and a quoted name may hold line feeds, so a reader sees all that follows
			if why := x.read(&h, p.data[p.pos+n+len(x.prefix):]); why != "" {
				return 0, &SyntaxError{Line: line, Reason: why}
			}
			if e.contradicts() {
				return 0, &SyntaxError{Line: line, Reason: "header lines contradict each other"}
			}
			more = true
			n += len(text)
			break
		}
	}
	if e.OldName == "" && e.NewName == "" {
		e.OldName, e.NewName = h.name, h.name
	}
	if e.NewName == "" && e.Deleted != Yes || e.OldName == "" && e.New != Yes {
		return 0, p.fail("the header names no file")
	}
	return n, nil
}

func (e *Entry) contradicts() bool {
	n := 0
	for _, set := range []bool{e.New == Yes, e.Deleted == Yes, e.Renamed, e.Copied} {
		if set {
			n++
		}
	}
	return n > 1
}

// fileName reads the name after "---" or "+++", or holds it against the one already known.
func (h *headerReader) fileName(name *string, missing bool, rest []byte) string {
	if *name == "" {
		if !missing {
			*name = h.p.lineName(rest, "", true)
			return ""
		}
		if !isDevNull(rest) {
			return "/dev/null is missing"
		}
		return ""
	}
	if missing {
		return "/dev/null is missing for " + *name
	}
	if h.p.lineName(rest, "", true) != *name {
		return "the header has two names for one file"
	}
	return ""
}

func (h *headerReader) mode(mode *uint32, rest []byte) string {
	m, n := parseOctal(rest)
	if n == 0 || n >= len(rest) || !isSpace(rest[n]) {
		return "invalid mode"
	}
	if h.p.modern {
		m = canonicalMode(m)
	}
	*mode = m
	return ""
}

// canonicalMode is one of the five modes that trees have.
func canonicalMode(mode uint32) uint32 {
	const typeBits, regular, symlink, directory, gitlink = 0o170000, 0o100000, 0o120000, 0o040000, 0o160000
	switch mode & typeBits {
	case regular:
		if mode&0o100 != 0 {
			return 0o100755
		}
		return 0o100644
	case symlink, directory:
		return mode & typeBits
	}
	return gitlink
}

// parseOctal reads an octal number as strtoul does: blanks and a sign may stand before it.
func parseOctal(b []byte) (mode uint32, n int) {
	for n < len(b) && isSpace(b[n]) {
		n++
	}
	negative := false
	if n < len(b) && (b[n] == '-' || b[n] == '+') {
		negative = b[n] == '-'
		n++
	}
	start := n
	var v uint64
	overflow := false
	for n < len(b) && b[n] >= '0' && b[n] <= '7' {
		overflow = overflow || v>>61 != 0
		v = v<<3 | uint64(b[n]-'0')
		n++
	}
	if n == start {
		return 0, 0
	}
	if overflow {
		v = 1<<64 - 1
	} else if negative {
		v = -v
	}
	return uint32(v), n
}

// index reads "index old..new mode"; a line of another form says nothing.
func (h *headerReader) index(rest []byte) string {
	const longest = 40
	line := firstLine(rest)
	dot := bytes.IndexByte(rest, '.')
	if dot < 0 || dot > longest || dot+1 >= len(rest) || rest[dot+1] != '.' {
		return ""
	}
	h.e.OldID = cutNUL(string(rest[:dot]))
	rest = rest[dot+2:]
	end := bytes.IndexByte(line[min(len(line), dot+2):], '\n')
	if sp := bytes.IndexByte(rest, ' '); sp >= 0 && (end < 0 || sp < end) {
		end = sp
	}
	if end < 0 || end > longest {
		return ""
	}
	h.e.NewID = cutNUL(string(rest[:end]))
	if rest[end] == ' ' {
		return h.mode(&h.e.OldMode, rest[end+1:])
	}
	return ""
}

func cutNUL(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

func isDevNull(b []byte) bool {
	const null = "/dev/null"
	return bytes.HasPrefix(b, []byte(null)) && len(b) > len(null) && isSpace(b[len(null)])
}
