package review

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWriteJSON(t *testing.T) {
	words := translator(t)
	for _, name := range []string{"changes", "clean-single", "conflict", "already", "incomplete", "flowed", "corrupt"} {
		c := replies()[name]
		for _, lang := range []Lang{French, English} {
			var out bytes.Buffer
			if err := words.WriteJSON(&out, []*Report{c.report}, lang); err != nil {
				t.Fatal(err)
			}
			golden(t, name+"."+string(lang)+".json", out.String())
		}
	}
}

// The contract of the command line: these keys, always all of them, and [] rather than null.
func TestJSONKeys(t *testing.T) {
	want := []string{"apply", "author", "base", "below", "cover", "defect", "findings", "fixed", "id", "inherited", "missing", "parts", "prefix", "settings", "subject", "total", "unchecked", "unknown", "verdict", "version"}
	words := translator(t)
	for name, c := range replies() {
		data, err := words.ReportJSON(c.report, English)
		if err != nil {
			t.Fatal(err)
		}
		var object map[string]any
		if err := json.Unmarshal(data, &object); err != nil {
			t.Fatal(err)
		}
		var keys []string
		for k := range object {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		if !slices.Equal(keys, want) {
			t.Errorf("%s: keys %v, want %v", name, keys, want)
		}
		for _, k := range []string{"findings", "missing", "parts", "unchecked", "below", "unknown"} {
			if _, ok := object[k].([]any); !ok {
				t.Errorf("%s: %s is %v, want a list", name, k, object[k])
			}
		}
		apply := object["apply"].(map[string]any)
		for _, k := range []string{"status", "how", "depends_on_git", "tree", "commits", "failed", "worked", "changed", "already"} {
			if _, ok := apply[k]; !ok {
				t.Errorf("%s: no apply.%s", name, k)
			}
		}
		if applied := c.report.Base.Commit != ""; applied == (object["base"] == nil) {
			t.Errorf("%s: base is %v", name, object["base"])
		}
	}
}

// Order does not depend on the order in which things came.
func TestJSONOrder(t *testing.T) {
	words := translator(t)
	early, late := cleanSingle(), changesNeeded()
	early.Series.Arrived, late.Series.Arrived = sampleDate(), sampleDate().Add(time.Minute)
	write := func(reports ...*Report) string {
		var out bytes.Buffer
		if err := words.WriteJSON(&out, reports, English); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	one := write(early, late)
	slices.Reverse(late.Findings)
	if two := write(late, early); one != two {
		t.Errorf("order changes the bytes:\n%s\n%s", one, two)
	}
	if !strings.Contains(write(), `"series": []`) {
		t.Error("no reports are not an empty list")
	}
}
