package patch

import (
	"bytes"
	"compress/zlib"
	"errors"
	"math/rand"
	"testing"
)

func deflated(data []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write(data)
	w.Close()
	return out.Bytes()
}

func TestBase85(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for n := 1; n <= 52; n++ {
		data := make([]byte, n)
		r.Read(data)
		got, ok := decodeBase85Line(EncodeBase85Line(data))
		if !ok || !bytes.Equal(got, data) {
			t.Fatalf("%d bytes: %x became %x, %v", n, data, got, ok)
		}
	}
	for _, line := range []string{"", "\n", "A\n", "A00000", "A0000\n", "!00000\n", "a00000\n", "E00000\n", "A~~~~~\n", "A\"0000\n"} {
		if got, ok := decodeBase85Line([]byte(line)); ok {
			t.Errorf("%q became %x", line, got)
		}
	}
}

func TestBinaryApply(t *testing.T) {
	old := []byte("hello, world")
	const limit = 1 << 10
	tests := []struct {
		name  string
		f     BinaryFragment
		want  string
		fails error
	}{
		{"literal", BinaryFragment{Size: 3, Deflated: deflated([]byte("a\x00b"))}, "a\x00b", nil},
		{"empty literal", BinaryFragment{Deflated: deflated(nil)}, "", nil},
		{"literal of another size", BinaryFragment{Size: 4, Deflated: deflated([]byte("a\x00b"))}, "", errBinary},
		{"no zlib", BinaryFragment{Size: 3, Deflated: []byte("abc")}, "", errBinary},
		{"bomb", BinaryFragment{Size: 1 << 20, Deflated: deflated(make([]byte, 1<<20))}, "", ErrTooLarge},
		{"delta", BinaryFragment{Delta: true, Size: 8, Deflated: deflated([]byte{12, 6, 0x90, 5, 1, '!'})}, "hello!", errBinary},
		{"delta of the right size", BinaryFragment{Delta: true, Size: 6, Deflated: deflated([]byte{12, 6, 0x90, 5, 1, '!'})}, "hello!", nil},
		{"delta for another file", BinaryFragment{Delta: true, Size: 6, Deflated: deflated([]byte{11, 6, 0x90, 5, 1, '!'})}, "", errBinary},
		{"delta from beyond the file", BinaryFragment{Delta: true, Size: 5, Deflated: deflated([]byte{12, 6, 0x91, 10, 6})}, "", errBinary},
		{"delta with a reserved instruction", BinaryFragment{Delta: true, Size: 5, Deflated: deflated([]byte{12, 6, 0x90, 5, 0})}, "", errBinary},
		{"delta that gives too much", BinaryFragment{Delta: true, Size: 6, Deflated: deflated([]byte{12, 6, 0x90, 12, 1, '!'})}, "", errBinary},
		{"delta that gives too little", BinaryFragment{Delta: true, Size: 4, Deflated: deflated([]byte{12, 6, 0x90, 5})}, "", errBinary},
		{"delta that claims a terabyte", BinaryFragment{Delta: true, Size: 9, Deflated: deflated([]byte{12, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 0x90, 5})}, "", ErrTooLarge},
		{"delta without end", BinaryFragment{Delta: true, Size: 4, Deflated: deflated([]byte{12, 6, 1, 'a'})}, "", errBinary},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.f.Apply(old, limit)
			if !errors.Is(err, tt.fails) || err == nil && string(got) != tt.want {
				t.Errorf("got %q, %v, want %q, %v", got, err, tt.want, tt.fails)
			}
		})
	}
}

func FuzzDelta(f *testing.F) {
	f.Add([]byte("hello, world"), []byte{12, 6, 0x90, 5, 1, '!'})
	f.Add([]byte("a"), []byte{1, 0x80, 0x80, 4, 0x90, 1, 0x80, 1})
	f.Fuzz(func(t *testing.T, old, delta []byte) {
		const limit = 1 << 16
		if out, err := applyDelta(old, delta, limit); err == nil && len(out) > limit {
			t.Fatalf("%d bytes", len(out))
		}
	})
}
