package mailbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"
)

// Find reports whether the mailbox holds a message with one of the given header fields, each a name and a text that the
// field's value contains (SEARCH HEADER, RFC 9051, section 6.4.4). The fields are tried in order until one is found.
//
// It answers "did this reply arrive?" after a crash, on a connection of its own, while [IMAP.Run] goes on.
func (m *IMAP) Find(ctx context.Context, headers ...[2]string) (bool, error) {
	for _, h := range headers {
		if h[0] == "" || h[1] == "" { // an empty text is found in every message
			return false, fmt.Errorf("imap: search for the header field %q: no text to search for", h[0])
		}
	}
	found := false
	err := m.visit(ctx, func(s *session) error {
		for _, h := range headers {
			n, err := s.count(ctx, h[0], h[1])
			if err != nil {
				return err
			}
			if found = n > 0; found {
				return nil
			}
		}
		return nil
	})
	return found, err
}

// Check logs in, selects the mailbox and leaves: nil means that [IMAP.Run] would work now.
func (m *IMAP) Check(ctx context.Context) error {
	return m.visit(ctx, func(*session) error { return nil })
}

// Append puts a message into a folder of the account, marked as seen, as mail programs do with what they sent (APPEND, RFC
// 9051, section 6.3.12). The folder must exist. The watched mailbox is not touched, unless folder names it.
func (m *IMAP) Append(ctx context.Context, folder string, raw []byte) error {
	return m.visit(ctx, func(s *session) error {
		return s.do(ctx, "APPEND to "+folder, int64(len(raw)), func() error {
			cmd := s.imap.Append(folder, int64(len(raw)), &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen}})
			_, err := cmd.Write(raw)
			err = errors.Join(err, cmd.Close())
			_, answer := cmd.Wait()
			return errors.Join(err, answer)
		})
	})
}

// visit runs f in a short session of its own.
func (m *IMAP) visit(ctx context.Context, f func(*session) error) error {
	s, err := m.open(ctx, nil)
	if err != nil {
		return fmt.Errorf("imap: %w", err)
	}
	if err = f(s); err == nil {
		s.logout(ctx)
	}
	if err = errors.Join(err, s.close()); err != nil {
		return fmt.Errorf("imap: %w", err)
	}
	return nil
}

// count returns how many messages have text in a header field.
func (s *session) count(ctx context.Context, name, text string) (n int, err error) {
	err = s.do(ctx, "searching", int64(s.exists.Load())*8, func() error {
		data, err := s.imap.UIDSearch(&imap.SearchCriteria{
			Header: []imap.SearchCriteriaHeaderField{{Key: name, Value: text}},
		}, nil).Wait()
		if err != nil {
			return err
		}
		if data.All != nil {
			// Ranges are counted as one: a server's set is never expanded.
			uids, _ := data.All.(imap.UIDSet)
			n = len(uids)
		}
		return nil
	})
	return n, err
}
