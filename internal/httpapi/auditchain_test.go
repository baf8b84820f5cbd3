package httpapi_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/audit"
)

// TestAuditChain tells an administrator, and nobody else, how the chain over the record is.
func TestAuditChain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	boss := b.person("boss@example.com")
	const path = "/api/admin/audit/chain"
	require.Equal(t, 401, b.visitor().get(path).status)
	require.Equal(t, 403, b.person("ann@example.com").get(path).status)
	r := boss.get(path)
	require.Equal(t, 200, r.status)
	require.Nil(t, r.body["checkpoint"])
	require.Nil(t, r.body["verified"])

	entry := func(id string) audit.Entry { return audit.Entry{ID: id, Type: "test", At: b.clock.Now()} }
	require.NoError(t, b.store.Append(t.Context(), []audit.Entry{entry("a"), entry("b"), entry("c")}))
	d := audit.SealerDeps{Chain: b.store, Keys: b.keys, Clock: b.clock}
	sealer := audit.NewSealer(d)
	for more := true; more; {
		var err error
		more, err = sealer.SealOnce(t.Context())
		require.NoError(t, err)
	}
	sealed, err := b.store.LastLink(t.Context())
	require.NoError(t, err)
	require.NoError(t, audit.NewNightly(d).LookOnce(t.Context()))
	require.NoError(t, b.store.Append(t.Context(), []audit.Entry{entry("d")}))

	r = boss.get(path)
	require.InDelta(t, float64(sealed.N), r.body["sealed"], 0)
	require.InDelta(t, 1.0, r.body["pending"], 0)
	require.Equal(t, fields{"n": float64(sealed.N), "at": b.clock.Now().UTC().Format("2006-01-02T15:04:05.000Z"), "key_id": b.keys.ID()}, r.body["checkpoint"])
	require.Equal(t, fields{"n": float64(sealed.N), "at": b.clock.Now().UTC().Format("2006-01-02T15:04:05.000Z"), "ok": true}, r.body["verified"])

	require.NoError(t, b.store.SealEntries(t.Context(), nil, waiting(t, b.store))) // an entry that nobody seals any more
	b.clock.Advance(24 * time.Hour)
	require.NoError(t, audit.NewNightly(d).LookOnce(t.Context()))
	boss = b.person("boss@example.com")
	verified := boss.get(path).body["verified"].(fields)
	require.Equal(t, false, verified["ok"])
	require.InDelta(t, float64(sealed.N+1), verified["first_bad"], 0)
	require.Contains(t, verified["finding"], "entry d")
}

func waiting(t *testing.T, c audit.ChainReader) []audit.Waiting {
	t.Helper()
	all, err := c.Unsealed(t.Context(), audit.Waiting{}, 100)
	require.NoError(t, err)
	return all
}

// TestAudit_reveals shows an administrator who did what from where, until the person is erased.
func TestAudit_reveals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.contract = newContract(t)
	boss := b.person("boss@example.com")
	actions := audit.NewActions(b.store, b.vault, b.clock)
	require.NoError(t, actions.Record(t.Context(), audit.Action{
		Type: "test.changed", Actor: "us_boss", Subject: "us_ada", After: fields{"role": "STAFF"}, Personal: map[string]string{"email": "ada@example.com"},
		From: "192.0.2.7",
	}))
	require.NoError(t, actions.Record(t.Context(), audit.Action{Type: "test.own", Actor: "us_ada", From: "192.0.2.8"}))
	find := func(kind string) fields {
		r := boss.get("/api/admin/audit?type=" + kind)
		require.Equal(t, 200, r.status)
		require.Len(t, r.body["items"], 1)
		return r.body["items"].([]any)[0].(fields)
	}
	e := find("test.changed")
	require.Equal(t, "us_boss", e["actor"])
	require.Equal(t, "us_ada", e["subject"])
	require.Equal(t, "us_ada", e["user_id"])
	require.Equal(t, fields{"email": "ada@example.com"}, e["personal"])
	require.Equal(t, "192.0.2.7", e["from"])
	own := find("test.own")
	require.NotContains(t, own, "subject")
	require.Equal(t, "192.0.2.8", own["from"])
	require.NoError(t, b.vault.DestroyKey(t.Context(), "us_ada"))
	e = find("test.changed")
	require.NotContains(t, e, "personal")
	require.Equal(t, true, e["erased"])
	require.Equal(t, "192.0.2.7", e["from"])
	require.Equal(t, true, find("test.own")["erased"])
}
