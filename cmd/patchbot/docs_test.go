package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchbot/internal/repo"
	"patchbot/testdata"
)

// TestReadmeReply holds the reply that the README shows against what the program says.
func TestReadmeReply(t *testing.T) {
	dir := t.TempDir()
	if _, err := repo.UnpackBundle(testdata.Bundle, dir); err != nil {
		t.Fatal(err)
	}
	mail := filepath.Join(t.TempDir(), "mail.eml")
	raw, err := testdata.Demo.ReadFile("demo/02-broken-link.eml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mail, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	args := []string{"check", "--config", os.DevNull, "--repo", dir, "--base", "277b628d4ebe13129a4861887a9d1f87e473e9cb", "--lang", "en", "--offline", mail}
	if status := run(t.Context(), args, &Shell{Out: &out, Err: &errs}); status != exitFindings {
		t.Fatalf("exit status %d: %s", status, errs.String())
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for line := range strings.Lines(strings.TrimRight(out.String(), "\n")) {
		shown = append(shown, strings.TrimRight("    "+line, " \n"))
	}
	if want := strings.Join(shown, "\n"); !strings.Contains(string(readme), want) {
		t.Errorf("the README does not show the reply as it is:\n%s", want)
	}
}

// TestRulesDocuments holds the pages of rules against the registry.
func TestRulesDocuments(t *testing.T) {
	for _, lang := range []string{"en", "fr"} {
		var out, errs bytes.Buffer
		args := []string{"rules", "--config", os.DevNull, "--format", "markdown", "--lang", lang}
		if status := run(t.Context(), args, &Shell{Out: &out, Err: &errs}); status != exitClean {
			t.Fatalf("exit status %d: %s", status, errs.String())
		}
		file := "../../docs/rules." + lang + ".md"
		have, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(have, out.Bytes()) {
			t.Errorf("%s is stale: run make generate", file)
		}
	}
}
