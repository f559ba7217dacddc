package wiki

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
)

// bare adds the bare URLs that begin in [start,stop), the text before sibling next. A URL is read from the source, not from
// the tree: on SourceHut it swallows whatever stands before the next blank, links and emphasis included, and leaves of them
// what is behind; but one that would leave the construct it stands in is no link.
func (b *builder) bare(start, stop int32, next ast.Node, parent, limit int32) {
	start = max(start, b.eaten)
	for start < stop {
		from, to := b.nextURL(start, stop)
		if from < 0 {
			return
		}
		end := b.urlEnd(from)
		start = to
		if end > limit || b.insideLink(parent) || b.d.Bare == BareGFM && b.cuts(next, end) {
			continue
		}
		i := b.add(BareURL, parent, from, end)
		dest := string(b.src[from:end])
		if b.src[from] == 'w' || b.src[from] == 'W' {
			if bytes.HasPrefix(bytes.ToLower(b.src[from:min(from+4, end)]), []byte("www.")) {
				dest = "http://" + dest
			}
		}
		b.link(i, Link{Node: i, Dest: dest, Start: from, End: end})
		b.eaten = end
		start = max(start, end)
	}
}

// nextURL finds the first URL that begins in [start,stop): its first byte, and where to look on if it is none. from is
// negative when there is none.
func (b *builder) nextURL(start, stop int32) (from, to int32) {
	for off := start; off < stop; {
		i := bytes.Index(b.src[off:stop], []byte("://"))
		www := int32(-1)
		if b.d.Bare == BareGFM {
			if b.www < off {
				b.www = int32(len(b.src))
				if j := bytes.Index(b.src[off:], []byte("www.")); j >= 0 {
					b.www = off + int32(j)
				}
			}
			if b.www+4 <= stop && b.boundary(b.www) {
				www = b.www
			}
		}
		if i < 0 && www < 0 {
			return -1, stop
		}
		if www >= 0 && (i < 0 || www < off+int32(i)) {
			return www, www + 4
		}
		colon := off + int32(i)
		off = colon + 3
		if s := b.schemeStart(start, colon); s >= 0 {
			return s, off
		}
	}
	return -1, stop
}

// schemeStart finds where the scheme before a colon begins, negative when what stands there is none.
func (b *builder) schemeStart(low, colon int32) int32 {
	s := colon
	for s > low && colon-s < 32 && isSchemeByte(b.src[s-1]) {
		s--
	}
	for s < colon && !isLetter(b.src[s]) {
		s++
	}
	if b.d.Bare == BarePlain {
		if b.escaped(s) {
			s++
		}
		if colon-s < 2 || !isLetter(b.src[s]) {
			return -1
		}
		return s
	}
	scheme := bytes.ToLower(b.src[s:colon])
	for _, known := range []string{"https", "http", "ftp"} {
		if bytes.Equal(scheme, []byte(known)) && b.boundary(s) && colon+3 < int32(len(b.src)) && isHostByte(b.src[colon+3]) {
			return s
		}
	}
	return -1
}

// escaped reports whether an odd number of backslashes stands before the offset.
func (b *builder) escaped(off int32) bool {
	n := 0
	for off > 0 && b.src[off-1] == '\\' {
		off--
		n++
	}
	return n%2 == 1
}

// boundary reports whether GFM lets an autolink begin here: at a line's start, after a blank, or after one of *_~(.
func (b *builder) boundary(off int32) bool {
	if off == 0 {
		return true
	}
	switch b.src[off-1] {
	case ' ', '\t', '\n', '\r', '*', '_', '~', '(':
		return true
	}
	return false
}

// urlEnd is where a URL ends that begins at an offset.
func (b *builder) urlEnd(from int32) int32 {
	if from >= b.blank[0] && from < b.blank[1] {
		return b.trimURL(from, b.blank[1])
	}
	end := from
	for int(end) < len(b.src) && !b.endsURL(b.src[end]) {
		end++
	}
	b.blank = [2]int32{from, end}
	return b.trimURL(from, end)
}

func (b *builder) endsURL(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '\r', '\f', '\v', '<':
		return true
	}
	return c == '>' && b.d.Bare == BarePlain
}

// trimURL cuts the punctuation that GFM leaves out of an autolink.
func (b *builder) trimURL(from, end int32) int32 {
	if b.d.Bare == BarePlain {
		return end
	}
	for end > from {
		switch c := b.src[end-1]; c {
		case '?', '!', '.', ',', ':', '*', '_', '~', '\'', '"':
			end--
			continue
		case ')':
			if u := b.src[from:end]; bytes.Count(u, []byte{')'}) > bytes.Count(u, []byte{'('}) {
				end--
				continue
			}
		case ';':
			if i := bytes.LastIndexByte(b.src[from:end], '&'); i >= 0 && isEntityName(b.src[from+int32(i)+1:end-1]) {
				end = from + int32(i)
				continue
			}
		}
		return end
	}
	return end
}

func isEntityName(s []byte) bool {
	for _, c := range s {
		if !isLetter(c) && (c < '0' || c > '9') {
			return false
		}
	}
	return len(s) > 0
}

// cuts reports whether a construct from c on begins before the offset end and ends behind it.
func (b *builder) cuts(c ast.Node, end int32) bool {
	for ; c != nil; c = c.NextSibling() {
		if start := int32(c.Pos()); start < 0 || start >= end {
			return false
		}
		if _, ok := c.(*ast.Text); !ok && b.inlineEnd(c) > end {
			return true
		}
	}
	return false
}

func (b *builder) insideLink(i int32) bool {
	for ; i >= 0; i = b.p.Nodes[i].Parent {
		if k := b.p.Nodes[i].Kind; k == LinkNode || k == ImageNode {
			return true
		}
	}
	return false
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isSchemeByte(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || c == '+' || c == '.' || c == '-'
}

func isHostByte(c byte) bool { return isLetter(c) || c >= '0' && c <= '9' || c >= 0x80 || c == '[' }
