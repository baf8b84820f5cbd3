package app

import (
	"context"

	"cinema/internal/httpapi"
	"cinema/internal/telemetry"
)

// openProbe makes what measures the others, and traces when the configuration names a collector.
func (p *product) openProbe(ctx context.Context) (err error) {
	p.tracer, err = telemetry.NewTracer(ctx, telemetry.TracerOptions{Endpoint: p.cfg.OTLPEndpoint, Version: p.version, Log: p.log})
	if err != nil {
		return err
	}
	p.probe = telemetry.NewProbe(p.clock, p.tracer)
	return nil
}

// closeProbe delivers the last traces.
func (p *product) closeProbe() {
	//nolint:forbidigo // the process ends: no caller's context is left, and the delivery has a bound of its own
	if err := p.tracer.Close(context.Background()); err != nil {
		p.log.Warn("the last traces were not delivered", "error", err.Error())
	}
}

// observe hands what the edge tells of a request on to the probe.
func (p *product) observe(ctx context.Context, o httpapi.Observation) {
	p.probe.Request(ctx, telemetry.Request{Method: o.Method, Route: o.Route, Status: o.Status, Took: o.Took})
}
