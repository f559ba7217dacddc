package review

import (
	"strings"
	"testing"
	"testing/fstest"

	"patchbot/internal/checks"
	"patchbot/internal/wiki"
)

func TestRelax(t *testing.T) {
	set, err := checks.NewSet(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, file, wrong string
		want              checks.Severity // of broken-link, an error by default
	}{
		{"no file", "", "", checks.Error},
		{"lowered", "[rules]\nbroken-link = \"note\"\n", "", checks.Note},
		{"switched off", "[rules]\nbroken-link = \"off\"\n", "", checks.Off},
		{"another rule cannot be raised", "[rules]\norphan = \"error\"\n", "", checks.Error},
		{"unknown rule", "[rules]\nbroken-lnik = \"note\"\n", "broken-lnik", checks.Error},
		{"unknown severity", "[rules]\nbroken-link = \"fatal\"\n", "fatal", checks.Error},
		{"unknown key", "[reply]\nenabled = true\n", "reply", checks.Error},
		{"no TOML", "][", ".patchbot.toml", checks.Error},
		{"too large", strings.Repeat("#", maxSettings+1), "larger", checks.Error},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := fstest.MapFS{"index.md": {Data: []byte("# x\n")}}
			if tt.file != "" {
				files[settingsFile] = &fstest.MapFile{Data: []byte(tt.file)}
			}
			got, settings := Relax(set, wiki.DirTree(files))
			if tt.file == "" {
				settings = &Settings{}
			}
			if (settings.Problem == "") != (tt.wrong == "") || !strings.Contains(settings.Problem, tt.wrong) {
				t.Errorf("problem %q, want one about %q", settings.Problem, tt.wrong)
			}
			said := ""
			if tt.want != checks.Error {
				said = "broken-link (" + tt.want.String() + ")"
			}
			if line := settings.Line(); (line == "") != (said == "" && tt.wrong == "") || !strings.Contains(line, said) {
				t.Errorf("line %q, want one about %q", line, said)
			}
			if level := got.Level("broken-link"); level != tt.want {
				t.Errorf("broken-link is %v, want %v", level, tt.want)
			}
			if level := got.Level("orphan"); level != checks.Off {
				t.Errorf("orphan is %v, want off", level)
			}
		})
	}
}
