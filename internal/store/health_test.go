package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbot/internal/store"
)

func TestHealth(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		db := s.open("a")
		begin := s.now.Now()
		set := func(name string, ok bool, detail string) {
			t.Helper()
			if err := db.SetHealth(t.Context(), name, ok, detail); err != nil {
				t.Fatal(err)
			}
		}
		set("repository wiki", true, "")
		set("imap", false, "connection refused")
		s.now.Sleep(time.Minute)
		set("imap", false, "still refused")
		set("repository wiki", false, "no route")
		s.now.Sleep(time.Minute)
		set("imap", true, "connected")
		got, err := db.Health(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []store.Health{
			{Name: "imap", OK: true, Detail: "connected", Since: begin.Add(2 * time.Minute), At: begin.Add(2 * time.Minute)},
			{Name: "repository wiki", OK: false, Detail: "no route", Since: begin.Add(time.Minute), At: begin.Add(time.Minute)},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("health (-want +got):\n%s", diff)
		}
	})
}
