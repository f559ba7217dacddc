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

// Serve answers on a listener until the context ends, see the function Serve.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	return Serve(ctx, l, s.handler, s.o.Log)
}

// Serve lets a handler of this package answer on a listener, of TCP or of a unix socket, until the context ends; then it lets
// the requests under way finish for at most some seconds. It closes the listener. The error is nil when the context ended it.
func Serve(ctx context.Context, l net.Listener, handler http.Handler, log *slog.Logger) error {
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      requestTime + 30*time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
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
		log.Info("web requests were cut off", "error", late)
		return srv.Close()
	}
	return nil
}
