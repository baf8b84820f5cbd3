package telemetry_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/audit"
	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/hold/holdmem"
	"cinema/internal/hold/holdtest"
	"cinema/internal/store"
	"cinema/internal/store/storesqlite"
	"cinema/internal/telemetry"
)

// metrics is the text of /metrics.
func metrics(t *testing.T, p *telemetry.Probe) string {
	t.Helper()
	rec := httptest.NewRecorder()
	p.Handler(nil, nil).ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	return rec.Body.String()
}

func TestStore_measures_every_call(t *testing.T) {
	t.Parallel()
	p := telemetry.NewProbe(clock.System{}, nil)
	backend, err := storesqlite.Open(t.Context(), storesqlite.Options{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, backend.Close()) })
	measured := p.Store(backend)

	called := 0
	port := reflect.TypeFor[store.Backend]()
	for m := range port.Methods() {
		if m.Name == "Canary" || m.Name == "Ping" || m.Name == "Close" {
			continue
		}
		arguments := []reflect.Value{reflect.ValueOf(t.Context())}
		for i := 1; i < m.Type.NumIn(); i++ {
			arguments = append(arguments, reflect.Zero(m.Type.In(i)))
		}
		reflect.ValueOf(measured).MethodByName(m.Name).Call(arguments) // whatever it answers to nothing
		called++
	}
	text := metrics(t, p)
	counted := map[string]bool{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.HasPrefix(name, "cinema_store_call_duration_seconds_count{") && value != "0" {
			require.Equal(t, "1", value, name)
			counted[strings.Split(name, `"`)[1]] = true
		}
	}
	require.Len(t, counted, called)
	require.True(t, counted["release_claims"])
}

// refusing is an engine that answers every lock with an error.
type refusing struct {
	hold.Engine
	err error
}

func (e refusing) Lock(context.Context, hold.LockRequest) (hold.Answer, error) {
	return hold.Answer{}, e.err
}

func TestHolds_tells_refusals_from_failures(t *testing.T) {
	t.Parallel()
	for result, err := range map[string]error{
		"ok":        nil,
		"refused":   &hold.ConflictError{Seats: []hold.SeatReason{{Seat: "A1", Reason: hold.Held}}},
		"cancelled": context.Canceled,
		"failed":    hold.ErrUnavailable,
	} {
		p := telemetry.NewProbe(clock.System{}, nil)
		_, got := p.Holds(refusing{err: err}).Lock(t.Context(), hold.LockRequest{})
		require.Equal(t, err, got)
		text := metrics(t, p)
		require.Contains(t, text, `cinema_hold_call_duration_seconds_count{call="lock",result="`+result+`"} 1`)
		for _, other := range []string{"ok", "refused", "cancelled", "failed"} {
			if other != result {
				require.Contains(t, text, `cinema_hold_call_duration_seconds_count{call="lock",result="`+other+`"} 0`)
			}
		}
	}
}

// shared is an engine that many processes share.
type shared struct {
	hold.Engine
	hold.Index
}

// plain is a store that offers the port and nothing more.
type plain struct{ store.Backend }

func TestStore_hides_nothing_that_the_store_offers(t *testing.T) {
	t.Parallel()
	_, finds := telemetry.NewProbe(clock.System{}, nil).Store(&storesqlite.Store{}).(audit.Finder)
	require.True(t, finds)
	_, finds = telemetry.NewProbe(clock.System{}, nil).Store(plain{}).(audit.Finder)
	require.False(t, finds, "the record would take every event for another one's twin")
}

func TestHolds_hides_nothing_that_the_engine_offers(t *testing.T) {
	t.Parallel()
	p := telemetry.NewProbe(clock.System{}, nil)
	alone := p.Holds(holdmem.New(clock.System{}))
	_, index := alone.(hold.Index)
	require.False(t, index, "an engine of this process has no list of all processes")
	_, position := alone.(hold.Positioner)
	require.True(t, position)

	together := telemetry.NewProbe(clock.System{}, nil).Holds(shared{})
	_, index = together.(hold.Index)
	require.True(t, index)
}

func TestHolds_keeps_the_rules_of_the_port(t *testing.T) {
	t.Parallel()
	holdtest.Run(t, func(*testing.T) holdtest.Harness {
		c := clock.NewFake(time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC))
		e := holdmem.New(c)
		return holdtest.Harness{
			Engine: telemetry.NewProbe(c, nil).Holds(e), Now: c.Now, Advance: c.Advance, Lose: e.Lose, LoseMeta: e.LoseMeta,
		}
	})
}
