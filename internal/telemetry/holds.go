package telemetry

import (
	"context"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

var (
	_ hold.Engine     = (*Holds)(nil)
	_ hold.Positioner = (*Holds)(nil)
)

// Holds is a hold engine whose calls are measured. It changes nothing else.
type Holds struct {
	engine                                                                                hold.Engine
	lock, extend, release, transfer, confirm, unbook, sweep, snapshot, hydrate, subscribe *call
}

// sharedHolds is Holds in front of an engine that many processes share: the wrapper offers the engine's list too.
type sharedHolds struct {
	*Holds
	hold.Index
}

// Holds stands in front of an engine. What the engine offers beside the port, the wrapper offers as well.
func (p *Probe) Holds(engine hold.Engine) hold.Engine {
	of := func(name string) *call { return p.call("hold", name, p.holds) }
	h := &Holds{
		engine: engine, lock: of("lock"), extend: of("extend"), release: of("release"), transfer: of("transfer"), confirm: of("confirm"),
		unbook: of("unbook"), sweep: of("sweep"), snapshot: of("snapshot"), hydrate: of("hydrate"), subscribe: of("subscribe"),
	}
	if index, ok := engine.(hold.Index); ok {
		return sharedHolds{Holds: h, Index: index}
	}
	return h
}

// Lock takes seats.
func (h *Holds) Lock(ctx context.Context, r hold.LockRequest) (hold.Answer, error) {
	ctx, t := h.lock.begin(ctx)
	a, err := h.engine.Lock(ctx, r)
	t.end(err)
	return a, err
}

// Extend prolongs a hold.
func (h *Holds) Extend(ctx context.Context, r hold.ExtendRequest) (hold.Answer, error) {
	ctx, t := h.extend.begin(ctx)
	a, err := h.engine.Extend(ctx, r)
	t.end(err)
	return a, err
}

// Release frees seats.
func (h *Holds) Release(ctx context.Context, r hold.ReleaseRequest) (hold.Answer, error) {
	ctx, t := h.release.begin(ctx)
	a, err := h.engine.Release(ctx, r)
	t.end(err)
	return a, err
}

// Transfer moves holds to another owner.
func (h *Holds) Transfer(ctx context.Context, r hold.TransferRequest) (hold.Answer, error) {
	ctx, t := h.transfer.begin(ctx)
	a, err := h.engine.Transfer(ctx, r)
	t.end(err)
	return a, err
}

// Confirm marks seats sold.
func (h *Holds) Confirm(ctx context.Context, r hold.ConfirmRequest) (hold.Answer, error) {
	ctx, t := h.confirm.begin(ctx)
	a, err := h.engine.Confirm(ctx, r)
	t.end(err)
	return a, err
}

// Unbook forgets an ended booking.
func (h *Holds) Unbook(ctx context.Context, r hold.UnbookRequest) (hold.Answer, error) {
	ctx, t := h.unbook.begin(ctx)
	a, err := h.engine.Unbook(ctx, r)
	t.end(err)
	return a, err
}

// Sweep ends due holds.
func (h *Holds) Sweep(ctx context.Context, r hold.SweepRequest) (hold.SweepAnswer, error) {
	ctx, t := h.sweep.begin(ctx)
	a, err := h.engine.Sweep(ctx, r)
	t.end(err)
	return a, err
}

// Snapshot reads the state of a showtime.
func (h *Holds) Snapshot(ctx context.Context, room hold.Room) (hold.Snapshot, error) {
	ctx, t := h.snapshot.begin(ctx)
	s, err := h.engine.Snapshot(ctx, room)
	t.end(err)
	return s, err
}

// Hydrate initialises a showtime.
func (h *Holds) Hydrate(ctx context.Context, r hold.HydrateRequest) (hold.Answer, error) {
	ctx, t := h.hydrate.begin(ctx)
	a, err := h.engine.Hydrate(ctx, r)
	t.end(err)
	return a, err
}

// Subscribe follows events. Only its beginning is measured.
func (h *Holds) Subscribe(ctx context.Context, showtime ident.Showtime, after hold.Position) (hold.Subscription, error) {
	ctx, t := h.subscribe.begin(ctx)
	s, err := h.engine.Subscribe(ctx, showtime, after)
	t.end(err)
	return s, err
}

// Position tells the present position of a showtime, where the engine can. It is not measured: it is a look into memory.
func (h *Holds) Position(showtime ident.Showtime) (hold.Position, bool) {
	if p, ok := h.engine.(hold.Positioner); ok {
		return p.Position(showtime)
	}
	return hold.Position{}, false
}
