package email

import (
	"fmt"
	"slices"
	"testing"
)

func TestReplyReferences(t *testing.T) {
	var long []string
	for i := range 30 {
		long = append(long, fmt.Sprint(i, "@x"))
	}
	for _, test := range []struct {
		name string
		m    Message
		want []string
	}{
		{"references and parent", Message{ID: "p", References: []string{"a", "b"}, InReplyTo: []string{"c"}}, []string{"a", "b", "p"}},
		{"one in-reply-to", Message{ID: "p", InReplyTo: []string{"c"}}, []string{"c", "p"}},
		{"two in-reply-to", Message{ID: "p", InReplyTo: []string{"c", "d"}}, []string{"p"}},
		{"root", Message{ID: "p"}, []string{"p"}},
		{"derived id", Message{ID: "p" + missingDomain, Derived: true, References: []string{"a"}}, []string{"a"}},
		{"cap", Message{ID: "p", References: long}, append(append([]string{"0@x"}, long[12:]...), "p")},
	} {
		if got := ReplyReferences(&test.m); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestReplyID(t *testing.T) {
	id := ReplyID("Bot.Example.ORG", "list", "<p@example.org>", "1")
	if !validID(id) || len(id) != len("pb.")+32+len("@bot.example.org") || id[len(id)-16:] != "@bot.example.org" {
		t.Errorf("id %q", id)
	}
	if id != ReplyID("bot.example.org", "list", "<p@example.org>", "1") {
		t.Error("the same key gives another id")
	}
	if ReplyID("x", "a", "bc") == ReplyID("x", "ab", "c") {
		t.Error("the parts of the key are not separated")
	}
}
