package mailbox

import (
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"
)

// How often the server may fail to give one message, alone and while the connection itself works, before something
// changes. The pauses between the attempts add up to some seconds.
const (
	undatedAfter = 1 // then its date is not asked for: the library cannot read a malformed one
	giveUpAfter  = 4 // then it is passed on without its bytes
)

// trouble remembers, over the sessions, which messages could not be fetched, so that one bad message is found, tried in
// other ways and in the end passed over aloud instead of holding up all later ones for ever.
type trouble struct {
	validity uint32
	until    imap.UID // messages up to here are fetched one by one
	uid      imap.UID // the message that failed alone
	failed   int      // how often
	large    bool     // it is larger than announced and than the limit
	err      error    // the last reason
}

// blame records that a command for the messages first..last failed; theirs means that the failure was about them.
func (t *trouble) blame(validity uint32, first, last imap.UID, theirs bool, err error) {
	t.enter(validity)
	t.until = max(t.until, last)
	if first != last || !theirs {
		return
	}
	if t.uid != first {
		t.uid, t.failed, t.large = first, 0, false
	}
	if errors.Is(err, errOversize) && !t.large {
		t.large = true // the next attempt asks for less, so this one does not count
		return
	}
	t.failed, t.err = t.failed+1, err
}

// enter forgets everything when the messages have new numbers.
func (t *trouble) enter(validity uint32) {
	if t.validity != validity {
		*t = trouble{validity: validity}
	}
}

// near reports whether a message has to be fetched alone.
func (t *trouble) near(uid imap.UID) bool { return uid <= t.until }

// undated reports whether to leave the date out.
func (t *trouble) undated(uid imap.UID) bool { return t.uid == uid && t.failed >= undatedAfter }

// oversize reports whether only the header can be had.
func (t *trouble) oversize(uid imap.UID) bool { return t.uid == uid && t.large }

// verdict returns why a message is given up, or nil.
func (t *trouble) verdict(uid imap.UID) error {
	if t.uid != uid || t.failed < giveUpAfter {
		return nil
	}
	return fmt.Errorf("given up after %d attempts: %w", t.failed, t.err)
}

// passed forgets the trouble behind the last handled message.
func (t *trouble) passed(uid imap.UID) {
	if t.uid != 0 && t.uid <= uid {
		t.uid, t.failed, t.large, t.err = 0, 0, false, nil
	}
	if t.until <= uid {
		t.until = 0
	}
}
