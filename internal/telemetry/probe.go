package telemetry

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/hold"
)

// Results of a call, as the label "result" tells them.
const (
	resultOK        = "ok"
	resultRefused   = "refused"   // an answer of the business: a conflict, a thing that does not exist
	resultCancelled = "cancelled" // whoever asked has gone, or its time was over
	resultFailed    = "failed"    // the part did not do its work
)

var results = []string{resultOK, resultRefused, resultCancelled, resultFailed}

// Probe is what the edge, the hold engine's wrapper and the store's wrapper report to: how long a call took and how it ended, and a span
// for it when tracing is on.
type Probe struct {
	clock    clock.Clock
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	holds    *prometheus.HistogramVec
	store    *prometheus.HistogramVec
	tracer   *Tracer
}

// NewProbe makes a probe. Without a tracer there are no spans.
func NewProbe(c clock.Clock, t *Tracer) *Probe {
	p := &Probe{
		clock: c, tracer: t, registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cinema_http_request_duration_seconds", Help: "Requests by route, seat streams excepted.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20},
		}, []string{"method", "route", "status"}),
		holds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cinema_hold_call_duration_seconds", Help: "Calls of the hold engine.", Buckets: callBuckets(),
		}, []string{"call", "result"}),
		store: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cinema_store_call_duration_seconds", Help: "Calls of the durable store.", Buckets: callBuckets(),
		}, []string{"call", "result"}),
	}
	p.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		p.requests, p.holds, p.store)
	return p
}

// callBuckets reach from a memory engine's microseconds to the longest wait for a remote one.
func callBuckets() []float64 {
	return []float64{.00001, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}
}

// call is one kind of call with its histograms, looked up once.
type call struct {
	probe *Probe
	span  string
	seen  map[string]prometheus.Observer // by result; never written after its making
}

func (p *Probe) call(part, name string, vec *prometheus.HistogramVec) *call {
	c := &call{probe: p, span: part + "." + name, seen: make(map[string]prometheus.Observer, len(results))}
	for _, r := range results {
		c.seen[r] = vec.WithLabelValues(name, r)
	}
	return c
}

// timing is a call under way.
type timing struct {
	call  *call
	began int64
	span  trace.Span // nil: not traced
}

// begin starts the measure of a call; the context carries its span on to what is below. Only calls on behalf of a traced request
// have spans: workers would drown them.
func (c *call) begin(ctx context.Context) (context.Context, timing) {
	t := timing{call: c, began: c.probe.clock.Now().UnixNano()}
	if c.probe.tracer == nil || !trace.SpanFromContext(ctx).IsRecording() {
		return ctx, t
	}
	ctx, t.span = c.probe.tracer.tracer.Start(ctx, c.span, trace.WithSpanKind(trace.SpanKindClient))
	return ctx, t
}

// end notes how the call went.
func (t timing) end(err error) {
	result := resultOf(err)
	t.call.seen[result].Observe(float64(t.call.probe.clock.Now().UnixNano()-t.began) / 1e9)
	if t.span == nil {
		return
	}
	if result == resultFailed {
		t.span.SetStatus(codes.Error, "")
	}
	t.span.SetAttributes(resultKey.String(result))
	t.span.End()
}

// resultOf sorts an error. Refusals are answers: they must not ring an alarm.
func resultOf(err error) string {
	if err == nil {
		return resultOK
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return resultCancelled
	}
	if errors.Is(err, hold.ErrUnavailable) {
		return resultFailed
	}
	if refusedByEngine(err) {
		return resultRefused
	}
	if f, ok := errors.AsType[*fault.Fault](err); ok && f.Kind != fault.Internal && f.Kind != fault.Unavailable {
		return resultRefused
	}
	return resultFailed
}

func refusedByEngine(err error) bool {
	for _, known := range []error{hold.ErrUninit, hold.ErrAgain, hold.ErrBadIdent, hold.ErrGap, hold.ErrClosed} {
		if errors.Is(err, known) {
			return true
		}
	}
	_, conflict := errors.AsType[*hold.ConflictError](err)
	_, seats := errors.AsType[*hold.SeatLimitError](err)
	_, limit := errors.AsType[*hold.HoldLimitError](err)
	_, refused := errors.AsType[*hold.RefusedError](err)
	return conflict || seats || limit || refused
}
