package wiki

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func sampleFacts(n int) (string, *Facts) {
	return fmt.Sprintf("%040x", n), &Facts{
		Name: "Titre", HasName: true, Partial: n%2 == 1,
		Headings: []Title{{1, "Présentation", "Présentation"}, {2, "a b", "<em>a</em> b"}},
		IDs:      []RawID{{"a", "id", "x"}, {"span", "name", "y"}},
		Dests:    []string{"guides.md", fmt.Sprintf("https://x.fr/%d", n)},
	}
}

func TestIndexFile(t *testing.T) {
	d := Dialect{Front: FrontFence, Bare: BareGFM}
	x := NewIndex()
	for i := range 3 {
		id, f := sampleFacts(i)
		x.Put(id, d, f)
	}
	var file bytes.Buffer
	if err := x.Save(&file, true); err != nil {
		t.Fatal(err)
	}
	id, f := sampleFacts(3)
	x.Put(id, d, f)
	x.Put(id, d, &Facts{}) // known: nothing to save
	x.Put("", d, f)
	if err := x.Save(&file, false); err != nil {
		t.Fatal(err)
	}
	whole := bytes.Clone(file.Bytes())
	y := NewIndex()
	good, err := y.Load(bytes.NewReader(whole))
	if err != nil || good != int64(len(whole)) || y.Len() != 4 {
		t.Fatalf("good %d of %d, %d pages, %v", good, len(whole), y.Len(), err)
	}
	for i := range 4 {
		id, want := sampleFacts(i)
		if got, ok := y.Facts(id, d); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%d: %+v", i, got)
		}
		if _, ok := y.Facts(id, Dialect{}); ok {
			t.Error("another dialect has the same facts")
		}
	}
	// A file that a crash cut short, at any byte, loses what is not whole and nothing else.
	for cut := range whole {
		z := NewIndex()
		good, err := z.Load(bytes.NewReader(whole[:cut]))
		if err != nil && (err != ErrOtherIndex || cut >= len(fileMark)) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		if good > int64(cut) {
			t.Fatalf("cut at %d: %d good bytes", cut, good)
		}
		again, err := NewIndex().Load(bytes.NewReader(whole[:good]))
		if err != nil || again != good {
			t.Fatalf("cut at %d: the good part is not good", cut)
		}
	}
	// A byte that changed ends the file there.
	for at := len(fileMark); at < len(whole); at += 7 {
		bad := bytes.Clone(whole)
		bad[at] ^= 0x55
		z := NewIndex()
		if good, err := z.Load(bytes.NewReader(bad)); err != nil || good > int64(at) {
			t.Fatalf("damage at %d: good %d, %v", at, good, err)
		}
	}
	if _, err := NewIndex().Load(strings.NewReader("something else")); err != ErrOtherIndex {
		t.Errorf("another file: %v", err)
	}
	if _, err := NewIndex().Load(io.MultiReader(bytes.NewReader(whole), failing{})); err == nil {
		t.Error("an error of reading was swallowed")
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestFactsCodec(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 20, 80)
		f := &Facts{Name: text.Draw(t, "name"), HasName: rapid.Bool().Draw(t, "has"), Partial: rapid.Bool().Draw(t, "partial")}
		for range rapid.IntRange(0, 4).Draw(t, "headings") {
			h := Title{Level: uint8(rapid.IntRange(1, 6).Draw(t, "level")), Text: text.Draw(t, "text")}
			if h.HTML = text.Draw(t, "html"); h.HTML == "" {
				h.HTML = h.Text
			}
			f.Headings = append(f.Headings, h)
		}
		for range rapid.IntRange(0, 3).Draw(t, "ids") {
			f.IDs = append(f.IDs, RawID{text.Draw(t, "tag"), text.Draw(t, "attr"), text.Draw(t, "value")})
		}
		for range rapid.IntRange(0, 5).Draw(t, "dests") {
			f.Dests = append(f.Dests, text.Draw(t, "dest"))
		}
		got, err := decodeFacts(string(encodeFacts(f)))
		if err != nil || !reflect.DeepEqual(got, f) {
			t.Fatalf("%+v: %+v, %v", f, got, err)
		}
	})
}

// FuzzFacts: bytes from a damaged file never panic, and what decodes encodes to facts that are equal.
func FuzzFacts(f *testing.F) {
	_, facts := sampleFacts(1)
	f.Add(string(encodeFacts(facts)))
	f.Add("")
	f.Add("\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := decodeFacts(s)
		if err != nil {
			return
		}
		again, err := decodeFacts(string(encodeFacts(got)))
		if err != nil || !reflect.DeepEqual(got, again) {
			t.Fatalf("%+v: %+v, %v", got, again, err)
		}
	})
}
