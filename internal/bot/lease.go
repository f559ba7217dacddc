package bot

import (
	"context"
	"errors"
	"time"

	"patchbot/internal/store"
)

const (
	// lease is how long a claim lasts unless it is renewed: when a daemon dies, another on the same database takes its work
	// over within this time.
	lease = 30 * time.Second
	// renewEvery is the pause between two renewals. Two may fail before the claim is lost.
	renewEvery = 10 * time.Second
	// farewell is how long a stopping daemon goes on with the reply that is on its way. Service managers allow a minute.
	farewell = 40 * time.Second
	// linksLease is for jobs that nobody waits for; it is not renewed.
	linksLease = 10 * time.Minute
)

// errClaimLost ends the work on a claim that another may have taken.
var errClaimLost = errors.New("the claim was lost")

// whileHeld works on a claim and renews it meanwhile, until work returns. When the claim is lost, or could not be renewed
// for as long as it lasts, the context of work ends, and the result is errClaimLost.
func (b *Bot) whileHeld(ctx context.Context, renew func(context.Context) error, work func(context.Context) error) error {
	held, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		renewed := time.Now()
		ticker := time.NewTicker(renewEvery)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
			}
			// The work may outlive ctx for a while, and keeps its claim so long.
			limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewEvery/2)
			err := renew(limit)
			cancel()
			switch {
			case err == nil:
				renewed = time.Now()
			case errors.Is(err, store.ErrFenced), time.Since(renewed)+renewEvery > lease:
				lose(errClaimLost)
				return
			}
		}
	}()
	err := work(held)
	close(done)
	<-ended
	if context.Cause(held) == errClaimLost {
		return errClaimLost
	}
	return err
}

// outlive is a context for what should not be broken off: it ends with ctx only after the farewell, but at once when the
// claim is lost.
func outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if context.Cause(ctx) == errClaimLost {
			cancel()
			return
		}
		time.AfterFunc(farewell, cancel)
	})
	return longer, func() {
		stop()
		cancel()
	}
}
