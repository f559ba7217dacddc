package store_test

import (
	"testing"
	"time"
)

// A database server tells its own time, whatever the clock of the store says; SQLite has none.
func TestClock(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		at, has, err := s.open("a").Clock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if has != (s.url != "") {
			t.Fatalf("has a clock: %v", has)
		}
		if has && time.Since(at).Abs() > time.Hour {
			t.Errorf("the server on this machine says %s", at)
		}
	})
}
