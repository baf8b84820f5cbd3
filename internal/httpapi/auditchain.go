package httpapi

import (
	"context"
	"net/http"

	"cinema/internal/audit"
)

// AuditChain tells how the chain over the record is.
type AuditChain func(ctx context.Context) (audit.ChainState, error)

type auditChainView struct {
	OK         bool                 `json:"ok"`
	Sealed     int64                `json:"sealed" doc:"Entries that have a link."`
	Pending    int                  `json:"pending" doc:"Entries that wait for their link."`
	Checkpoint *auditCheckpointView `json:"checkpoint,omitempty" doc:"The newest signed end of the chain, when there is one that can be believed."`
	Verified   *auditVerifiedView   `json:"verified,omitempty" doc:"The newest verification."`
}

type auditCheckpointView struct {
	N     int64  `json:"n"`
	At    string `json:"at" format:"date-time"`
	KeyID string `json:"key_id"`
}

type auditVerifiedView struct {
	N        int64  `json:"n" doc:"Links that were looked at."`
	At       string `json:"at" format:"date-time"`
	OK       bool   `json:"ok"`
	FirstBad *int64 `json:"first_bad,omitempty" doc:"The first link that is wrong, or may be."`
	Finding  string `json:"finding,omitempty" doc:"What is wrong there."`
}

func (s *Server) registerAuditChain() {
	add(s, route{
		method: http.MethodGet, path: "/api/admin/audit/chain", id: "admin-audit-chain", tag: "Administration", access: admin, charge: reads,
		summary: "Whether the record is as it was written",
	}, s.adminAuditChain)
}

func (s *Server) adminAuditChain(ctx context.Context, _ *struct{}) (*reply[auditChainView], error) {
	state, err := s.chain(ctx)
	if err != nil {
		return nil, err
	}
	v := auditChainView{OK: true, Sealed: state.Sealed, Pending: state.Pending}
	if c := state.Checkpoint; c != nil {
		v.Checkpoint = &auditCheckpointView{N: c.N, At: stamp(c.At()), KeyID: state.Key}
	}
	if d := state.Verified; d != nil {
		v.Verified = &auditVerifiedView{N: d.N, At: stamp(d.At()), OK: d.OK}
		if d.FirstBad != nil {
			v.Verified.FirstBad, v.Verified.Finding = &d.FirstBad.N, d.FirstBad.String()
		}
	}
	return &reply[auditChainView]{v}, nil
}

// revealed adds to an entry who did it and what can still be read of who somebody is.
func (s *Server) revealed(ctx context.Context, e audit.Entry) (auditView, error) {
	v := auditOf(e)
	p, err := s.vault.Reveal(ctx, e)
	if err != nil {
		return v, err
	}
	v.Actor, v.Personal, v.From, v.Erased = string(p.Actor), p.Values, p.From, p.Erased
	if p.Actor != "" && e.User != p.Actor {
		v.Subject = string(e.User)
	}
	return v, nil
}
