package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport is the map of the house: which of the project's packages a package may import. A mail's journey is a straight
// line; an arrow that is not here would make it a web.
var mayImport = map[string][]string{
	"internal/config": {},
	"internal/email":  {},
	"internal/wiki":   {},
	"internal/store":  {},

	"internal/store/storetest": {},

	"internal/tracker": {},

	"internal/mailbox":          {"internal/email"},
	"internal/mailbox/loopback": {"internal/email", "internal/mailbox"},
	"internal/patch":            {"internal/email"},
	"internal/repo":             {"internal/email", "internal/patch"},
	"internal/checks":           {"internal/wiki"},
	"internal/checks/prober":    {"internal/wiki", "internal/checks"},

	"internal/review": {"internal/email", "internal/patch", "internal/repo", "internal/wiki", "internal/checks"},
	"internal/bot":    {"internal/email", "internal/patch", "internal/repo", "internal/wiki", "internal/checks", "internal/review", "internal/store"},
	"internal/web":    {"internal/store"},
	"cmd/patchbot":    nil, // wires everything
}

// owner names the package (with those below it; two at most) that may import a library, so that an upgrade touches one directory.
var owner = map[string]string{
	"github.com/emersion/go-message":      "internal/email",
	"github.com/emersion/go-imap":         "internal/mailbox",
	"github.com/emersion/go-smtp":         "internal/mailbox",
	"github.com/emersion/go-sasl":         "internal/mailbox",
	"github.com/bluekeyes/go-gitdiff":     "internal/patch",
	"github.com/go-git":                   "internal/repo",
	"github.com/yuin/goldmark":            "internal/wiki",
	"go.yaml.in/yaml":                     "internal/wiki",
	"github.com/nicksnyder/go-i18n":       "internal/review",
	"text/template":                       "internal/review",
	"modernc.org":                         "internal/store",
	"github.com/jackc/pgx":                "internal/store",
	"github.com/pressly/goose":            "internal/store",
	"github.com/alecthomas/kong":          "cmd/patchbot",
	"github.com/pelletier/go-toml":        "internal/config internal/review", // go-i18n takes its TOML reader from outside
	"github.com/prometheus/client_golang": "internal/web",
	"golang.org/x/term":                   "cmd/patchbot",
	"html/template":                       "internal/web",
}

// never lists what a pure package must not reach for: networks, databases, processes.
var never = map[string][]string{
	"internal/email":  {"net/http", "database/sql", "os/exec", "os", "log/slog"},
	"internal/patch":  {"net", "net/http", "database/sql", "os/exec", "os", "log/slog"},
	"internal/wiki":   {"net", "net/http", "database/sql", "os/exec", "os", "log/slog"},
	"internal/checks": {"net", "net/http", "database/sql", "os/exec", "os", "log/slog"},
	"internal/review": {"net", "net/http", "database/sql", "os/exec", "os", "log/slog"},
	"internal/repo":   {"database/sql"},
}

type goPackage struct {
	ImportPath string
	Doc        string
	GoFiles    []string
	Imports    []string
}

func list(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,GoFiles,Imports", "patchbot/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
}

// under reports whether a package is dir or lies below it.
func under(pkg, dir string) bool { return pkg == dir || strings.HasPrefix(pkg, dir+"/") }

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range list(t) {
		name := strings.TrimPrefix(p.ImportPath, "patchbot/")
		seen[name] = true
		allowed, known := mayImport[name]
		if !known && !privateTo(name) {
			t.Errorf("%s is not on the map: say in mayImport what it may import", name)
			continue
		}
		for _, imp := range p.Imports {
			if inner, ours := strings.CutPrefix(imp, "patchbot/"); ours {
				if allowed != nil && !slices.Contains(allowed, inner) && !under(inner, name) {
					t.Errorf("%s imports %s, which the map does not allow", name, inner)
				}
				continue
			}
			for lib, dir := range owner {
				if under(imp, lib) || strings.HasPrefix(imp, lib+"/") {
					if !slices.ContainsFunc(strings.Fields(dir), func(d string) bool { return under(name, d) }) {
						t.Errorf("%s imports %s, which belongs to %s", name, imp, dir)
					}
				}
			}
			if slices.Contains(never[name], imp) {
				t.Errorf("%s imports %s: this package is pure", name, imp)
			}
		}
	}
	for name := range mayImport {
		if !seen[name] && name != "internal/checks/prober" {
			t.Errorf("the map names %s, which does not exist", name)
		}
	}
}

// privateTo reports whether a package is an internal detail of a package on the map, such as generated code.
func privateTo(name string) bool {
	for known := range mayImport {
		if strings.HasPrefix(name, known+"/internal/") {
			return true
		}
	}
	return false
}

func TestPackageComments(t *testing.T) {
	for _, p := range list(t) {
		if p.Doc == "" && !privateTo(strings.TrimPrefix(p.ImportPath, "patchbot/")) {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}
