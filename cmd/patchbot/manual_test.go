package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// model is the command line as kong knows it.
func model(t *testing.T) *kong.Application {
	t.Helper()
	parser, err := kong.New(&commands{}, kong.Name("patchbot"), kong.ValueFormatter(plainHelp))
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

// The man page and the completion in dist are those that the command line gives; -update writes them anew.
func TestManualFresh(t *testing.T) {
	for form, file := range map[string]string{"man": "patchbot.8", "bash": "patchbot.bash"} {
		var out, errs bytes.Buffer
		if status := run(t.Context(), []string{"manual", form}, &Shell{Out: &out, Err: &errs}); status != exitClean {
			t.Fatalf("exit status %d: %s", status, &errs)
		}
		path := filepath.Join("..", "..", "dist", file)
		if *update {
			if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, out.Bytes()) {
			t.Errorf("dist/%s is stale: run `make generate`", file)
		}
	}
}

// Every command has a purpose, two examples and the exit statuses in its help, and stands in the man page and in the
// completion, and so does every flag with its meaning.
func TestManualComplete(t *testing.T) {
	app := model(t)
	page, completion := manPage(app), bashCompletion(app)
	for _, n := range leaves(app.Node) {
		name := commandName(n)
		if n.Help == "" || !strings.Contains(n.Detail, "Exit status:") {
			t.Errorf("%s: no purpose or no exit status in its help", name)
		}
		_, samples, _ := strings.Cut(n.Detail, "Examples:\n")
		samples, _, _ = strings.Cut(samples, "\n\n")
		if got := strings.Count(samples, "patchbot "+name); got == 0 || len(strings.Split(strings.TrimSpace(samples), "\n")) < 2 {
			t.Errorf("%s: its examples are %q", name, samples)
		}
		if !strings.Contains(page, ".SS "+roff("patchbot "+name)) || !strings.Contains(completion, `" `+name+`") command=`) {
			t.Errorf("%s is missing in the man page or in the completion", name)
		}
		for _, f := range flagsOf(n) {
			if f.Help == "" || !strings.Contains(page, manFlag(f)) || !strings.Contains(completion, "--"+f.Name) {
				t.Errorf("%s --%s: no help, or missing in the man page or in the completion", name, f.Name)
			}
		}
	}
}

// man finds nothing to warn about.
func TestManualPage(t *testing.T) {
	groff, err := exec.LookPath("groff")
	if err != nil {
		if os.Getenv("PATCHBOT_E2E") == "1" {
			t.Fatal(err)
		}
		t.Skip("groff is not installed")
	}
	cmd := exec.CommandContext(t.Context(), groff, "-man", "-Tascii", "-P-cbou", "-ww", "-rCHECKSTYLE=3", "../../dist/patchbot.8")
	var warnings bytes.Buffer
	cmd.Stderr = &warnings
	text, err := cmd.Output()
	if err != nil || warnings.Len() > 0 {
		t.Errorf("groff: %v\n%s", err, &warnings)
	}
	if !strings.Contains(string(text), "patchbot check [<file> ...]") {
		t.Error("the page lacks the heading of check")
	}
}

func TestCompletion(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"patchbot ch", "check"},
		{"patchbot check --form", "--format"},
		{"patchbot check --format s", "sarif"},
		{"patchbot check --lang ", "fr en"},
		{"patchbot hook ", "install uninstall --help --config"},
		{"patchbot hook install --c", "--config"},
		{"patchbot -c x.toml stat", "status"},
		{"patchbot check 0001-p", "0001-page.patch"},
		{"patchbot manu", ""},
	} {
		script := `cd "$1"; . "$2"; read -ra COMP_WORDS <<<"$3"; [[ $3 == *' ' ]] && COMP_WORDS+=(''); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _patchbot; echo "${COMPREPLY[*]}"`
		dir, err := filepath.Abs("../../dist")
		if err != nil {
			t.Fatal(err)
		}
		work := t.TempDir()
		if err := os.WriteFile(filepath.Join(work, "0001-page.patch"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), "bash", "-c", script, "bash", work, filepath.Join(dir, "patchbot.bash"), tt.line).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != tt.want {
			t.Errorf("%q completes to %q, want %q (%v)", tt.line, got, tt.want, err)
		}
	}
}
