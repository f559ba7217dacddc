package store_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbot/internal/store"
)

// TestRelated records the mails of each case in order, a minute apart, and asks what belongs to the last one.
func TestRelated(t *testing.T) {
	type mail struct {
		name, author, wiki, kind string
		refs                     []string
		after                    time.Duration
	}
	const day = 24 * time.Hour
	cases := []struct {
		name  string
		mails []mail
		want  string
	}{
		{"alone", []mail{{name: "a"}}, "a"},
		{"by thread, any author, any distance", []mail{
			{name: "cover", kind: "cover"},
			{name: "p1", author: "bob", refs: []string{"cover"}, after: 100 * day},
		}, "cover p1"},
		{"siblings whose parent never came", []mail{
			{name: "p1", author: "bob", refs: []string{"cover"}},
			{name: "p2", refs: []string{"cover"}, after: 100 * day},
		}, "p1 p2"},
		{"parent that comes after its children", []mail{
			{name: "p1", author: "bob", refs: []string{"cover"}},
			{name: "cover", kind: "cover", after: 100 * day},
		}, "p1 cover"},
		{"same author near in time", []mail{
			{name: "v1"}, {name: "stranger", author: "bob"}, {name: "v2", after: 6 * day},
		}, "v1 v2"},
		{"same author far in time", []mail{{name: "v1"}, {name: "v2", after: 8 * day}}, "v2"},
		{"same author in another wiki", []mail{{name: "v1", wiki: "other"}, {name: "v2"}}, "v2"},
		{"another wiki within the thread", []mail{
			{name: "v1", author: "bob", wiki: "other"}, {name: "v2", refs: []string{"v1"}},
		}, "v2"},
		{"through a reply", []mail{
			{name: "v1", author: "bob"},
			{name: "review", author: "eve", kind: "reply", wiki: "", refs: []string{"v1"}},
			{name: "v2", refs: []string{"review"}, after: 100 * day},
		}, "v1 v2"},
		{"whole thread of a mail near in time", []mail{
			{name: "cover", kind: "cover"},
			{name: "p1", refs: []string{"cover"}, after: 5 * day},
			{name: "v2", after: 5 * day},
		}, "cover p1 v2"},
		{"a long chain", []mail{
			{name: "a", author: "1"}, {name: "b", author: "2", refs: []string{"a"}}, {name: "c", author: "3", refs: []string{"b"}},
			{name: "d", author: "4", refs: []string{"c"}}, {name: "e", author: "5", refs: []string{"d"}},
		}, "a b c d e"},
		{"nothing is related to an ignored mail by its author's other mails", []mail{
			{name: "p1"}, {name: "noise", kind: "ignored", wiki: "none"},
		}, ""},
	}
	forEachEngine(t, func(t *testing.T, s *site) {
		db := s.open("daemon")
		for i, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				unique := func(name string) string { return fmt.Sprintf("%s.%d", name, i) } // all cases share a store
				last := ""
				for _, in := range c.mails {
					s.now.Sleep(time.Minute + in.after)
					var refs []string
					for _, ref := range in.refs {
						refs = append(refs, unique(ref))
					}
					m, raw := s.mail(unique(in.name), refs...)
					m.Author = unique(cmp.Or(in.author, "ada")) + "@example.org"
					if in.wiki != "" || in.kind == "reply" {
						m.Wiki = in.wiki
					}
					m.Kind = cmp.Or(in.kind, store.KindPatch)
					if _, err := db.Record(t.Context(), m, raw, nil); err != nil {
						t.Fatal(err)
					}
					last = store.MessageKey(m.MessageID, m.BodyHash)
				}
				related, err := db.Related(t.Context(), last, 7*day)
				must(t, err)
				var names []string
				for _, m := range related {
					names = append(names, strings.TrimSuffix(m.MessageID, unique("")+"@example.org"))
				}
				if got := strings.Join(names, " "); got != c.want {
					t.Errorf("related: %q, want %q", got, c.want)
				}
			})
		}
	})
}

// TestRelatedThroughOwnReply: the bot's reply comes back to no mailbox of ours; version 2 answers it all the same.
func TestRelatedThroughOwnReply(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		db := s.open("daemon")
		s.queued(db, "v1")
		s.now.Sleep(1000 * time.Hour)
		m, raw := s.mail("v2")
		m.Refs = []string{s.reply("v1", 1).MessageID}
		if _, err := db.Record(t.Context(), m, raw, nil); err != nil {
			t.Fatal(err)
		}
		first, _ := s.mail("v1")
		for _, from := range []store.Message{m, first} {
			related, err := db.Related(t.Context(), store.MessageKey(from.MessageID, from.BodyHash), time.Hour)
			must(t, err)
			if len(related) != 2 {
				t.Errorf("from %s: %d related, want both versions", from.MessageID, len(related))
			}
		}
	})
}

// TestRelatedIsBounded floods a thread.
func TestRelatedIsBounded(t *testing.T) {
	forEachEngine(t, func(t *testing.T, s *site) {
		ctx := t.Context()
		db := s.open("daemon")
		key := s.record(db, "start", "hub")
		const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2100) `
		must(t, db.Exec(ctx, numbers+`INSERT INTO message SELECT 'flood-' || i, 'flood', body_hash, raw_hash, mailbox,
			uid_validity, uid, size, arrived, recorded, 'eve@example.org', subject, kind, reason, detail, wiki, list, refs,
			series_id, version, position FROM n, message`))
		must(t, db.Exec(ctx, numbers+`INSERT INTO message_ref (id, message_key) SELECT 'hub@example.org', 'flood-' || i FROM n`))
		related, err := db.Related(ctx, key, time.Hour)
		must(t, err)
		itself := slices.ContainsFunc(related, func(m store.Message) bool { return m.Key == key })
		if len(related) != 2000 || !itself {
			t.Errorf("%d related, with itself: %v; want 2000, true", len(related), itself)
		}
	})
}
