package wiki

import (
	"encoding/binary"
	"errors"
)

// The facts of a page as bytes: flags, name, headings, ids and destinations; counts and lengths as varints, strings as they
// are.

const (
	flagName = 1 << iota
	flagPartial
)

func encodeFacts(f *Facts) []byte {
	var flags byte
	if f.HasName {
		flags |= flagName
	}
	if f.Partial {
		flags |= flagPartial
	}
	out := []byte{flags}
	out = appendString(out, f.Name)
	out = binary.AppendUvarint(out, uint64(len(f.Headings)))
	for _, h := range f.Headings {
		out = append(out, h.Level)
		out = appendString(out, h.Text)
		html := h.HTML
		if html == h.Text { // nearly always
			html = ""
		}
		out = appendString(out, html)
	}
	out = binary.AppendUvarint(out, uint64(len(f.IDs)))
	for _, id := range f.IDs {
		out = appendString(out, id.Tag)
		out = appendString(out, id.Attr)
		out = appendString(out, id.Value)
	}
	out = binary.AppendUvarint(out, uint64(len(f.Dests)))
	for _, d := range f.Dests {
		out = appendString(out, d)
	}
	return out
}

func appendString(out []byte, s string) []byte {
	return append(binary.AppendUvarint(out, uint64(len(s))), s...)
}

var errFacts = errors.New("facts of a page are damaged")

// decodeFacts is the inverse of encodeFacts; the strings share the memory of s.
func decodeFacts(s string) (*Facts, error) {
	d := factsReader{rest: s}
	flags := d.byte()
	f := &Facts{HasName: flags&flagName != 0, Partial: flags&flagPartial != 0, Name: d.string()}
	if n := d.count(3); n > 0 {
		f.Headings = make([]Title, n)
		for i := range f.Headings {
			h := Title{Level: d.byte(), Text: d.string(), HTML: d.string()}
			if h.HTML == "" {
				h.HTML = h.Text
			}
			f.Headings[i] = h
		}
	}
	if n := d.count(3); n > 0 {
		f.IDs = make([]RawID, n)
		for i := range f.IDs {
			f.IDs[i] = RawID{d.string(), d.string(), d.string()}
		}
	}
	if n := d.count(1); n > 0 {
		f.Dests = make([]string, n)
		for i := range f.Dests {
			f.Dests[i] = d.string()
		}
	}
	if d.bad || d.rest != "" {
		return nil, errFacts
	}
	return f, nil
}

// factsReader reads facts; after the first damage it gives zero values.
type factsReader struct {
	rest string
	bad  bool
}

func (d *factsReader) byte() byte {
	if d.rest == "" {
		d.bad = true
		return 0
	}
	b := d.rest[0]
	d.rest = d.rest[1:]
	return b
}

func (d *factsReader) uvarint() uint64 {
	var n uint64
	for shift := 0; shift < 64; shift += 7 {
		b := d.byte()
		n |= uint64(b&0x7F) << shift
		if b < 0x80 {
			return n
		}
	}
	d.bad = true
	return 0
}

// count reads how many items follow, each of at least size bytes.
func (d *factsReader) count(size int) int {
	n := d.uvarint()
	if n > uint64(len(d.rest)/size) {
		d.bad = true
		return 0
	}
	return int(n)
}

func (d *factsReader) string() string {
	n := d.uvarint()
	if n > uint64(len(d.rest)) {
		d.bad = true
		return ""
	}
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}
