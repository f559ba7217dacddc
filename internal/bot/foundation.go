package bot

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"patchbot/internal/patch"
	"patchbot/internal/store"
)

// Bounds of the search for what a series stands on, so that a mail that names everything costs no more than this.
const (
	foundationRounds = 8   // steps from a series to those below it
	foundationAsked  = 30  // message ids that are looked up
	foundationReach  = 200 // newest series whose patches are compared with a patch id
)

// foundation finds the series that s stands on, in the order they go below it, and what it names that nobody has sent: among
// the mails related to it, then by message id, then by the patch ids of the newest series of the same wiki.
func (b *Bot) foundation(ctx context.Context, claim *store.Series, s *patch.Series) (below []*patch.Series, unknown []string, err error) {
	if len(s.DependsOn)+len(s.Requires) == 0 {
		return nil, nil, nil
	}
	f := &finder{bot: b, wiki: claim.Wiki, mails: map[string]*patch.Mail{}, asked: map[string]bool{}}
	if err := f.add(ctx, claim.Messages[len(claim.Messages)-1]); err != nil {
		return nil, nil, err
	}
	for range foundationRounds {
		asm := patch.Assemble(slices.Collect(maps.Values(f.mails)))
		self := asm.Of(s.Root)
		if self == nil || self.Version != s.Version {
			break // a mail that came meanwhile changed the series: it will be reviewed anew
		}
		below, unknown = asm.Foundation(self)
		known := len(f.mails)
		if err := f.find(ctx, unknown); err != nil {
			return nil, nil, fmt.Errorf("find what the series stands on: %w", err)
		}
		if len(f.mails) == known {
			break
		}
	}
	return below, unknown, nil
}

// needs are the message ids and patch ids of what a series says it stands on.
func needs(s *patch.Series) []string {
	var refs []string
	for _, ref := range s.DependsOn {
		if id := patch.Ref(ref); id != "" {
			refs = append(refs, id)
		}
	}
	return append(refs, s.Requires...)
}

// offers are the message ids and patch ids of all versions of a series, by which others may need it.
func (k *kin) offers(id string) []string {
	var refs []string
	for _, s := range k.Series {
		if s.ID != id {
			continue
		}
		if s.Cover != nil {
			refs = append(refs, s.Cover.Message.ID)
		}
		for _, p := range s.Parts {
			refs = append(refs, p.Mail.Message.ID)
			if p.Mail.PatchID != "" {
				refs = append(refs, p.Mail.PatchID)
			}
		}
	}
	return refs
}

// finder gathers mails of one wiki.
type finder struct {
	bot     *Bot
	wiki    string
	mails   map[string]*patch.Mail // by row
	asked   map[string]bool        // references that were looked up
	patches map[string]string      // rows by patch id, of the newest series; nil before they were read
}

// add takes a message and all that may belong to a series with it.
func (f *finder) add(ctx context.Context, key string) error {
	k, err := f.bot.related(ctx, key)
	if err != nil {
		return err
	}
	for mail, key := range k.keys {
		if f.mails[key] == nil {
			f.mails[key] = mail
		}
	}
	return nil
}

// find looks references up that no mail so far answers.
func (f *finder) find(ctx context.Context, refs []string) error {
	for _, ref := range refs {
		if f.asked[ref] || len(f.asked) >= foundationAsked {
			continue
		}
		f.asked[ref] = true
		key, err := f.lookUp(ctx, ref)
		if err != nil {
			return err
		}
		if key != "" && f.mails[key] == nil {
			if err := f.add(ctx, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// lookUp finds the row of a patch or cover letter by a message id, an archive's address or a patch id; empty when there is
// none in this wiki.
func (f *finder) lookUp(ctx context.Context, ref string) (string, error) {
	if !isPatchID(ref) {
		rows, err := f.bot.Store.MessagesByID(ctx, patch.Ref(ref))
		if err != nil {
			return "", err
		}
		for _, row := range rows {
			if row.Wiki == f.wiki && (row.Kind == store.KindPatch || row.Kind == store.KindCover) {
				return row.Key, nil
			}
		}
		return "", nil
	}
	if f.patches == nil {
		if err := f.readPatches(ctx); err != nil {
			return "", err
		}
	}
	return f.patches[ref], nil
}

func isPatchID(ref string) bool {
	for _, c := range ref {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(ref) == 40
}

// readPatches reads the patch ids of the newest series that no later version has replaced.
func (f *finder) readPatches(ctx context.Context) error {
	f.patches = map[string]string{}
	all, err := f.bot.Store.Recent(ctx, foundationReach, time.Time{})
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Wiki != f.wiki || s.State == store.StateSuperseded {
			continue
		}
		for _, key := range s.Messages {
			raw, err := f.bot.Store.Raw(ctx, key)
			if err != nil {
				return err
			}
			mail := f.bot.read(Arrival{Raw: raw, Size: int64(len(raw))})
			if id := mail.PatchID; id != "" && f.patches[id] == "" {
				f.patches[id] = key
			}
		}
	}
	return nil
}
