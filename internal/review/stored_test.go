package review

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbot/internal/checks"
)

// A report that was stored and read again is the same report, and gives the same mail.
func TestStoredReports(t *testing.T) {
	words := translator(t)
	for name, c := range replies() {
		data, err := json.Marshal(c.report)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		back := new(Report)
		if err := json.Unmarshal(data, back); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.report, back); diff != "" {
			t.Errorf("%s changed in the store (-want +got):\n%s", name, diff)
		}
		again, err := json.Marshal(back)
		if err != nil || !bytes.Equal(data, again) {
			t.Errorf("%s: stored twice, %v:\n%s\n%s", name, err, data, again)
		}
		o := c.options
		o.Lang = French
		before, err := words.Render(c.report, o)
		if err != nil {
			t.Fatal(err)
		}
		after, err := words.Render(back, o)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("%s reads differently after the store:\n%s", name, diff)
		}
	}
}

func TestStoredArguments(t *testing.T) {
	f := Finding{Finding: checks.Finding{Severity: checks.Note, Message: checks.Message{ID: "x.y", Args: map[string]any{"N": 3, "Share": 0.5, "Text": "3", "Yes": true}}}}
	data, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var back Finding
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(f, back); diff != "" {
		t.Errorf("arguments changed (-want +got):\n%s", diff)
	}
	if err := json.Unmarshal([]byte(`{"severity":"fatal"}`), &back); err == nil {
		t.Error("an unknown severity was accepted")
	}
}
