package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

type hookCommand struct {
	Install   hookInstall   `cmd:"" help:"Put a sendemail-validate hook into the repository that you stand in."`
	Uninstall hookUninstall `cmd:"" help:"Take that hook away again."`
	Run       hookRun       `cmd:"" hidden:"" help:"What the hook calls: check the mails that git send-email is about to send."`
}

// hookName is the hook that git send-email runs for each mail before it sends any (githooks(5)).
const hookName = "sendemail-validate"

// hookMark tells our hook from others.
const hookMark = "# made by `patchbot hook install`"

// hookScript is the hook. A machine without patchbot still sends mail.
func hookScript(program string) string {
	return "#!/bin/sh\n" + hookMark + "; `patchbot hook uninstall` takes it away\n" +
		"program=$(command -v patchbot || echo " + shellQuote(program) + ")\n" +
		"if ! [ -x \"$program\" ]; then\n\techo 'patchbot is not installed: the patches are sent unchecked' >&2\n\texit 0\nfi\n" +
		"exec \"$program\" hook run \"$@\"\n"
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

type hookInstall struct{}

// Help is shown by --help.
func (hookInstall) Help() string {
	return "git send-email then shows what the bot would say before it sends, and sends nothing while the patches do not apply or\nbreak something. Send all the same with `git send-email --no-validate`. A hook that is there already is never overwritten.\n\n" +
		examples("patchbot hook install", "cd ~/wiki && patchbot hook install && git send-email -1")
}

// Run writes the hook.
func (hookInstall) Run(ctx context.Context, sh *Shell) error {
	file, err := hookFile(ctx)
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	have, err := os.ReadFile(file)
	switch {
	case err == nil && !bytes.Contains(have, []byte(hookMark)):
		return usage(fmt.Errorf("%s exists and is not patchbot's: left alone", file), "call `patchbot hook run \"$@\"` in it yourself")
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("read hook: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return fmt.Errorf("write hook: %w", err)
	}
	script := hookScript(program)
	if err := os.WriteFile(file, []byte(script), 0o777); err != nil {
		return fmt.Errorf("write hook: %w", err)
	}
	if err := os.Chmod(file, 0o755); err != nil {
		return fmt.Errorf("write hook: %w", err)
	}
	switch {
	case have == nil:
		fmt.Fprintf(sh.Out, "installed %s: git send-email now runs patchbot check first\n", file)
	case string(have) == script:
		fmt.Fprintf(sh.Out, "%s is there already\n", file)
	default:
		fmt.Fprintf(sh.Out, "renewed %s\n", file)
	}
	if path := gitConfig(ctx, "core.hooksPath"); path != "" {
		fmt.Fprintf(sh.Err, "note: core.hooksPath is %s: other repositories may use the same hook\n", path)
	}
	if gitConfig(ctx, "sendemail.validate") == "false" {
		fmt.Fprintf(sh.Err, "note: sendemail.validate is false: git send-email runs no such hook until `git config sendemail.validate true`\n")
	}
	return nil
}

type hookUninstall struct{}

// Help is shown by --help.
func (hookUninstall) Help() string {
	return examples("patchbot hook uninstall", "cd ~/wiki && patchbot hook uninstall")
}

// Run removes the hook when it is ours.
func (hookUninstall) Run(ctx context.Context, sh *Shell) error {
	file, err := hookFile(ctx)
	if err != nil {
		return err
	}
	have, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		fmt.Fprintf(sh.Out, "there is no %s\n", file)
		return nil
	case err != nil:
		return fmt.Errorf("read hook: %w", err)
	case !bytes.Contains(have, []byte(hookMark)):
		return usage(fmt.Errorf("%s is not patchbot's: left alone", file))
	}
	if err := os.Remove(file); err != nil {
		return fmt.Errorf("remove hook: %w", err)
	}
	fmt.Fprintf(sh.Out, "removed %s\n", file)
	return nil
}

// hookFile is where git looks for the hook of the repository that one stands in, core.hooksPath included.
func hookFile(ctx context.Context) (string, error) {
	dir, err := git(ctx, "rev-parse", "--git-path", "hooks")
	if err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return "", usage(errors.New("git is not installed"))
		}
		return "", usage(errors.New("this is no git repository"), "stand in your clone of the wiki")
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, hookName), nil
}

// git runs git where one stands and gives the first line of its answer.
func git(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", args...).Output()
	line, _, _ := strings.Cut(string(out), "\n")
	return line, err
}

// gitConfig is a value of git's configuration, empty when it is not set.
func gitConfig(ctx context.Context, key string) string {
	value, err := git(ctx, "config", "--get", key)
	if err != nil {
		return "" // git's way to say that it is not set
	}
	return value
}
