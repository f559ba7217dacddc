package web

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"patchbot/internal/store"
)

// MetricsOptions says what is measured. Only Store is needed.
type MetricsOptions struct {
	Store   *store.DB
	Version string
	// Mailbox says whether the mailbox is connected, and when it last answered.
	Mailbox func() (connected bool, answered time.Time)
	// Loops are the goroutines of the bot and when each last moved.
	Loops func() map[string]time.Time
	// Ready says why the bot cannot do its work at present, nil when it can.
	Ready func() error
	Now   func() time.Time
	Log   *slog.Logger
}

// Metrics answers at /metrics for Prometheus, and at /healthz and /readyz for those who watch the service. It is for a
// listener of its own, which only this machine reaches: the pages are for everybody.
type Metrics struct {
	o       MetricsOptions
	handler http.Handler
}

// NewMetrics makes the handler. Nothing is read before a request comes.
func NewMetrics(o MetricsOptions) *Metrics {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(&collector{o}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelError), ErrorHandling: promhttp.HTTPErrorOnError, MaxRequestsInFlight: 2, Timeout: requestTime,
	}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if o.Ready != nil {
			if err := o.Ready(); err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
				return
			}
		}
		fmt.Fprintln(w, "ok")
	})
	return &Metrics{o: o, handler: mux}
}

// Handler answers all requests.
func (m *Metrics) Handler() http.Handler { return m.handler }

// Serve answers on a listener until the context ends, as the function Serve does.
func (m *Metrics) Serve(ctx context.Context, l net.Listener) error {
	return Serve(ctx, l, m.handler, m.o.Log)
}

// collector reads the store anew at each scrape: what is shown is what is, also after a restart.
type collector struct{ o MetricsOptions }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("patchbot_"+name, help, labels, nil)
}

// descriptions are the metrics. Ages are in seconds at the time of the scrape.
func descriptions() map[string]*prometheus.Desc {
	all := map[string]*prometheus.Desc{}
	for _, d := range []struct {
		name, help string
		labels     []string
	}{
		{"build_info", "Always 1; the labels say what is running.", []string{"version", "goversion"}},
		{"mails", "Recorded mails by kind.", []string{"kind"}},
		{"series", "Versions of series by state.", []string{"state"}},
		{"outbox", "Mails of the bot by state.", []string{"state"}},
		{"errors", "Series versions and replies whose last attempt failed, at most 200.", nil},
		{"last_mail_age_seconds", "Seconds since the last mail was recorded.", nil},
		{"oldest_due_seconds", "Seconds by which the oldest work that is due is late; 0 when nothing is late.", nil},
		{"imap_connected", "1 while the mailbox is connected.", nil},
		{"imap_idle_seconds", "Seconds since the mailbox last answered.", nil},
		{"partner_up", "1 while a server that the bot depends on is within reach.", []string{"partner"}},
		{"loop_still_seconds", "Seconds since a goroutine of the bot last did something or found nothing to do.", []string{"loop"}},
	} {
		all[d.name] = desc(d.name, d.help, d.labels...)
	}
	return all
}

// Describe names every metric.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range descriptions() {
		out <- d
	}
}

// Collect measures. A store that cannot be read fails the scrape, which an alert can see.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), requestTime)
	defer cancel()
	d := descriptions()
	gauge := func(name string, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d[name], prometheus.GaugeValue, value, labels...)
	}
	gauge("build_info", 1, c.o.Version, runtime.Version())
	status, err := c.o.Store.Status(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(d["mails"], err)
		return
	}
	health, err := c.o.Store.Health(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(d["partner_up"], err)
		return
	}
	c.counts(gauge, status)
	now := c.o.Now()
	age := func(name string, at time.Time, labels ...string) {
		if !at.IsZero() {
			gauge(name, max(now.Sub(at), 0).Seconds(), labels...)
		}
	}
	age("last_mail_age_seconds", status.LastMessage)
	gauge("oldest_due_seconds", late(status.NextDue, now))
	for _, h := range health {
		gauge("partner_up", number(h.OK), h.Name)
	}
	if c.o.Mailbox != nil {
		connected, answered := c.o.Mailbox()
		gauge("imap_connected", number(connected))
		age("imap_idle_seconds", answered)
	}
	if c.o.Loops != nil {
		for loop, at := range c.o.Loops() {
			age("loop_still_seconds", at, loop)
		}
	}
}

// counts shows a state that nothing is in as 0, so that an alert on it has something to watch.
func (c *collector) counts(gauge func(string, float64, ...string), s store.Status) {
	for _, of := range []struct {
		name  string
		have  map[string]int
		known []string
	}{
		{"mails", s.Messages, []string{"patch", "cover", "reply", "ignored"}},
		{"series", s.Series, []string{store.StateIncomplete, store.StateReady, store.StateDone, store.StateSuperseded, store.StateFailed}},
		{"outbox", s.Outbox, []string{store.StateReady, store.StateSending, store.StateSent, store.StateFailed, store.StateHeld, store.StateUnsent}},
	} {
		all := map[string]int{}
		for _, state := range of.known {
			all[state] = 0
		}
		for state, n := range of.have {
			all[state] = n
		}
		for state, n := range all {
			gauge(of.name, float64(n), state)
		}
	}
	gauge("errors", float64(len(s.Errors)))
}

// late is by how many seconds a time has passed; a time that never comes is not late.
func late(due, now time.Time) float64 {
	if due.IsZero() {
		return 0
	}
	return max(now.Sub(due), 0).Seconds()
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
