package mailbox_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"patchbot/internal/mailbox"
	"patchbot/internal/mailbox/loopback"
)

// BenchmarkCatchUp reads a mailbox of 2,000 messages of 12 kB and prints messages a second and how many times longer it
// takes than the bare library with one FETCH for everything, which checks and bounds nothing.
func BenchmarkCatchUp(b *testing.B) {
	s, err := loopback.Start(b.Context(), loopback.Options{User: "bot", Password: "right"})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Stop()
	const messages = 2000
	raw := []byte("Subject: x\r\n\r\n" + strings.Repeat("0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab\r\n", 200))
	for range messages {
		if err := s.Append(raw); err != nil {
			b.Fatal(err)
		}
	}
	var bare time.Duration
	for b.Loop() {
		b.StopTimer()
		begin := time.Now()
		if n := fetchBare(b, s.IMAPAddr()); n != messages {
			b.Fatalf("%d messages", n)
		}
		bare += time.Since(begin)
		b.StartTimer()

		m, err := mailbox.NewIMAP(mailbox.IMAPOptions{Addr: s.IMAPAddr(), Security: mailbox.SecurityPlain, User: "bot", Password: secret("right")})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		n := 0
		err = m.Run(ctx, func(context.Context) (mailbox.Cursor, error) { return mailbox.Cursor{}, nil },
			func(_ context.Context, f mailbox.Fetched) error {
				if n++; n == messages {
					cancel()
				}
				return nil
			})
		if !errors.Is(err, context.Canceled) {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(messages*b.N)/b.Elapsed().Seconds(), "msg/s")
	b.ReportMetric(b.Elapsed().Seconds()/bare.Seconds(), "x-bare-library")
}

// fetchBare is the library alone.
func fetchBare(b *testing.B, addr string) int {
	c, err := imapclient.DialInsecure(addr, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("bot", "right").Wait(); err != nil {
		b.Fatal(err)
	}
	if _, err := c.Select(loopback.Inbox, nil).Wait(); err != nil {
		b.Fatal(err)
	}
	cmd := c.Fetch(imap.UIDSet{{Start: 1}}, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	n := 0
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		for item := msg.Next(); item != nil; item = msg.Next() {
			if body, ok := item.(imapclient.FetchItemDataBodySection); ok {
				if _, err := io.ReadAll(body.Literal); err != nil {
					b.Fatal(err)
				}
			}
		}
		n++
	}
	if err := cmd.Close(); err != nil {
		b.Fatal(err)
	}
	return n
}
