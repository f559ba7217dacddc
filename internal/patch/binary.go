package patch

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
)

// BinaryFragment is one side of a "GIT binary patch", still compressed.
type BinaryFragment struct {
	Delta    bool
	Size     uint64 // of the inflated data, as the patch claims
	Deflated []byte
}

// ErrTooLarge: a limit was exceeded before the answer was known.
var ErrTooLarge = errors.New("too large")

// errBinary is any reason for which git refuses binary data.
var errBinary = errors.New("unusable binary data")

// binary reads what stands for a binary file after a header without hunks.
func (p *diffReader) binary(e *Entry) *SyntaxError {
	line := firstLine(p.rest())
	if string(line) == "GIT binary patch\n" {
		p.skip(len(line))
		forward, err := p.binaryFragment()
		if err != nil {
			return err
		}
		if forward == nil {
			return p.fail("unrecognized binary patch")
		}
		if _, err := p.binaryFragment(); err != nil { // the way back, which may be missing
			return err
		}
		e.Binary, e.Forward = true, forward
		return nil
	}
	if !bytes.HasSuffix(line, []byte(" differ\n")) {
		return nil
	}
	for _, prefix := range []string{"Binary files ", "Files "} {
		if bytes.HasPrefix(line, []byte(prefix)) {
			p.skip(len(line))
			e.Binary = true
			return nil
		}
	}
	return nil
}

// binaryFragment reads one "literal" or "delta" block with the blank line that ends it; nil when none starts here.
func (p *diffReader) binaryFragment() (*BinaryFragment, *SyntaxError) {
	line := firstLine(p.rest())
	f := &BinaryFragment{}
	rest, ok := bytes.CutPrefix(line, []byte("literal "))
	if !ok {
		if rest, ok = bytes.CutPrefix(line, []byte("delta ")); !ok {
			return nil, nil
		}
		f.Delta = true
	}
	f.Size = parseSize(rest)
	p.skip(len(line))
	for {
		line := firstLine(p.rest())
		if len(line) == 1 && line[0] == '\n' {
			if err := f.check(p.limits.BlobBytes); err != nil {
				return nil, &SyntaxError{Line: p.line, Reason: err.Error(), TooLarge: errors.Is(err, ErrTooLarge)}
			}
			p.skip(1)
			return f, nil
		}
		data, ok := decodeBase85Line(line)
		if !ok {
			return nil, p.fail("corrupt binary patch")
		}
		f.Deflated = append(f.Deflated, data...)
		p.skip(len(line))
	}
}

// parseSize reads a number as strtoul does.
func parseSize(b []byte) uint64 {
	b = bytes.TrimLeft(b, " \t\v\f\r")
	negative := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative = b[0] == '-'
		b = b[1:]
	}
	v, _, _ := parseNumber(b)
	if negative {
		return -v
	}
	return v
}

const base85 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"

// decodeBase85Line decodes one line: a letter for the number of bytes, then five characters for each four of them.
func decodeBase85Line(line []byte) ([]byte, bool) {
	n := len(line)
	const shortest = 7 // letter, five characters, line feed
	if n < shortest || (n-2)%5 != 0 || line[n-1] != '\n' {
		return nil, false
	}
	size := 0
	switch c := line[0]; {
	case c >= 'A' && c <= 'Z':
		size = int(c-'A') + 1
	case c >= 'a' && c <= 'z':
		size = int(c-'a') + 27
	default:
		return nil, false
	}
	text := line[1 : n-1]
	room := len(text) / 5 * 4
	if size > room || size <= room-4 {
		return nil, false
	}
	out := make([]byte, 0, room)
	for ; len(text) > 0; text = text[5:] {
		var v uint64
		for _, c := range text[:5] {
			d := bytes.IndexByte([]byte(base85), c)
			if d < 0 {
				return nil, false
			}
			v = v*85 + uint64(d)
		}
		if v > 1<<32-1 {
			return nil, false
		}
		out = append(out, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
	}
	return out[:size], true
}

// Apply makes the new blob from the old one. limit bounds what is inflated and built; beyond it the error is
// [ErrTooLarge].
func (f *BinaryFragment) Apply(old []byte, limit int64) ([]byte, error) {
	data, err := f.inflate(limit)
	if err != nil {
		return nil, err
	}
	if !f.Delta {
		return data, nil
	}
	return applyDelta(old, data, limit)
}

// check tells whether the data can be inflated and has the size that the patch claims.
func (f *BinaryFragment) check(limit int64) error { return f.inflateTo(io.Discard, limit) }

func (f *BinaryFragment) inflate(limit int64) ([]byte, error) {
	var out bytes.Buffer
	err := f.inflateTo(&out, limit)
	return out.Bytes(), err
}

func (f *BinaryFragment) inflateTo(w io.Writer, limit int64) error {
	z, err := zlib.NewReader(bytes.NewReader(f.Deflated))
	if err != nil {
		return fmt.Errorf("%w: %w", errBinary, err)
	}
	most := min(uint64(limit), f.Size) // one byte more than claimed is already wrong
	n, err := io.Copy(w, io.LimitReader(z, int64(most)+1))
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errBinary, err)
	case uint64(n) > most && f.Size > uint64(limit):
		return ErrTooLarge
	case uint64(n) != f.Size:
		return fmt.Errorf("%w: %d bytes instead of %d", errBinary, n, f.Size)
	}
	return nil
}

// applyDelta follows the copy and insert instructions of git's delta format.
func applyDelta(old, delta []byte, limit int64) ([]byte, error) {
	const shortest = 4
	if len(delta) < shortest {
		return nil, fmt.Errorf("%w: the delta is too short", errBinary)
	}
	oldSize, delta, ok := deltaSize(delta)
	if !ok || oldSize != uint64(len(old)) {
		return nil, fmt.Errorf("%w: the delta is for another file", errBinary)
	}
	newSize, delta, ok := deltaSize(delta)
	if !ok {
		return nil, fmt.Errorf("%w: the delta names no size", errBinary)
	}
	if newSize > uint64(limit) {
		return nil, ErrTooLarge
	}
	out := make([]byte, 0, min(newSize, uint64(len(old)+len(delta))))
	for len(delta) > 0 {
		op := delta[0]
		delta = delta[1:]
		var piece []byte
		switch {
		case op&0x80 != 0:
			var at, n uint64
			if at, n, delta, ok = deltaCopy(op, delta); !ok || at+n > uint64(len(old)) {
				return nil, fmt.Errorf("%w: the delta copies from beyond the file", errBinary)
			}
			piece = old[at : at+n]
		case op == 0 || int(op) > len(delta):
			return nil, fmt.Errorf("%w: a broken instruction in the delta", errBinary)
		default:
			piece, delta = delta[:op], delta[op:]
		}
		if uint64(len(out)+len(piece)) > newSize {
			return nil, fmt.Errorf("%w: the delta gives too much", errBinary)
		}
		out = append(out, piece...)
	}
	if uint64(len(out)) != newSize {
		return nil, fmt.Errorf("%w: the delta gives too little", errBinary)
	}
	return out, nil
}

func deltaSize(b []byte) (n uint64, rest []byte, ok bool) {
	for i, c := range b {
		if i > 9 {
			break
		}
		n |= uint64(c&0x7f) << (7 * i)
		if c&0x80 == 0 {
			return n, b[i+1:], true
		}
	}
	return 0, nil, false
}

// deltaCopy reads the offset and size of a copy instruction; only the bytes whose bit is set in op are there.
func deltaCopy(op byte, b []byte) (at, n uint64, rest []byte, ok bool) {
	for bit := range 7 {
		if op&(1<<bit) == 0 {
			continue
		}
		if len(b) == 0 {
			return 0, 0, nil, false
		}
		if bit < 4 {
			at |= uint64(b[0]) << (8 * bit)
		} else {
			n |= uint64(b[0]) << (8 * (bit - 4))
		}
		b = b[1:]
	}
	if n == 0 {
		n = 0x10000
	}
	return at, n, b, true
}

// EncodeBase85Line writes up to 52 bytes as one line of a "GIT binary patch".
func EncodeBase85Line(data []byte) []byte {
	out := make([]byte, 1, 1+(len(data)+3)/4*5+1)
	if n := len(data); n <= 26 {
		out[0] = byte('A' + n - 1)
	} else {
		out[0] = byte('a' + n - 27)
	}
	for len(data) > 0 {
		var word [4]byte
		n := copy(word[:], data)
		data = data[n:]
		v := uint32(word[0])<<24 | uint32(word[1])<<16 | uint32(word[2])<<8 | uint32(word[3])
		var digits [5]byte
		for i := len(digits) - 1; i >= 0; i-- {
			digits[i] = base85[v%85]
			v /= 85
		}
		out = append(out, digits[:]...)
	}
	return append(out, '\n')
}
