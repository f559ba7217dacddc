package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbot/internal/config"
	"patchbot/internal/mailbox/loopback"
	"patchbot/internal/repo"
	"patchbot/internal/store"
	"patchbot/testdata"
)

// clinic is a site that nothing is wrong with: real servers on loopback, a wiki, a state and a heartbeat.
type clinic struct {
	*testing.T
	dir, config string
	server      *loopback.Server
}

func newClinic(t *testing.T) *clinic {
	t.Helper()
	c := &clinic{T: t, dir: t.TempDir()}
	var err error
	if c.server, err = loopback.Start(t.Context(), loopback.Options{User: "bot", Password: "right"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.server.Stop)
	if _, err := repo.UnpackBundle(testdata.Bundle, filepath.Join(c.dir, "wiki.git")); err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{Dir: filepath.Join(c.dir, "state"), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c.write()
	conf, err := config.Load(c.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := beat(conf, time.Now()); err != nil {
		t.Fatal(err)
	}
	return c
}

// write writes the configuration; changes are pairs of old and new text.
func (c *clinic) write(changes ...string) {
	c.Helper()
	_, imap, _ := strings.Cut(c.server.IMAPAddr(), ":")
	_, smtp, _ := strings.Cut(c.server.SMTPAddr(), ":")
	text := fmt.Sprintf(`
state_dir = %q
templates = ""
[imap]
host = "127.0.0.1"
port = %s
security = "plain"
user = "bot"
password_command = ["echo", "right"]
[smtp]
host = "localhost"
port = %s
security = "plain"
user = "bot"
password_command = ["echo", "right"]
[bot]
address = "bot@example.org"
operator = "admin@example.org"
[reply]
enabled = true
[[list]]
name = "l"
addresses = ["l@example.org"]
[[wiki]]
name = "w"
repository = %q
`, filepath.Join(c.dir, "state"), imap, smtp, filepath.Join(c.dir, "wiki.git"))
	c.config = filepath.Join(c.dir, "c.toml")
	if err := os.WriteFile(c.config, []byte(strings.NewReplacer(changes...).Replace(text)), 0o600); err != nil {
		c.Fatal(err)
	}
}

// examine runs `patchbot doctor --json` and gives its exit status and the items by name.
func (c *clinic) examine(args ...string) (int, map[string]item) {
	c.Helper()
	var out, errs bytes.Buffer
	status := run(c.Context(), append([]string{"doctor", "--json", "--config", c.config}, args...), &Shell{Out: &out, Err: &errs})
	var got struct{ Items []item }
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		c.Fatalf("%v\n%s%s", err, &out, &errs)
	}
	items := map[string]item{}
	for _, i := range got.Items {
		items[i.Name] = i
		if (i.State == itemTrouble || i.State == itemWarning) && i.Repair == "" {
			c.Errorf("%s does not say how to repair it", i.Name)
		}
		if strings.Contains(i.Detail+i.Repair, "right") {
			c.Errorf("%s tells a password: %s %s", i.Name, i.Detail, i.Repair)
		}
	}
	return status, items
}

func TestDoctorHealthy(t *testing.T) {
	status, items := newClinic(t).examine()
	if status != exitClean {
		t.Errorf("exit status %d", status)
	}
	for _, name := range []string{"configuration", "rules", "templates", "imap-password", "smtp-password", "state directory",
		"database", "daemon", "replies", "alerts", "dns localhost", "imap", "smtp", "repository w"} {
		if items[name].State != itemOK {
			t.Errorf("%s: %+v", name, items[name])
		}
	}
}

// Each thing that can be wrong is found, told apart from the others, and comes with its own repair.
func TestDoctorFinds(t *testing.T) {
	for _, tt := range []struct {
		name    string
		changes []string         // of the configuration
		spoil   func(dir string) // of the machine
		status  int
		item    string
		state   string
		want    string // in the detail or the repair
	}{
		{"wrong password", []string{`"right"]
[smtp]`, `"wrong"]
[smtp]`}, nil, 1, "imap", itemTrouble, "correct user or password"},
		{"no password", []string{`password_command = ["echo", "right"]
[smtp]`, `[smtp]`}, nil, 3, "imap-password", itemUnknown, "/etc/patchbot/credentials/imap-password"},
		{"failing password command", []string{`"echo", "right"]
[smtp]`, `"false"]
[smtp]`}, nil, 1, "imap-password", itemTrouble, "command false"},
		{"no mailbox", []string{"user = \"bot\"\npassword_command = [\"echo\", \"right\"]\n[smtp]", "user = \"bot\"\nmailbox = \"Nowhere\"\npassword_command = [\"echo\", \"right\"]\n[smtp]"}, nil, 1, "imap", itemTrouble, "Nowhere"},
		{"no folder for sent mails", []string{"[imap]\n", "[imap]\nsent_folder = \"Gone\"\n"}, nil, 1, "sent folder", itemTrouble, "make the folder Gone"},
		{"unknown host", []string{`"localhost"
port`, `"nowhere.invalid"
security = "tls"
port`, `security = "plain"
user = "bot"
password_command = ["echo", "right"]
[bot]`, `user = "bot"
password_command = ["echo", "right"]
[bot]`}, nil, 1, "dns nowhere.invalid", itemTrouble, "getent hosts nowhere.invalid"},
		{"branch", []string{`name = "w"`, `name = "w"
branch = "mian"`}, nil, 1, "repository w", itemTrouble, "one of: main"},
		{"repository", []string{"wiki.git", "nowhere.git"}, nil, 1, "repository w", itemTrouble, "nowhere.git"},
		{"configuration", []string{`[reply]`, `[repyl]`}, nil, 2, "configuration", itemTrouble, "repyl"},
		{"rules", []string{`[reply]`, "[rules]\nbroken-lnik = \"error\"\n[reply]"}, nil, 2, "rules", itemTrouble, "broken-lnik"},
		{"incomplete configuration", []string{`address = "bot@example.org"`, ``}, nil, 2, "configuration", itemTrouble, "bot.address"},
		{"replies are off", []string{`enabled = true`, `enabled = false`}, nil, 0, "replies", itemWarning, "enabled = true"},
		{"nobody is told", []string{`operator = "admin@example.org"`, ``}, nil, 0, "alerts", itemWarning, "bot.operator"},
		{"open state directory", nil, func(dir string) { chmod(dir, 0o755) }, 1, "state directory", itemTrouble, "chmod 700"},
		{"kill switch", nil, func(dir string) { touch(filepath.Join(dir, "STOP")) }, 0, "kill switch", itemWarning, "STOP exists"},
		{"late heartbeat", nil, func(dir string) {
			put(filepath.Join(dir, heartbeatFile), "2022-01-24T18:00:00Z\n")
		}, 1, "daemon", itemTrouble, "2022-01-24"},
		{"damaged database", nil, func(dir string) {
			put(filepath.Join(dir, "patchbot.db"), strings.Repeat("no database ", 1000))
		}, 1, "database", itemTrouble, "restore the last backup"},
		{"no state", []string{`/state"`, `/elsewhere"`}, nil, 0, "database", itemWarning, "never run"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClinic(t)
			c.write(tt.changes...)
			if tt.spoil != nil {
				tt.spoil(filepath.Join(c.dir, "state"))
			}
			status, items := c.examine()
			got := items[tt.item]
			if status != tt.status || got.State != tt.state || !strings.Contains(got.Detail+" "+got.Repair, tt.want) {
				t.Errorf("exit status %d, want %d; %s: %+v, want %s with %q", status, tt.status, tt.item, got, tt.state, tt.want)
			}
		})
	}
}

// A password that everybody on the machine can read is found before the daemon is started with it.
func TestDoctorOpenCredential(t *testing.T) {
	c := newClinic(t)
	t.Setenv("CREDENTIALS_DIRECTORY", t.TempDir())
	file := filepath.Join(os.Getenv("CREDENTIALS_DIRECTORY"), "imap-password")
	put(file, "right\n")
	if _, items := c.examine("--offline"); items["imap-password"].State != itemOK {
		t.Errorf("%+v", items["imap-password"])
	}
	chmod(file, 0o644)
	status, items := c.examine("--offline")
	if got := items["imap-password"]; status != exitFindings || got.State != itemTrouble || got.Repair != "chmod 600 "+file {
		t.Errorf("exit status %d, %+v", status, got)
	}
}

func chmod(path string, mode os.FileMode) {
	if err := os.Chmod(path, mode); err != nil {
		panic(err)
	}
}

func put(path, text string) {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		panic(err)
	}
}

func touch(path string) { put(path, "") }

func TestDoctorPostgres(t *testing.T) {
	server := os.Getenv("PATCHBOT_TEST_POSTGRES")
	if server == "" {
		if os.Getenv("PATCHBOT_E2E") == "1" {
			t.Fatal("PATCHBOT_E2E=1 needs PATCHBOT_TEST_POSTGRES=postgres://…")
		}
		t.Skip("PATCHBOT_TEST_POSTGRES names no server")
	}
	c := newClinic(t)
	url := server + "&search_path=doctor_" + fmt.Sprint(os.Getpid())
	c.write(`[bot]`, fmt.Sprintf("[store]\nurl = %q\n[bot]", url))
	_, items := c.examine("--offline")
	if got := items["database"]; got.State == itemOK {
		t.Errorf("an empty database: %+v", got)
	}
	c.write(`[bot]`, "[store]\nurl = \"postgres://nobody:geheim@127.0.0.1:1/nowhere\"\n[bot]")
	status, items := c.examine("--offline")
	if got := items["database"]; status != exitFindings || got.State != itemTrouble || strings.Contains(got.Detail, "geheim") {
		t.Errorf("a database out of reach: exit status %d, %+v", status, got)
	}
}
