package bot_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"patchbot/internal/email"
	"patchbot/internal/patch"
	"patchbot/internal/review"
)

// lowerMail adds a page; upperMail changes it, in another thread and by somebody else.
func (r *rig) lowerMail(edits ...string) []byte {
	return r.mail("07-series-1", append([]string{" 1/3]", "]", "In-Reply-To: <20261124153001.29234-1-camille@example.org>\n", "", "References: <20261124153001.29234-1-camille@example.org>\n", ""}, edits...)...)
}

func (r *rig) upperMail(relation string) []byte {
	return r.mail("07-series-2", " 2/3]", "]", "Camille Contributrice <camille@example.org>", "Dominique <dominique@example.org>",
		"In-Reply-To: <20261124153001.29234-1-camille@example.org>\n", "", "References: <20261124153001.29234-1-camille@example.org>\n", "",
		"\n---\n bluehats", "\n---\n"+relation+"\n bluehats")
}

const lowerID = "20261124153001.29234-2-camille@example.org"

func TestFoundation(t *testing.T) {
	patchID := func(r *rig) string {
		raw := r.lowerMail()
		return patch.Classify(raw, email.Parse(raw, email.DefaultLimits()), time.Time{}, patch.Options{AnyList: true}).PatchID
	}
	for _, test := range []struct {
		name     string
		relation func(r *rig) string
		lower    bool // it was sent
		verdict  string
		says     string
	}{
		{"message id", func(*rig) string { return "Depends-on: <" + lowerID + ">" }, true, "clean", "par-dessus « Add bluehats-semester-of-code.md »"},
		{"archive address", func(*rig) string { return "Based-on: https://lists.example.org/list/%3C" + lowerID + "%3E" }, true, "clean", "par-dessus « Add"},
		{"patch id", func(r *rig) string { return "prerequisite-patch-id: " + patchID(r) }, true, "clean", "par-dessus « Add"},
		{"not sent", func(*rig) string { return "Depends-on: <" + lowerID + ">" }, false, "does-not-apply", "repose sur " + lowerID + " (inconnu ici)"},
		{"patch id that nobody has", func(*rig) string { return "prerequisite-patch-id: " + strings.Repeat("0f", 20) }, true, "does-not-apply", "le correctif 0f0f0f0f0f0f (inconnu ici)"},
		{"nothing named", func(*rig) string { return "Depend-on: nothing" }, true, "does-not-apply", "Ne s'applique pas"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, nil)
			if test.lower {
				r.take(r.lowerMail())
				r.pass(time.Minute)
			}
			id := r.take(r.upperMail(test.relation(r)))
			r.pass(time.Minute)
			last := r.out.mails[len(r.out.mails)-1]
			reply := email.Parse(last.raw, email.DefaultLimits())
			if reply.InReplyTo[0] != id || reply.Header.Get("X-Patchbot-Verdict") != test.verdict {
				t.Errorf("reply to %s: %s, want %s", reply.InReplyTo[0], reply.Header.Get("X-Patchbot-Verdict"), test.verdict)
			}
			text := strings.Join(strings.Fields(strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(reply.Text)), " ")
			if !strings.Contains(text, test.says) {
				t.Errorf("the reply does not say %q:\n%s", test.says, reply.Text)
			}
		})
	}
}

// A second version of what lies below takes the place of the first.
func TestFoundationFollowsVersions(t *testing.T) {
	r := newRig(t, nil)
	r.take(r.lowerMail("Selection", "Selection"))
	r.pass(time.Minute)
	r.take(r.lowerMail("[PATCH logiciels-libres 1/3]", "[PATCH logiciels-libres v2]", "29234-2", "29300-1", "Relance de", "Relance de"))
	r.pass(time.Minute)
	r.take(r.upperMail("Depends-on: <" + lowerID + ">"))
	r.pass(time.Minute)
	all, err := r.db.Recent(t.Context(), 1, time.Time{})
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	kept, err := r.db.Report(t.Context(), all[0].ID, all[0].Version)
	if err != nil {
		t.Fatal(err)
	}
	var report review.Report
	if err := json.Unmarshal(kept.Body, &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Below) != 1 || report.Below[0].Version != 2 || report.Verdict != review.VerdictClean {
		t.Errorf("%s on %+v", report.Verdict, report.Below)
	}
}

// What a series stands on arrives after it was reviewed: it is reviewed again, and answered where the verdict is another.
func TestFoundationArrivesLater(t *testing.T) {
	raw := (&rig{T: t}).lowerMail()
	patchID := patch.Classify(raw, email.Parse(raw, email.DefaultLimits()), time.Time{}, patch.Options{AnyList: true}).PatchID
	for _, relation := range []string{
		"Depends-on: <" + lowerID + ">", "Based-on: https://lists.example.org/list/%3C" + lowerID + "%3E", "prerequisite-patch-id: " + patchID,
	} {
		t.Run(relation[:10], func(t *testing.T) {
			r := newRig(t, nil)
			upper := r.take(r.upperMail(relation))
			r.pass(time.Minute)
			r.wantVerdicts("does-not-apply")
			r.take(r.lowerMail())
			r.pass(time.Minute)
			r.wantVerdicts("does-not-apply", "clean", "clean")
			r.wantEvent(upper, "^due-again ")
			if last := email.Parse(r.out.mails[2].raw, email.DefaultLimits()); last.InReplyTo[0] != upper {
				t.Errorf("the last reply answers %q", last.InReplyTo)
			}
			r.pass(time.Hour)
			r.wantVerdicts("does-not-apply", "clean", "clean")
		})
	}
}

// Only a change of the verdict is worth a mail, and what nobody needs wakes nobody.
func TestFoundationArrivesWithoutEffect(t *testing.T) {
	r := newRig(t, nil)
	upper := r.take(r.upperMail("Depends-on: <" + lowerID + ">"))
	r.pass(time.Minute)
	r.wantVerdicts("does-not-apply")
	// It is there, and has nothing to do with the page that the upper patch changes.
	id := email.Parse(r.mail("01-clean"), email.DefaultLimits()).ID
	r.take(r.mail("01-clean", id, lowerID))
	r.pass(time.Minute)
	r.wantEvent(upper, "^due-again ")
	for _, m := range r.out.mails[1:] {
		if reply := email.Parse(m.raw, email.DefaultLimits()); reply.InReplyTo[0] == upper {
			t.Errorf("a second reply with the verdict %s", reply.Header.Get("X-Patchbot-Verdict"))
		}
	}
	story := len(r.events(upper))
	r.take(r.mail("02-broken-link"))
	r.pass(time.Minute)
	if events := r.events(upper); len(events) != story {
		t.Errorf("a series that nobody names woke the upper one:\n%s", strings.Join(events, "\n"))
	}
}
