package httpapi

import (
	"context"

	"cinema/internal/audit"
	"cinema/internal/ident"
)

// act records what the caller does, with who he is, from where and under which request.
func (s *Server) act(ctx context.Context, a audit.Action) error {
	k := callOf(ctx)
	if k.principal != nil && a.Actor == "" {
		a.Actor = k.principal.User.ID
	}
	a.From, a.Request = k.address, ident.Request(k.id)
	return s.actions.Record(ctx, a)
}
