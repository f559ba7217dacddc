package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// headerBytes is what is fetched of a message that is too large.
const headerBytes = 256 << 10

var (
	errOversize = errors.New("a message is larger than the server announced and than the limit")
	errNotGiven = errors.New("the server lists the message and does not give it")
)

// request says what to fetch of each message of a set.
type request struct {
	expect int64 // octets of all messages together
	limit  int64 // octets of one message
	header bool  // the header only, cut at headerBytes
	dates  bool  // INTERNALDATE as well
}

// section is the FETCH item for the message's bytes; it sets no \Seen flag.
func (r request) section() *imap.FetchItemBodySection {
	if r.header {
		return &imap.FetchItemBodySection{
			Peek: true, Specifier: imap.PartSpecifierHeader, Partial: &imap.SectionPartial{Size: headerBytes},
		}
	}
	return &imap.FetchItemBodySection{Peek: true}
}

// fetch gets messages by UID or by sequence number. A message of which no bytes come is left out of the result.
func (s *session) fetch(ctx context.Context, set imap.NumSet, want request) (map[imap.UID]Fetched, error) {
	got := make(map[imap.UID]Fetched)
	what := fmt.Sprintf("fetching %v", set)
	err := s.do(ctx, what, want.expect, func() error {
		cmd := s.imap.Fetch(set, &imap.FetchOptions{
			UID: true, InternalDate: want.dates, BodySection: []*imap.FetchItemBodySection{want.section()},
		})
		var err error
		for msg := cmd.Next(); msg != nil && err == nil; msg = cmd.Next() {
			var f Fetched
			var given bool
			f, given, err = s.readMessage(msg, want)
			if given && f.UID != 0 {
				got[imap.UID(f.UID)] = f
			}
		}
		// Close in any case: the library's reader waits until everything is taken.
		if closed := cmd.Close(); err == nil {
			err = closed
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return got, nil
}

// readMessage reads one FETCH response; given means that the bytes asked for came.
func (s *session) readMessage(msg *imapclient.FetchMessageData, want request) (f Fetched, given bool, err error) {
	f = Fetched{UIDValidity: s.validity, TooLarge: want.header}
	section := want.section()
	for item := msg.Next(); item != nil; item = msg.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			f.UID = uint32(item.UID)
		case imapclient.FetchItemDataInternalDate:
			f.Arrived = item.Time
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil || !item.MatchCommand(section) {
				continue
			}
			if f.Raw, err = io.ReadAll(item.Literal); err != nil {
				return f, false, err
			}
			f.Size = int64(len(f.Raw))
			given = true
		}
	}
	if f.Size > want.limit && !want.header {
		f.Raw, f.TooLarge = headerOf(f.Raw), true
	}
	return f, given, nil
}

// ownFault reports whether the failure of a command says something about the messages it asked for: the server answered
// and the answer was no, or not readable. A connection that broke or fell silent says nothing about them.
func (s *session) ownFault(err error) bool {
	var answer *imap.Error
	if errors.As(err, &answer) {
		switch answer.Code {
		case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit:
			return false
		}
		return true
	}
	cause := s.wire.failure()
	switch {
	case errors.Is(err, errNotGiven), errors.Is(cause, errOversize):
		return true
	}
	return cause == errHungUp || cause == errTooMuch || cause == errLongLine
}
