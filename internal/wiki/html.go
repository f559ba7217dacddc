package wiki

import (
	"bytes"
	"html"
	"strings"
)

// Tag is one opening or closing tag of raw HTML. Comments, declarations and what stands in <script> or <style> give none.
type Tag struct {
	Node       int32 // the HTML or HTMLBlock node it stands in
	Name       string
	Close      bool
	Start, End int32
	Attrs      []Attr
}

// Attr is one attribute. Name is in lower case, Value has its entities resolved.
type Attr struct {
	Name, Value string
	Start, End  int32 // of the value as written, or of the name when there is no value
}

// Attr returns the value of the first attribute of the name.
func (t *Tag) Attr(name string) (string, bool) {
	for i := range t.Attrs {
		if t.Attrs[i].Name == name {
			return t.Attrs[i].Value, true
		}
	}
	return "", false
}

// tags scans raw HTML for tags and the links in them.
func (b *builder) tags(node, start, end int32) {
	s := tagScanner{src: b.src, off: start, end: end}
	for {
		t, ok := s.next()
		if !ok {
			return
		}
		t.Node = node
		b.p.Tags = append(b.p.Tags, t)
		if t.Close {
			continue
		}
		attr, image := "href", false
		switch t.Name {
		case "a", "area":
		case "img", "video", "audio", "source", "embed", "iframe":
			attr, image = "src", true
		default:
			continue
		}
		for _, a := range t.Attrs {
			if a.Name == attr {
				b.p.Links = append(b.p.Links, Link{
					Node: node, Tag: true, Image: image, Dest: strings.TrimSpace(a.Value), Start: a.Start, End: a.End,
				})
				break
			}
		}
	}
}

// tagScanner reads tags as a browser does, only more simply: it looks for what a page of Markdown holds.
type tagScanner struct {
	src      []byte
	off, end int32
	raw      string // name of the element whose text is not markup: script, style, …
}

func (s *tagScanner) next() (Tag, bool) {
	for s.off < s.end {
		i := bytes.IndexByte(s.src[s.off:s.end], '<')
		if i < 0 {
			break
		}
		s.off += int32(i)
		rest := s.src[s.off:s.end]
		if bytes.HasPrefix(rest, []byte("<!--")) {
			s.skipPast(rest, "-->")
			continue
		}
		if len(rest) > 1 && (rest[1] == '!' || rest[1] == '?') {
			s.skipPast(rest, ">")
			continue
		}
		t, ok := s.tag()
		if !ok {
			s.off++
			continue
		}
		if s.raw != "" {
			if !t.Close || t.Name != s.raw {
				continue
			}
			s.raw = ""
		} else if !t.Close && (t.Name == "script" || t.Name == "style" || t.Name == "textarea" || t.Name == "title") {
			s.raw = t.Name
		}
		return t, true
	}
	s.off = s.end
	return Tag{}, false
}

func (s *tagScanner) skipPast(rest []byte, mark string) {
	i := bytes.Index(rest, []byte(mark))
	if i < 0 {
		s.off = s.end
		return
	}
	s.off += int32(i + len(mark))
}

// tag reads one tag at the offset of its "<" and moves behind it.
func (s *tagScanner) tag() (Tag, bool) {
	off := s.off + 1
	t := Tag{Start: s.off}
	if off < s.end && s.src[off] == '/' {
		t.Close = true
		off++
	}
	from := off
	for off < s.end && (isLetter(s.src[off]) || off > from && (s.src[off] >= '0' && s.src[off] <= '9' || s.src[off] == '-')) {
		off++
	}
	if off == from || off-from > 64 {
		return t, false
	}
	t.Name = strings.ToLower(string(s.src[from:off]))
	for {
		off = s.skip(off, " \t\r\n\f/")
		if off >= s.end || s.src[off] == '<' {
			return t, false
		}
		if s.src[off] == '>' {
			t.End = off + 1
			s.off = t.End
			return t, true
		}
		var a Attr
		a, off = s.attr(off)
		if len(t.Attrs) < 100 {
			t.Attrs = append(t.Attrs, a)
		}
	}
}

func (s *tagScanner) attr(off int32) (Attr, int32) {
	from := off
	off = s.until(off+1, " \t\r\n\f/>=")
	a := Attr{Name: strings.ToLower(string(s.src[from:off])), Start: from, End: off}
	eq := s.skip(off, " \t\r\n\f")
	if eq >= s.end || s.src[eq] != '=' {
		return a, off
	}
	off = s.skip(eq+1, " \t\r\n\f")
	if off >= s.end {
		return a, off
	}
	if q := s.src[off]; q == '"' || q == '\'' {
		a.Start = off + 1
		a.End = s.until(a.Start, string(q))
		off = min(a.End+1, s.end)
	} else {
		a.Start = off
		a.End = s.until(off, " \t\r\n\f>")
		off = a.End
	}
	a.Value = html.UnescapeString(string(s.src[a.Start:a.End]))
	return a, off
}

func (s *tagScanner) skip(off int32, set string) int32 {
	for off < s.end && strings.IndexByte(set, s.src[off]) >= 0 {
		off++
	}
	return off
}

func (s *tagScanner) until(off int32, set string) int32 {
	off = min(off, s.end)
	if i := bytes.IndexAny(s.src[off:s.end], set); i >= 0 {
		return off + int32(i)
	}
	return s.end
}
