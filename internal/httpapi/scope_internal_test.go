package httpapi

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
)

// What a token must be good for follows from the route. The few that say something else are named here, so that nobody adds one
// unseen.
func TestRoutes_scopes(t *testing.T) {
	t.Parallel()
	other := map[string]account.Scopes{
		"POST /api/ws-tickets": account.ScopeRead, "POST /api/auth/token": account.ScopeAny, "DELETE /api/auth/token": account.ScopeAny,
	}
	person := map[string]bool{
		"GET /api/auth/sessions": true, "DELETE /api/auth/sessions/:sessionId": true, "POST /api/auth/logout-everywhere": true, "POST /api/auth/logout": true,
		"GET /api/auth/tokens": true, "POST /api/auth/tokens": true, "DELETE /api/auth/tokens/:tokenId": true, "POST /api/auth/codes": true,
		"POST /api/auth/dev/login": true,
	}
	s, err := New(Deps{Settings: Settings{Development: true, Provider: "mock", TestTokens: true}})
	require.NoError(t, err)
	for name, r := range s.routes {
		want, said := other[name]
		switch {
		case said:
		case r.access > session:
			want = account.ScopeManage
		case r.method == http.MethodGet:
			want = account.ScopeRead
		default:
			want = account.ScopeBook
		}
		require.Equal(t, want, r.needs(), name)
		if strings.HasPrefix(r.path, "/api/auth/") {
			require.Equal(t, person[name], r.personal, name)
		}
		require.Equal(t, name == "POST /api/auth/token", r.mints, "%s: a personal token is good for one thing", name)
		delete(other, name)
	}
	require.Empty(t, other)
}

// A check of the open sockets that fails is made up for by the next one, and both together end within the five seconds of the contract.
func TestSocketChecks_are_in_time(t *testing.T) {
	t.Parallel()
	require.Less(t, 2*(sessionCheck+checkTime), 5*time.Second)
}
