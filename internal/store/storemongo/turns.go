package storemongo

import (
	"context"
	"hash/maphash"
)

// turn is what waits in a queue of one.
type turn struct{}

// stripes bounds the turns: keys that share a stripe wait for each other, which is rare and harmless.
const stripes = 1024

// turns lets one act at a time run for a key within this process.
type turns struct {
	seed  maphash.Seed
	gates []chan turn
}

func newTurns() turns {
	t := turns{seed: maphash.MakeSeed(), gates: make([]chan turn, stripes)}
	for i := range t.gates {
		t.gates[i] = make(chan turn, 1)
	}
	return t
}

// take waits for the key's turn; give ends it.
func (t *turns) take(ctx context.Context, key string) (give func(), err error) {
	return takeTurn(ctx, t.gates[maphash.String(t.seed, key)%stripes])
}

func takeTurn(ctx context.Context, gate chan turn) (give func(), err error) {
	select {
	case gate <- turn{}:
		return func() { <-gate }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
