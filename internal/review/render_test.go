package review

import (
	"flag"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); -update writes it anew:\n%s", file, diff)
	}
}

var builtinWords = sync.OnceValues(func() (*Translator, error) { return NewTranslator(Options{}) })

func translator(t testing.TB) *Translator {
	t.Helper()
	words, err := builtinWords()
	if err != nil {
		t.Fatal(err)
	}
	return words
}

func TestRender(t *testing.T) {
	words := translator(t)
	for name, c := range replies() {
		for _, lang := range []Lang{French, English} {
			t.Run(name+"."+string(lang), func(t *testing.T) {
				o := c.options
				o.Lang = lang
				text, err := words.Render(c.report, o)
				if err != nil {
					t.Fatal(err)
				}
				golden(t, name+"."+string(lang), "Subject: "+text.Subject+"\nX-Patchbot-Verdict: "+string(c.report.Verdict)+"\n\n"+text.Body)
			})
		}
	}
}
