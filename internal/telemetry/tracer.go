package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	// flushTime bounds the last delivery when the process ends: traces are worth less than a prompt end.
	flushTime = 3 * time.Second
	// exportTime bounds one delivery; spans that find the queue full are dropped.
	exportTime = 5 * time.Second
)

// Tracer sends spans to a collector over OTLP/HTTP.
type Tracer struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// TracerOptions say where spans go.
type TracerOptions struct {
	Endpoint string // base address of the collector, e.g. http://localhost:4318; empty: no tracing
	Version  string // of the product
	Log      *slog.Logger
}

// NewTracer makes a tracer, or none when there is no endpoint. A collector that does not answer costs spans, never a request: it is
// logged and nothing waits for it. The sampler is that of OTEL_TRACES_SAMPLER, by default every request.
func NewTracer(ctx context.Context, o TracerOptions) (*Tracer, error) {
	if o.Endpoint == "" {
		return nil, nil //nolint:nilnil // no endpoint, no tracer, and no fault
	}
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("OTEL_EXPORTER_OTLP_ENDPOINT must be an address such as http://localhost:4318")
	}
	exporter, err := otlptracehttp.New(ctx,
		otlptracehttp.WithEndpointURL(strings.TrimRight(o.Endpoint, "/")+"/v1/traces"), otlptracehttp.WithTimeout(exportTime))
	if err != nil {
		return nil, fmt.Errorf("trace exporter: %w", err)
	}
	about, err := resource.Merge(
		resource.NewSchemaless(attribute.String("service.name", "cinema"), attribute.String("service.version", o.Version)), resource.Environment())
	if err != nil {
		return nil, fmt.Errorf("trace resource: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		o.Log.Warn("traces were not delivered", "error", err.Error())
	}))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter, sdktrace.WithExportTimeout(exportTime)), sdktrace.WithResource(about))
	return &Tracer{provider: provider, tracer: provider.Tracer("cinema")}, nil
}

// Close delivers what is left. Safe on no tracer.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("last traces: %w", err)
	}
	return nil
}
