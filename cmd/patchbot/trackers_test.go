package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchbot/internal/bot"
	"patchbot/internal/config"
)

// trackerSites are a lists.sr.ht and a Patchwork that know one token, "right", and one patch.
func trackerSites(t *testing.T, operations *[]string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "Token ")
		if token != "right" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		switch {
		case r.URL.Path == "/query":
			var in struct {
				Query     string
				Variables map[string]any
			}
			if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
				t.Error(err)
			}
			name, _, _ := strings.Cut(strings.Fields(in.Query)[1], "(")
			*operations = append(*operations, name)
			switch {
			case name == "Version":
				fmt.Fprint(w, `{"data":{"version":{"major":0,"minor":0,"patch":0},"me":{"canonicalName":"~bot"}}}`)
			case name == "PatchsetOf" && in.Variables["messageID"] == "<1@example.org>":
				fmt.Fprint(w, `{"data":{"message":{"list":{"name":"y","owner":{"canonicalName":"~x"}},"patchset":{"id":7,"tools":[]}}}}`)
			case name == "CreateTool":
				fmt.Fprint(w, `{"data":{"createTool":{"id":8}}}`)
			default:
				fmt.Fprint(w, `{"data":{"message":null}}`)
			}
		case r.URL.Path == "/api/projects/wiki/":
			fmt.Fprint(w, `{"id":1,"link_name":"wiki"}`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

const oneList = "addresses = [\"l@example.org\"]\n"

func TestDoctorTrackers(t *testing.T) {
	var asked []string
	base := trackerSites(t, &asked)
	sourceHut := oneList + "[list.tracker]\nkind = \"sourcehut\"\nlist = \"~x/y\"\nurl = \"" + base + "/query\"\n"
	patchwork := oneList + "[list.tracker]\nkind = \"patchwork\"\nlist = \"wiki\"\nurl = \"" + base + "\"\n"
	const token, wrong = "token_command = [\"echo\", \"right\"]\n", "token_command = [\"echo\", \"wrong\"]\n"
	for _, tt := range []struct {
		name, list string
		status     int
		item       string
		state      string
		want       string
	}{
		{"sourcehut", sourceHut + token, 0, "tracker l", itemOK, "takes the token"},
		{"its token", sourceHut + token, 0, "tracker-token-l", itemOK, "command echo"},
		{"patchwork", patchwork + token, 0, "tracker l", itemOK, "takes the token"},
		{"wrong token", sourceHut + wrong, 1, "tracker l", itemTrouble, "make a new token there"},
		{"no token", patchwork, 3, "tracker-token-l", itemUnknown, "/etc/patchbot/credentials/tracker-token-l"},
		{"no project", strings.Replace(patchwork, "wiki", "wikki", 1) + token, 1, "tracker l", itemTrouble, "404"},
		{"no host", strings.Replace(patchwork, base, "https://nowhere.invalid", 1) + token, 1, "dns nowhere.invalid", itemTrouble, "tracker l"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClinic(t)
			c.write(oneList, tt.list)
			status, items := c.examine()
			got := items[tt.item]
			if status != tt.status || got.State != tt.state || !strings.Contains(got.Detail+" "+got.Repair, tt.want) {
				t.Errorf("exit status %d, want %d; %s: %+v, want %s with %q", status, tt.status, tt.item, got, tt.state, tt.want)
			}
		})
	}
	if len(asked) == 0 || strings.Trim(strings.Join(asked, ""), "Version") != "" {
		t.Errorf("the doctor asked %q", asked)
	}
}

func TestAttachTrackers(t *testing.T) {
	var asked []string
	base := trackerSites(t, &asked)
	conf, err := config.Parse("c.toml", []byte("[bot]\nname = \"patchbot\"\n[[list]]\nname = \"a\"\naddresses = [\"a@example.org\"]\n"+
		"[[list]]\nname = \"b\"\naddresses = [\"~x/y@lists.example.org\"]\n[list.tracker]\nkind = \"sourcehut\"\nurl = \""+base+"/query\"\ntoken_command = [\"echo\", \"right\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	all := lists(conf, nil)
	if err := attachTrackers(conf, all); err != nil || all[0].Tracker != nil || all[1].Tracker == nil {
		t.Fatalf("%+v, %v", all, err)
	}
	if err := all[1].Tracker.Show(t.Context(), bot.Mark{Parts: []string{"1@example.org"}, State: bot.MarkPending, Text: "x"}); err != nil {
		t.Error(err)
	}
	if err := all[1].Tracker.Show(t.Context(), bot.Mark{Parts: []string{"2@example.org"}}); !errors.Is(err, bot.ErrAbsent) {
		t.Errorf("an unknown patch: %v", err)
	}
	if got := strings.Join(asked, " "); got != "PatchsetOf CreateTool PatchsetOf" {
		t.Errorf("asked %s", got)
	}
	// A token that cannot be read stops `patchbot config --check`.
	file := filepath.Join(t.TempDir(), "c.toml")
	if err := os.WriteFile(file, []byte("[imap]\nhost = \"h\"\nuser = \"u\"\npassword_command = [\"echo\", \"x\"]\n[bot]\naddress = \"bot@example.org\"\n[[wiki]]\nname = \"w\"\nrepository = \"/x\"\n"+
		"[[list]]\nname = \"l\"\naddresses = [\"~x/y@lists.example.org\"]\n[list.tracker]\nkind = \"sourcehut\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	if status := run(t.Context(), []string{"config", "--check", "--config", file}, &Shell{Out: &out, Err: &errs}); status != exitUsage || !strings.Contains(errs.String(), "tracker-token-l") {
		t.Errorf("exit status %d: %s", status, errs.String())
	}
}
