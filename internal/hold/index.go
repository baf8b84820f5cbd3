package hold

import (
	"context"

	"cinema/internal/ident"
)

// Index is what an engine that many processes share offers beside the port: which showtimes have holds, whoever made them, so that any
// process can sweep and compare them.
type Index interface {
	// Active lists the showtimes that may have holds, of all processes.
	Active(ctx context.Context) ([]ident.Showtime, error)
	// Retire takes a showtime without holds off the list, unless somebody made a hold since.
	Retire(ctx context.Context, showtime ident.Showtime) error
	// Recovered has a token when the engine is back after it was away: what it knew may be gone or old.
	Recovered() <-chan struct{}
}

// index is the engine's list of all processes, nil when the engine is this process's own.
func (k *Keeper) index() Index {
	i, _ := k.engine.(Index)
	return i
}

// recovered has a token when a shared engine is back; for others it never has.
func (k *Keeper) recovered() <-chan struct{} {
	if i := k.index(); i != nil {
		return i.Recovered()
	}
	return nil
}

// everywhere lists the showtimes that may have holds: those of this process and, of a shared engine, of all processes.
func (k *Keeper) everywhere(ctx context.Context) ([]ident.Showtime, error) {
	own := k.active.all()
	i := k.index()
	if i == nil {
		return own, nil
	}
	shared, err := i.Active(ctx)
	return append(own, shared...), err
}
