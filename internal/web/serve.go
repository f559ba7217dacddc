package web

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// goodbye is how long requests under way may take when the server stops.
const goodbye = 5 * time.Second

// Serve answers on a listener, of TCP or of a unix socket, until the context ends; then it lets the requests under way
// finish for at most some seconds. It closes the listener. The error is nil when the context ended it.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      requestTime + 30*time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.o.Log.Handler(), slog.LevelDebug),
	}
	stop, cancel := context.WithCancel(ctx)
	defer cancel()
	stopped := make(chan error, 1)
	go func() {
		<-stop.Done()
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
		defer cancel()
		stopped <- srv.Shutdown(limit)
	}()
	err := srv.Serve(l)
	ended := ctx.Err() != nil
	cancel()
	late := <-stopped
	if !ended {
		return fmt.Errorf("serve web pages: %w", err)
	}
	if late != nil {
		s.o.Log.Info("web requests were cut off", "error", late)
		return srv.Close()
	}
	return nil
}
