package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrNoSecret means that no source of a secret is configured.
var ErrNoSecret = errors.New("no password is configured")

// Secret reads a password anew at each call, so that a rotated one is used at the next log-in. The first source that
// exists counts: the systemd credential of the given name ($CREDENTIALS_DIRECTORY), password_file, password_command.
// A file that others than its owner can read is refused. The value never appears in an error.
func (s Server) Secret(ctx context.Context, credential string) (string, error) {
	return secret(ctx, credential, s.PasswordFile, s.PasswordCommand)
}

// Credential is the name of the systemd credential that holds the token of a list's tracker.
func (l List) Credential() string { return "tracker-token-" + l.Name }

// Token reads the token of the list's tracker as Server.Secret reads a password: the credential, token_file,
// token_command.
func (l List) Token(ctx context.Context) (string, error) {
	return secret(ctx, l.Credential(), l.Tracker.TokenFile, l.Tracker.TokenCommand)
}

func secret(ctx context.Context, credential, file string, command []string) (string, error) {
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" {
		data, err := os.ReadFile(filepath.Join(dir, credential))
		if err == nil {
			return firstLine(data), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("read credential %s: %w", credential, err)
		}
	}
	switch {
	case file != "":
		return fromFile(file)
	case len(command) > 0:
		return fromCommand(ctx, command)
	}
	return "", ErrNoSecret
}

// SecretSource names where Secret would look, for people.
func (s Server) SecretSource(credential string) string {
	return secretSource(credential, s.PasswordFile, s.PasswordCommand)
}

// TokenSource names where Token would look, for people.
func (l List) TokenSource() string {
	return secretSource(l.Credential(), l.Tracker.TokenFile, l.Tracker.TokenCommand)
}

func secretSource(credential, file string, command []string) string {
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" {
		if _, err := os.Stat(filepath.Join(dir, credential)); err == nil {
			return "credential " + credential
		}
	}
	switch {
	case file != "":
		return "file " + file
	case len(command) > 0:
		return "command " + command[0]
	}
	return "none"
}

func fromFile(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", fmt.Errorf("read password file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("read password file: %s can be read by others (mode %04o): chmod 600 %s", file, info.Mode().Perm(), file)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read password file: %w", err)
	}
	return firstLine(data), nil
}

func fromCommand(ctx context.Context, argv []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("run password command %s: %w", argv[0], err)
	}
	return firstLine(out), nil
}

func firstLine(data []byte) string {
	line, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimSuffix(line, "\r")
}
