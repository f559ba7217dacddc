package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"patchbot/internal/repo"
	"patchbot/testdata"
)

var update = flag.Bool("update", false, "rewrite the expected outputs of the scripts")

// asCommand makes the test binary behave as patchbot itself: tests that kill the daemon need a process to kill.
const asCommand = "PATCHBOT_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		commandMain()
		return
	}
	testscript.Main(m, map[string]func(){"patchbot": commandMain})
}

// commandMain is main without the question whether standard error is a terminal.
func commandMain() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], mortal(&Shell{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
	stop()
	os.Exit(status)
}

// patchbotCommand runs this test binary as patchbot.
func patchbotCommand(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

// TestScripts runs the scripts of testdata/script: each is a file of commands, expectations and input files. The command
// `wiki DIR REV` makes a clone of the sample wiki whose branch main stands at REV; `mail NAME` gives a mail of the demo.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			// No script may ask the web about the links of the samples.
			conf := filepath.Join(env.WorkDir, ".offline.toml")
			if err := os.WriteFile(conf, []byte("[links]\nenabled = false\n"), 0o600); err != nil {
				return err
			}
			env.Setenv("PATCHBOT_CONFIG", conf)
			env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			env.Setenv("GIT_AUTHOR_NAME", "Camille Contributrice")
			env.Setenv("GIT_AUTHOR_EMAIL", "camille@example.org")
			env.Setenv("GIT_COMMITTER_NAME", "Camille Contributrice")
			env.Setenv("GIT_COMMITTER_EMAIL", "camille@example.org")
			return nil
		},
		Condition: scriptCondition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"wiki":   scriptWiki,
			"mail":   scriptMail,
			"status": scriptStatus,
			"until":  scriptUntil,
			"fetch":  scriptFetch,
		},
	})
}

// scriptCondition implements [send-email]: git send-email is installed. Where the whole product is tested it must be.
func scriptCondition(name string) (bool, error) {
	if name != "send-email" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	dir, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		return false, err
	}
	_, err = os.Stat(filepath.Join(strings.TrimSpace(string(dir)), "git-send-email"))
	if err != nil && os.Getenv("PATCHBOT_E2E") == "1" {
		return false, err
	}
	return err == nil, nil
}

// scriptWiki implements `wiki DIR REV`.
func scriptWiki(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: wiki DIR REV")
	}
	bare := ts.MkAbs(args[0] + ".bare")
	_, err := repo.UnpackBundle(testdata.Bundle, bare)
	ts.Check(err)
	ts.Check(ts.Exec("git", "clone", "-q", "-b", "main", bare, ts.MkAbs(args[0])))
	ts.Check(ts.Exec("git", "-C", ts.MkAbs(args[0]), "reset", "-q", "--hard", args[1]))
}

// scriptMail implements `mail NAME [FILE]`: it writes a mail of the demo to FILE, NAME.eml by default.
func scriptMail(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: mail NAME [FILE]")
	}
	data, err := testdata.Demo.ReadFile("demo/" + args[0] + ".eml")
	ts.Check(err)
	file := args[0] + ".eml"
	if len(args) == 2 {
		file = args[1]
	}
	ts.Check(os.WriteFile(ts.MkAbs(file), data, 0o644))
}

// scriptStatus implements `status N COMMAND…`: the command must end with exit status N.
func scriptStatus(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND…")
	}
	if got := exitStatus(ts, args[1:]); got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

func exitStatus(ts *testscript.TestScript, command []string) string {
	err := ts.Exec(command[0], command[1:]...)
	var ee *exec.ExitError
	switch {
	case err == nil:
		return "0"
	case errors.As(err, &ee):
		return strconv.Itoa(ee.ExitCode())
	}
	return err.Error()
}

// scriptUntil implements `until status N COMMAND…`: the command is run until it ends with exit status N and says more
// than nothing, for as long as a person would wait.
func scriptUntil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || args[0] != "status" {
		ts.Fatalf("usage: until status N COMMAND…")
	}
	for end := time.Now().Add(patient); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if exitStatus(ts, args[2:]) == args[1] {
			return
		}
	}
	ts.Fatalf("waited in vain for exit status %s", args[1])
}

// scriptFetch implements `fetch SOCKET PATH FILE`: it writes what a server on a unix socket answers to FILE.
func scriptFetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: fetch SOCKET PATH FILE")
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", ts.MkAbs(args[0]))
	}}}
	answer, err := client.Get("http://patchbot" + args[1])
	ts.Check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), body, 0o644))
}
