package mailbox

import (
	"context"
	"errors"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// wait returns when it is worth looking for new messages: the server announced something, or so much time has passed that
// an announcement may have been lost. Servers do lose some, and a path that died silently announces nothing.
func (s *session) wait(ctx context.Context) error {
	select {
	case <-s.news: // it came during the last look
		return nil
	default:
	}
	if !s.idle {
		return s.poll(ctx)
	}
	var idle *imapclient.IdleCommand
	err := s.do(ctx, "IDLE", 0, func() (err error) {
		idle, err = s.imap.Idle()
		return err
	})
	var answer *imap.Error
	if errors.As(err, &answer) && s.wire.failure() == nil {
		s.o.Log.WarnContext(ctx, "the imap server offers IDLE and refuses it; polling instead", "error", err)
		s.idle = false
		return s.poll(ctx)
	}
	if err != nil {
		return err
	}
	woken := s.pause(ctx, s.o.IdleReissue)
	err = s.do(ctx, "DONE", 0, func() error {
		if err := idle.Close(); err != nil {
			return err
		}
		return idle.Wait()
	})
	if err != nil || woken {
		return err
	}
	return s.noop(ctx)
}

// poll is wait without IDLE.
func (s *session) poll(ctx context.Context) error {
	s.pause(ctx, s.o.PollInterval)
	return s.noop(ctx)
}

// noop makes the server bring its view of the mailbox up to date.
func (s *session) noop(ctx context.Context) error {
	return s.do(ctx, "NOOP", 0, func() error { return s.imap.Noop().Wait() })
}

// pause lasts for d, until ctx ends, until the connection breaks, or until news comes, which it reports.
func (s *session) pause(ctx context.Context, d time.Duration) (news bool) {
	s.watch.due(time.Now().Add(d + s.o.CommandTimeout))
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-s.news:
		return true
	case <-t.C:
	case <-ctx.Done():
	case <-s.imap.Closed():
	}
	return false
}
