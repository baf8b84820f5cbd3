package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"cinema/internal/config"
	"cinema/internal/lifecycle"
)

// listen opens both listeners, so that a taken port stops the start before anything else happens.
func (p *product) listen(ctx context.Context) (main, admin net.Listener, err error) {
	var lc net.ListenConfig
	main, err = lc.Listen(ctx, "tcp", net.JoinHostPort(p.cfg.Addr, strconv.Itoa(p.cfg.Port)))
	if err != nil {
		return nil, nil, fmt.Errorf("PORT %d cannot be opened (set PORT to another one): %w", p.cfg.Port, err)
	}
	admin, err = p.listenAdmin(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, main.Close())
	}
	return main, admin, nil
}

// listenAdmin opens the private listener; nil when it is off, or taken in development.
func (p *product) listenAdmin(ctx context.Context) (net.Listener, error) {
	if p.cfg.AdminAddr == "off" {
		return nil, nil //nolint:nilnil // no listener is what was asked for
	}
	var lc net.ListenConfig
	admin, err := lc.Listen(ctx, "tcp", p.cfg.AdminAddr)
	switch {
	case err == nil:
		return admin, nil
	case p.cfg.Development():
		p.log.Warn("no metrics: ADMIN_ADDR cannot be opened", "addr", p.cfg.AdminAddr, "error", err.Error())
		return nil, nil //nolint:nilnil // development goes on without metrics
	default:
		return nil, fmt.Errorf("ADMIN_ADDR %s cannot be opened: %w", p.cfg.AdminAddr, err)
	}
}

func portOf(l net.Listener) int {
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		return a.Port
	}
	return 0
}

func closeIf(l net.Listener) error {
	if l == nil {
		return nil
	}
	return l.Close()
}

func addressOf(l net.Listener) string {
	if l == nil {
		return ""
	}
	return l.Addr().String()
}

// urlOf is what a person opens.
func urlOf(cfg *config.Config, l net.Listener) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return ""
	}
	if cfg.Addr == "" || cfg.Addr == "127.0.0.1" {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// edgePart serves the product. When told to stop, readiness goes off, sockets are sent away spread over some seconds, and requests in flight are finished.
func (p *product) edgePart(l net.Listener) lifecycle.Part {
	return lifecycle.Part{Name: "http", Run: func(ctx context.Context) error {
		server := p.edge.HTTPServer()
		server.Handler = p.probe.Trace(server.Handler)
		return serveUntil(ctx, server, l, func() {
			p.edge.Close()
			p.hub.Drain(func() time.Duration { return time.Duration(500+rand.IntN(4500)) * time.Millisecond })
		})
	}}
}

// adminPart serves metrics and pprof on the private listener; in development it can also empty the hold engine, for tests of the loss.
func (p *product) adminPart(l net.Listener) lifecycle.Part {
	return lifecycle.Part{Name: "admin", Run: func(ctx context.Context) error {
		if l == nil {
			<-ctx.Done()
			return nil
		}
		mux := p.probe.Handler(p.gauges(), p.counters())
		if p.lose != nil && p.cfg.Development() {
			mux.HandleFunc("POST /debug/holds/lose", func(w http.ResponseWriter, r *http.Request) {
				p.lose()
				p.log.WarnContext(r.Context(), "the hold engine was emptied on request")
				w.WriteHeader(http.StatusNoContent)
			})
		}
		return serveUntil(ctx, adminServer(mux), l, func() {})
	}}
}

// serveUntil serves until the context ends; before is run first then, and in-flight requests get the grace to finish.
func serveUntil(ctx context.Context, server *http.Server, l net.Listener, before func()) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	before()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := server.Shutdown(end)
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		return served
	}
	return err
}
