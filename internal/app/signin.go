package app

import (
	"cinema/internal/httpapi"
	"cinema/internal/oidc"
	"cinema/internal/telemetry"
)

var _ httpapi.SignIn = (*oidc.Provider)(nil)

// openSignIn makes the identity provider. Without credentials, or without an address to come back to, there is none.
func (p *product) openSignIn(secret string, port int) error {
	back := p.cfg.GoogleCallback(port)
	if !p.cfg.Google() || back == "" {
		return nil
	}
	var err error
	p.provider, err = oidc.New(oidc.Options{
		Issuer: p.cfg.OIDCIssuer, ClientID: p.cfg.GoogleID, Secret: p.cfg.GoogleSecret, Redirect: back,
		SealKey: secret, PreviousSealKey: p.cfg.JWTPrevious, Once: p.store, Clock: p.clock, Log: p.log,
	})
	return err
}

// signIn is the identity provider as the edge takes it: nothing rather than a provider that is nil.
func (p *product) signIn() httpapi.SignIn {
	if p.provider == nil {
		return nil
	}
	return p.provider
}

// signInCounters count sign-ins at the identity provider by how they ended.
func (p *product) signInCounters() []telemetry.Gauge {
	outcomes := map[string]func(oidc.Stats) uint64{
		"begun":       func(s oidc.Stats) uint64 { return s.Begun },
		"proved":      func(s oidc.Stats) uint64 { return s.Proved },
		"cancelled":   func(s oidc.Stats) uint64 { return s.Cancelled },
		"refused":     func(s oidc.Stats) uint64 { return s.Refused },
		"unavailable": func(s oidc.Stats) uint64 { return s.Unavailable },
	}
	all := make([]telemetry.Gauge, 0, len(outcomes))
	for name, read := range outcomes {
		all = append(all, telemetry.Gauge{
			Name: "cinema_sign_ins_total", Help: "Sign-ins at the identity provider: begun, and how they ended.",
			Labels: map[string]string{"outcome": name}, Read: func() float64 {
				if p.provider == nil {
					return 0
				}
				return float64(read(p.provider.Stats()))
			},
		})
	}
	return all
}
