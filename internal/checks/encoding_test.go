package checks

import "testing"

// TestPlainASCII: every byte at every place, beside every byte that may disturb it.
func TestPlainASCII(t *testing.T) {
	for c := range 256 {
		for at := range 8 {
			for _, other := range []byte("a ~\x1f\x00\x7f\x80\xff") {
				b := []byte{other, other, other, other, other, other, other, other}
				b[at] = byte(c)
				want := true
				for _, x := range b {
					want = want && x >= ' ' && x < 0x7F
				}
				if got := plainASCII(b); got != want {
					t.Fatalf("%q: %v", b, got)
				}
			}
		}
	}
}
