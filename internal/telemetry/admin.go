package telemetry

import (
	"net/http"
	"net/http/pprof"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Gauge is a figure that is read when somebody looks. Labels, when there are any, tell it from others of its name.
type Gauge struct {
	Name, Help string
	Labels     map[string]string
	Read       func() float64
}

// Handler serves /metrics and pprof for the private listener: the probe's own figures and those given. It is called once. Further
// routes may be added to the mux.
func (p *Probe) Handler(gauges, counters []Gauge) *http.ServeMux {
	for _, g := range gauges {
		p.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: g.Name, Help: g.Help, ConstLabels: g.Labels}, g.Read))
	}
	for _, c := range counters {
		p.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: c.Name, Help: c.Help, ConstLabels: c.Labels}, c.Read))
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(p.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
