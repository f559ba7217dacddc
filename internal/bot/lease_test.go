package bot

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"patchbot/internal/store"
)

// Work on a claim goes on for as long as the claim is renewed, also a little beyond the end of its context; it ends when the
// claim is another's, or nobody can say whose it is.
func TestWhileHeld(t *testing.T) {
	broken := errors.New("the database does not answer")
	for _, tt := range []struct {
		name    string
		renewal func(at time.Duration) error // what renewing gives
		want    error
		ends    time.Duration // when the work is told to end; it wants ten minutes
	}{
		{"renewed", func(time.Duration) error { return nil }, nil, 10 * time.Minute},
		{"another has it", func(at time.Duration) error {
			if at > 2*time.Minute {
				return store.ErrFenced
			}
			return nil
		}, errClaimLost, 2*time.Minute + renewEvery},
		{"one renewal fails", func(at time.Duration) error {
			if at == 2*time.Minute {
				return broken
			}
			return nil
		}, nil, 10 * time.Minute},
		{"no renewal is possible", func(at time.Duration) error {
			if at > 2*time.Minute {
				return broken
			}
			return nil
		}, errClaimLost, 2*time.Minute + lease},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				renewals := 0
				err := new(Bot).whileHeld(t.Context(),
					func(context.Context) error { renewals++; return tt.renewal(time.Since(begin)) },
					func(ctx context.Context) error {
						select {
						case <-ctx.Done():
						case <-time.After(10 * time.Minute):
						}
						return ctx.Err()
					})
				if !errors.Is(err, tt.want) || tt.want == nil && err != nil {
					t.Errorf("error %v, want %v", err, tt.want)
				}
				if took := time.Since(begin); took > tt.ends || took < tt.ends-2*renewEvery {
					t.Errorf("the work ended after %s, want %s", took, tt.ends)
				}
				if renewals < int(time.Since(begin)/lease) {
					t.Errorf("%d renewals", renewals)
				}
			})
		})
	}
}

// What outlives its context does so for the farewell, and not at all when the claim is lost.
func TestOutlive(t *testing.T) {
	for cause, want := range map[error]time.Duration{context.Canceled: farewell, errClaimLost: 0} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			longer, done := outlive(ctx)
			defer done()
			begin := time.Now()
			cancel(cause)
			<-longer.Done()
			if took := time.Since(begin); took != want {
				t.Errorf("%v: ended after %s, want %s", cause, took, want)
			}
		})
	}
}

// Nobody waits longer than a minute for the work of a daemon that died.
func TestTakenOverInAMinute(t *testing.T) {
	if lease >= time.Minute || recoverEvery+pause >= time.Minute || 2*renewEvery >= lease {
		t.Error("the times do not fit")
	}
}
