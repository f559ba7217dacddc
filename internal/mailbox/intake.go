package mailbox

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/emersion/go-imap/v2"
)

const (
	listWindow = 5000    // UIDs listed by one command in a large mailbox
	listEntry  = 100     // octets of one listed message, about
	batchBytes = 8 << 20 // announced octets fetched by one command
)

// intake carries the messages of one session from the mailbox to the receiver.
type intake struct {
	m      *IMAP
	s      *session
	handle func(context.Context, Fetched) error

	placed bool     // last is known
	last   imap.UID // everything up to here was handled
}

// entry is one message as the server lists it.
type entry struct {
	uid  imap.UID
	seq  uint32
	size int64
}

// catchUp hands over everything after the last handled message. A *holdError means that the receiver failed.
func (in *intake) catchUp(ctx context.Context, cursor func(context.Context) (Cursor, error)) error {
	if !in.placed {
		c, err := cursor(ctx)
		if err != nil {
			return &holdError{fmt.Errorf("reading the cursor: %w", err)}
		}
		in.last, in.placed = in.start(ctx, c), true
		in.m.trouble.enter(in.s.validity)
	}
	span := imap.UID(listWindow)
	for in.last < math.MaxUint32 {
		from, to := in.last+1, imap.UID(0) // 0: no end
		if in.s.exists.Load() > listWindow && uint64(from)+uint64(span) < uint64(in.s.uidNext) {
			to = from + span - 1
		}
		entries, err := in.s.list(ctx, from, to)
		if err != nil {
			return err
		}
		if err := in.deliver(ctx, entries); err != nil {
			return err
		}
		if to == 0 {
			return nil
		}
		in.last = max(in.last, to)
		// UIDs may be sparse over their whole range, so that windows of one width would never end.
		if len(entries) >= listWindow/2 {
			span = listWindow
		} else if span < math.MaxUint32/4 {
			span *= 2
		}
	}
	return nil
}

// start translates the stored cursor into this mailbox's numbering.
func (in *intake) start(ctx context.Context, c Cursor) imap.UID {
	s := in.s
	switch {
	case c == Cursor{}:
		return 0
	case c.UIDValidity != s.validity:
		s.o.Log.WarnContext(ctx, "the mailbox has a new UIDVALIDITY; reading all of it again", "was", c.UIDValidity, "is", s.validity)
		return 0
	case s.uidNext != 0 && c.UID >= uint32(s.uidNext):
		// Against RFC 9051, section 2.3.1.1, but a mailbox restored from a backup does it, and would else be ignored
		// until it has grown past the cursor.
		s.o.Log.WarnContext(ctx, "the mailbox ends before the cursor; reading all of it again", "cursor", c.UID, "uidnext", s.uidNext)
		return 0
	}
	return imap.UID(c.UID)
}

// list asks for the sizes of the messages from..to; to 0 means up to the last. The answer is in the order of the UIDs.
func (s *session) list(ctx context.Context, from, to imap.UID) ([]entry, error) {
	var entries []entry
	width := int64(math.MaxUint32)
	switch {
	case to != 0:
		width = int64(to) - int64(from) + 1
	case s.uidNext != 0:
		width = max(0, int64(s.uidNext)-int64(from)) + listWindow
	}
	expect := min(width, int64(s.exists.Load())) * listEntry
	err := s.do(ctx, "listing messages", expect, func() error {
		cmd := s.imap.Fetch(imap.UIDSet{{Start: from, Stop: to}}, &imap.FetchOptions{UID: true, RFC822Size: true})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			buf, err := msg.Collect()
			if err != nil {
				return errors.Join(err, cmd.Close())
			}
			entries = append(entries, entry{uid: buf.UID, seq: buf.SeqNum, size: buf.RFC822Size})
		}
		return cmd.Close()
	})
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e entry) bool { return e.uid < from || to != 0 && e.uid > to })
	slices.SortFunc(entries, func(a, b entry) int { return int(int64(a.uid) - int64(b.uid)) })
	return entries, nil
}

// deliver fetches the listed messages and hands them over.
func (in *intake) deliver(ctx context.Context, entries []entry) error {
	for len(entries) > 0 {
		n := in.batch(entries)
		batch := entries[:n]
		entries = entries[n:]
		got, err := in.fetch(ctx, batch)
		if err != nil {
			return err
		}
		for _, e := range batch {
			f, ok := got[e.uid]
			if !ok {
				if f, ok, err = in.alone(ctx, e); err != nil {
					return err
				}
			}
			delete(got, e.uid)
			if ok { // else it was expunged meanwhile
				if err := in.handle(ctx, f); err != nil {
					return &holdError{fmt.Errorf("message %d of %d: %w", e.uid, in.s.validity, err)}
				}
			}
			in.last = e.uid
			in.m.trouble.passed(in.last)
		}
	}
	return nil
}

// batch returns how many of the first entries one command may fetch.
func (in *intake) batch(entries []entry) int {
	var sum int64
	for n, e := range entries {
		special := e.size > in.m.o.MaxBytes || in.m.trouble.near(e.uid)
		if special && n == 0 {
			return 1
		}
		sum += e.size
		if special || n >= in.m.o.Batch || n > 0 && sum > batchBytes {
			return n
		}
	}
	return len(entries)
}

// fetch gets the bytes of a batch. What the server leaves out is missing in the result.
func (in *intake) fetch(ctx context.Context, batch []entry) (map[imap.UID]Fetched, error) {
	o, t := &in.m.o, &in.m.trouble
	first := batch[0]
	if err := t.verdict(first.uid); err != nil {
		o.Log.ErrorContext(ctx, "a message cannot be fetched and is passed on without its bytes", "uid", first.uid, "error", err)
		return map[imap.UID]Fetched{first.uid: {UIDValidity: in.s.validity, UID: uint32(first.uid), Size: first.size, Err: err}}, nil
	}
	set := imap.UIDSet{}
	want := request{limit: o.MaxBytes, dates: !t.undated(first.uid), header: first.size > o.MaxBytes || t.oversize(first.uid)}
	for _, e := range batch {
		set.AddNum(e.uid)
		want.expect += e.size
	}
	if len(batch) == 1 {
		want.expect = o.MaxBytes // whatever was announced
	}
	got, err := in.s.fetch(ctx, set, want)
	if err != nil {
		return nil, in.blame(batch, err)
	}
	for _, e := range batch {
		if f, ok := got[e.uid]; ok {
			f.Size = max(e.size, f.Size)
			got[e.uid] = f
		}
	}
	return got, nil
}

// alone asks again for a message that was listed and did not come: the library loses one whose UID follows its text, and
// one of which the server sends an unasked update first. Not found means that the message is gone.
func (in *intake) alone(ctx context.Context, e entry) (f Fetched, found bool, err error) {
	in.m.o.Log.WarnContext(ctx, "the server left a message out; asking for it alone", "uid", e.uid)
	got, err := in.fetch(ctx, []entry{e})
	if f, ok := got[e.uid]; err != nil || ok {
		return f, ok, err
	}
	now, err := in.s.list(ctx, e.uid, e.uid)
	if err != nil {
		return Fetched{}, false, err
	}
	if len(now) == 0 {
		in.m.o.Log.InfoContext(ctx, "the message was deleted before it could be fetched", "uid", e.uid)
		return Fetched{}, false, nil
	}
	// By sequence number the library does not depend on where the UID stands.
	want := request{limit: in.m.o.MaxBytes, expect: in.m.o.MaxBytes, header: e.size > in.m.o.MaxBytes}
	got, err = in.s.fetch(ctx, imap.SeqSetNum(now[0].seq), want)
	if err == nil {
		if f, ok := got[e.uid]; ok {
			f.Size = max(e.size, f.Size)
			return f, true, nil
		}
		err = errNotGiven
	}
	return Fetched{}, false, in.blame([]entry{e}, err)
}

// blame notes which messages a failed command was about.
func (in *intake) blame(batch []entry, err error) error {
	in.m.trouble.blame(in.s.validity, batch[0].uid, batch[len(batch)-1].uid, in.s.ownFault(err), err)
	return err
}
