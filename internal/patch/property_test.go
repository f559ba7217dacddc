package patch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sending draws the mails of one run of git send-email and of what people do with them afterwards.
type sending struct {
	t    *rapid.T
	next int
	all  []string // raw mails
	ids  []string // of all, to answer
}

func (s *sending) mail(id string, at time.Time, subject string, answers []string, change, fields string) {
	s.all = append(s.all, mailText(id, at, subject, strings.Join(answers, " "), change, fields))
	s.ids = append(s.ids, id)
}

// post draws one version of a series: its threading, cover letter, label and size.
func (s *sending) post() {
	t := s.t
	s.next++
	name := fmt.Sprintf("m%d", s.next)
	total := rapid.IntRange(1, 4).Draw(t, "total")
	version := rapid.IntRange(1, 3).Draw(t, "version")
	cover := rapid.Bool().Draw(t, "cover")
	mark := rapid.SampledFrom([]string{"PATCH x", "PATCH x", "RESEND PATCH x"}).Draw(t, "mark")
	topic := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "topic")
	author := rapid.SampledFrom([]string{"", "", "From: B <b@example.org>"}).Draw(t, "author")
	at := start.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "minutes")) * time.Minute)
	var thread []string
	if len(s.ids) > 0 && rapid.Bool().Draw(t, "answers") {
		thread = []string{rapid.SampledFrom(s.ids).Draw(t, "parent")}
	}
	numbered := total > 1 || rapid.Bool().Draw(t, "numbered")
	for i := range total + 1 {
		id, counter := fmt.Sprintf("%s.%d", name, i), ""
		if numbered {
			counter = fmt.Sprintf(" %d/%d", i, total)
		}
		subject := fmt.Sprintf("[%s v%d%s] %s: Update %d", mark, version, counter, topic, i)
		if i == 0 {
			if cover && numbered {
				s.mail(id, at, subject, thread, "", author)
				thread = append(slices.Clone(thread), id)
			}
			continue
		}
		change := fmt.Sprintf("%s%d.md:1..%d", topic, i, rapid.IntRange(2, 3).Draw(t, "content"))
		s.mail(id, at.Add(time.Duration(i)*time.Second), subject, thread, change, author)
		if i == 1 && !(cover && numbered) && rapid.Bool().Draw(t, "threaded") {
			thread = append(slices.Clone(thread), id)
		}
	}
	if numbered && rapid.IntRange(0, 3).Draw(t, "grown") == 0 {
		s.mail(name+".more", at.Add(time.Hour), fmt.Sprintf("[%s v%d %d/%d] %s: One more", mark, version, total+1, total, topic), thread, topic+"more.md:1..2", author)
	}
}

// TestAssembleIsAFunctionOfTheSet sends series of all kinds, then shuffles, duplicates and drops mails.
func TestAssembleIsAFunctionOfTheSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &sending{t: t}
		for range rapid.IntRange(1, 5).Draw(t, "series") {
			s.post()
		}
		var kept []string
		for i, raw := range s.all {
			switch rapid.SampledFrom([]string{"keep", "keep", "keep", "keep", "drop", "twice"}).Draw(t, fmt.Sprint("fate ", i)) {
			case "keep":
				kept = append(kept, raw)
			case "twice":
				kept = append(kept, raw, raw)
			}
		}
		mails := make([]*Mail, len(kept))
		for i, raw := range kept {
			mails[i] = classified(raw)
		}
		first := Assemble(mails)
		checkAssembly(t, mails, first)
		shuffled := rapid.Permutation(mails).Draw(t, "order")
		if diff := cmp.Diff(describe(first), describe(Assemble(shuffled))); diff != "" {
			t.Fatalf("in another order: -first +now:\n%s", diff)
		}
		once := slices.CompactFunc(slices.SortedFunc(slices.Values(mails), compareMails), func(a, b *Mail) bool { return a.Message.ID == b.Message.ID })
		if diff := cmp.Diff(withoutIgnored(first), withoutIgnored(Assemble(once))); diff != "" {
			t.Fatalf("without the second copies: -first +now:\n%s", diff)
		}
	})
}

func withoutIgnored(a *Assembly) string { return describe(&Assembly{Series: a.Series}) }

// checkAssembly holds what is true of every assembly: each mail is in one place, versions are unique, links go both ways.
func checkAssembly(t *rapid.T, mails []*Mail, a *Assembly) {
	places := map[string]int{}
	for _, m := range a.Ignored {
		if m.Reason == "" {
			t.Fatalf("%s is ignored without a reason", m.Message.ID)
		}
		places[m.Message.ID]++
	}
	versions := map[string]*Series{}
	for _, s := range a.Series {
		if versions[s.VersionID()] != nil {
			t.Fatalf("two series are %s", s.VersionID())
		}
		versions[s.VersionID()] = s
		if s.Cover != nil {
			places[s.Cover.Message.ID]++
		}
		checkSeries(t, s, places)
	}
	for _, s := range a.Series {
		if old := versions[s.Supersedes]; s.Supersedes != "" && (old == nil || old.SupersededBy != s.VersionID()) {
			t.Fatalf("%s supersedes %s, which does not know", s.VersionID(), s.Supersedes)
		}
		if s.SupersededBy != "" && versions[s.SupersededBy] == nil {
			t.Fatalf("%s is superseded by nobody", s.VersionID())
		}
	}
	total := 0
	for _, n := range places {
		total += n
	}
	if total != len(mails) {
		t.Fatalf("%d mails are in %d places", len(mails), total)
	}
}

func checkSeries(t *rapid.T, s *Series, places map[string]int) {
	index := 0
	for _, p := range s.Parts {
		if p.Index <= index || p.Index > s.Total {
			t.Fatalf("parts of %s out of order", s.VersionID())
		}
		index = p.Index
		if !slices.Contains(s.Carried, p.Index) {
			places[p.Mail.Message.ID]++
		}
		if p.Commit == nil && p.Err == nil {
			t.Fatalf("part %d of %s: commit %v, error %v", p.Index, s.VersionID(), p.Commit, p.Err)
		}
	}
	if len(s.Parts)+len(s.Missing) != s.Total || len(s.Parts) == len(s.Carried) {
		t.Fatalf("%s: %d parts, %d carried, missing %v of %d", s.VersionID(), len(s.Parts), len(s.Carried), s.Missing, s.Total)
	}
}

// TestDigestFollowsTheParts drops one part: the version keeps its name and changes its digest.
func TestDigestFollowsTheParts(t *testing.T) {
	mails := thread(t, `
		c  | 0s | [PATCH x 0/3] Three pages
		p1 | 1s | [PATCH x 1/3] a: Update | c | a.md:1..2
		p2 | 2s | [PATCH x 2/3] b: Update | c | b.md:1..2
		p3 | 3s | [PATCH x 3/3] c: Update | c | c.md:1..2`)
	whole := Assemble(mails).Series[0]
	digests := map[string]string{whole.Digest: "whole"}
	for i := range mails {
		rest := slices.Delete(slices.Clone(mails), i, i+1)
		s := Assemble(rest).Series[0]
		if s.VersionID() != whole.VersionID() {
			t.Errorf("without mail %d the version is %s, not %s", i, s.VersionID(), whole.VersionID())
		}
		if other := digests[s.Digest]; other != "" {
			t.Errorf("without mail %d the digest is the one of %s", i, other)
		}
		digests[s.Digest] = fmt.Sprint("without mail ", i)
	}
}
