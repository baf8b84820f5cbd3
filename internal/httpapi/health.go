package httpapi

import (
	"context"
	"net/http"
	"time"

	"cinema/internal/fault"
)

// pingTime bounds a health check: a part that answers later is as good as down.
const pingTime = 2 * time.Second

type healthView struct {
	OK      bool       `json:"ok"`
	Env     string     `json:"env"`
	Port    string     `json:"port"`
	MongoOK bool       `json:"mongo_ok" doc:"The store answers, whichever it is."`
	RedisOK bool       `json:"redis_ok" doc:"The hold engine answers, whichever it is."`
	Engine  engineView `json:"engine"`
	Version string     `json:"version"`
}

type engineView struct {
	Holds string `json:"holds" enum:"memory,redis"`
	Store string `json:"store" enum:"sqlite,mongo"`
}

type aliveView struct {
	OK bool `json:"ok"`
}

type configView struct {
	OK            bool        `json:"ok"`
	Env           string      `json:"env"`
	Version       string      `json:"version"`
	SignIn        signInView  `json:"sign_in"`
	Session       bool        `json:"session" doc:"The caller has a live session, so that /api/me has an answer."`
	GuestCheckout bool        `json:"guest_checkout"`
	Demo          bool        `json:"demo"`
	Payment       paymentInfo `json:"payment"`
}

type signInView struct {
	Google    bool   `json:"google"`
	Dev       bool   `json:"dev"`
	GoogleURL string `json:"google_url" doc:"Where a browser goes to sign in; it takes return_to."`
}

type paymentInfo struct {
	Provider   string `json:"provider"`
	TestTokens bool   `json:"test_tokens"`
}

// reply is an answer with a JSON body and nothing else.
type reply[T any] struct{ Body T }

func (s *Server) registerHealth() {
	const free = "orchestrators and front doors ask all the time, from one address"
	add(s, route{method: http.MethodGet, path: "/health", id: "health", tag: "Health", free: free, summary: "State of the service and its parts"}, s.health)
	add(s, route{method: http.MethodGet, path: "/livez", id: "livez", tag: "Health", free: free, summary: "The process runs"}, s.livez)
	add(s, route{method: http.MethodGet, path: "/readyz", id: "readyz", tag: "Health", free: free, summary: "The process can serve"}, s.readyz)
	add(s, route{
		method: http.MethodGet, path: "/api/config", id: "config", tag: "Session", charge: reads,
		summary: "What this installation offers",
	}, s.config)
}

func (s *Server) health(ctx context.Context, _ *struct{}) (*reply[healthView], error) {
	v := healthView{
		Env: s.settings.Env, Port: s.settings.Port, Version: s.settings.Version,
		MongoOK: answers(ctx, s.store), RedisOK: answers(ctx, s.holds),
		Engine: engineView{Holds: s.settings.HoldEngine, Store: s.settings.StoreEngine},
	}
	v.OK = v.MongoOK && v.RedisOK
	return &reply[healthView]{v}, nil
}

func (s *Server) livez(context.Context, *struct{}) (*reply[aliveView], error) {
	return &reply[aliveView]{aliveView{OK: true}}, nil
}

func (s *Server) readyz(ctx context.Context, _ *struct{}) (*reply[aliveView], error) {
	if s.streams.closing() {
		return nil, fault.New(fault.Unavailable, "store_unavailable", "The service is shutting down.")
	}
	if !answers(ctx, s.store) {
		return nil, fault.New(fault.Unavailable, "store_unavailable", "The store does not answer.")
	}
	if !answers(ctx, s.holds) {
		return nil, fault.New(fault.Unavailable, "hold_store_unavailable", "The hold engine does not answer.")
	}
	return s.livez(ctx, nil)
}

func (s *Server) config(ctx context.Context, _ *struct{}) (*reply[configView], error) {
	return &reply[configView]{configView{
		OK: true, Env: s.settings.Env, Version: s.settings.Version,
		SignIn:        signInView{Google: s.settings.Google, Dev: s.settings.Development, GoogleURL: loginPath},
		Session:       callOf(ctx).principal != nil,
		GuestCheckout: s.settings.GuestCheckout, Demo: s.settings.Demo,
		Payment: paymentInfo{Provider: s.settings.Provider, TestTokens: s.settings.TestTokens},
	}}, nil
}

func answers(ctx context.Context, p Ping) bool {
	if p == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, pingTime)
	defer cancel()
	return p(ctx) == nil
}
