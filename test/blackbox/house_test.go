package blackbox_test

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestHouse attacks what the people of the house may do: rights, refunds and what they take away in files.
func TestHouse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.each(t, map[string]func(*testing.T, *world){
		"rights count at once":     rightsAtOnce,
		"a program is nobody new":  noFreshProgram,
		"refunds":                  houseRefund,
		"a sheet computes nothing": safeSheet,
	})
	w.alone(t, "the last administrator", lastAdministrator) // ends with a house of one
}

// grant gives a person a role, and answers the code of the refusal.
func (p *person) grant(t *testing.T, to *person, role string) string {
	t.Helper()
	a := p.do(t, "POST /api/admin/users/"+to.id+"/role", map[string]string{"role": role})
	if a.Status == http.StatusOK {
		return ""
	}
	return a.Code()
}

// rightsAtOnce: a right counts from the next request on, and when it is taken away nothing that was opened with it stays open.
func rightsAtOnce(t *testing.T, w *world) {
	admin, p := w.admin(t), w.account(t)
	p.all = true
	p.refused(t, "forbidden", "GET /api/admin/bookings", nil)
	require.Equal(t, "forbidden", p.grant(t, p, "ADMIN"), "nobody raises himself")
	require.Empty(t, admin.grant(t, p, "MANAGER"))
	p.want(t, http.StatusOK, "GET /api/admin/bookings", nil)
	client := p.bearer(t)
	client.all = true
	client.want(t, http.StatusOK, "GET /api/admin/bookings", nil)
	p.refused(t, "forbidden", "GET /api/admin/users", nil)
	require.Equal(t, "forbidden", p.grant(t, p, "ADMIN"), "a manager does not raise himself")
	before := p.Cookies().Get("Cookie")
	require.Empty(t, admin.grant(t, p, "USER"))
	p.refused(t, "forbidden", "GET /api/admin/bookings", nil)
	client.refused(t, "forbidden", "GET /api/admin/bookings", nil)
	v := w.visitor(t)
	same(v, p)
	a := v.do(t, "GET /api/admin/bookings", nil, "Cookie", before)
	require.GreaterOrEqual(t, a.Status, 401, "an old cookie keeps the right")
	for _, body := range []string{`{"role":"OWNER"}`, `{"role":"admin"}`, `{"role":""}`, `{"role":["ADMIN"]}`, `{"role":"ADMIN","bootstrap":true}`} {
		a := admin.do(t, "POST /api/admin/users/"+p.id+"/role", []byte(body))
		require.Equal(t, http.StatusBadRequest, a.Status, "%s: %s", body, a.Body)
	}
	list := string(admin.want(t, http.StatusOK, "GET /api/admin/audit?user_id="+p.id+"&limit=50", nil).Body) +
		string(admin.want(t, http.StatusOK, "GET /api/admin/audit?limit=200", nil).Body)
	require.Contains(t, list, `MANAGER`, "the record does not say what was given")
	require.Contains(t, list, p.id)
}

// noFreshProgram: a token that was made for a program never counts as a person who has just signed in.
func noFreshProgram(t *testing.T, w *world) {
	admin, p := w.admin(t), w.account(t)
	program := admin.exchange(t, admin.personalToken(t, "read", "book", "manage"))
	program.all = true
	program.want(t, http.StatusOK, "GET /api/admin/bookings?limit=1", nil)
	require.Equal(t, "step_up_required", program.grant(t, p, "ADMIN"))
	a := program.do(t, "POST /api/admin/users/"+p.id+"/sign-out", nil)
	require.Equal(t, "step_up_required", a.Code(), string(a.Body))
	p.want(t, http.StatusOK, "GET /api/me", nil)
	reader := admin.exchange(t, admin.personalToken(t, "read"))
	reader.all = true
	for _, target := range []string{"POST /api/admin/users/" + p.id + "/role", "POST /api/admin/users/" + p.id + "/sign-out"} {
		reader.refused(t, "insufficient_scope", target, map[string]string{"role": "ADMIN"})
	}
}

// houseRefund: only who may, only once, with a reason, and it is in the record.
func houseRefund(t *testing.T, w *world) {
	h, admin, p, clerk := w.take(t, "Grand"), w.admin(t), w.account(t), w.account(t)
	clerk.all = true
	require.Empty(t, admin.grant(t, clerk, "STAFF"))
	_, b := h.buy(t, p, h.free(t, 2, "standard")...)
	target := "POST /api/admin/bookings/" + b.ID + "/refund"
	h.unchanged(t, p, func() {
		for _, x := range []*person{p, clerk, w.guest(t)} {
			x.refused(t, "forbidden", target, map[string]string{"reason": "because I want to"})
		}
		program := admin.exchange(t, admin.personalToken(t, "read", "book", "manage"))
		program.all = true
		program.refused(t, "step_up_required", target, map[string]string{"reason": "a program wants to"})
		for _, body := range []string{`{}`, `{"reason":""}`, `{"reason":"ok","amount":1}`, `{"reason":"long enough","amount":1}`, `{"reason":"long enough","ticket_ids":["tk_other"]}`} {
			a := admin.do(t, target, []byte(body))
			require.GreaterOrEqual(t, a.Status, 400, "%s: %s", body, a.Body)
			require.Less(t, a.Status, 500, "%s: %s", body, a.Body)
		}
	})
	a := admin.want(t, http.StatusOK, target, map[string]string{"reason": "the projector broke"})
	require.Contains(t, string(a.Body), `"CANCELLED"`)
	again := admin.do(t, target, map[string]string{"reason": "the projector broke"})
	require.Less(t, again.Status, 500)
	got := bookingOf(t, p.want(t, http.StatusOK, "GET /api/bookings/"+b.ID, nil))
	require.Equal(t, "CANCELLED", got.Status)
	require.Contains(t, string(admin.want(t, http.StatusOK, "GET /api/admin/audit?booking_id="+b.ID+"&limit=50", nil).Body), "the projector broke")
}

// safeSheet: what customers write stands in a sheet as text, whatever it begins with.
func safeSheet(t *testing.T, w *world) {
	h, admin := w.take(t, "Gallery"), w.admin(t)
	names := []string{"=HYPERLINK(\"http://elsewhere.example\")", "+1+1", "-2+3", "@SUM(A1)", "plain", "a \"quoted\", name", "=cmd|' /C calc'!A0"}
	for _, name := range names {
		g := w.guest(t)
		seats := h.free(t, 1, "standard")
		s := sale{Request: h.hold(t, g, seats...), Seats: seats, Customer: map[string]string{"email": "sheet-" + run + "@example.com", "name": name}}
		g.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), s)
	}
	w.account(t).refused(t, "forbidden", "GET /api/admin/bookings.csv", nil)
	a := admin.want(t, http.StatusOK, "GET /api/admin/bookings.csv?showtime_id="+h.id, nil)
	require.Contains(t, a.Header.Get("Content-Type"), "text/csv")
	require.Contains(t, a.Header.Get("Content-Disposition"), "attachment")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(a.Body), "\uFEFF"))).ReadAll()
	require.NoError(t, err)
	cells := slices.Concat(rows...)
	for _, c := range cells {
		require.False(t, c != "" && strings.ContainsAny(c[:1], "=+-@\t\r"), "a sheet computes %q", c)
	}
	for _, name := range names {
		require.True(t, slices.Contains(cells, name) || slices.Contains(cells, "'"+name), "%q is not in the sheet", name)
	}
	require.NotContains(t, string(a.Body), "CT1:")
}

// lastAdministrator: a house always has one. Whom the configuration names cannot be demoted here, and the last one not at all.
func lastAdministrator(t *testing.T, w *world) {
	boss, p, q := w.admin(t), w.account(t), w.account(t)
	p.all, q.all = true, true
	require.Equal(t, "bootstrap_admin", boss.grant(t, boss, "USER"))
	require.Empty(t, boss.grant(t, p, "ADMIN"))
	require.Equal(t, "bootstrap_admin", p.grant(t, boss, "USER"))
	w.server.Restart("ADMIN_EMAILS=", "DEMO_DATA=off")
	boss.refused(t, "forbidden", "GET /api/admin/ping", nil)
	p.want(t, http.StatusOK, "GET /api/admin/ping", nil)
	require.Equal(t, "last_admin", p.grant(t, p, "USER"))
	require.Equal(t, "last_admin", p.grant(t, p, "MANAGER"))
	require.Empty(t, p.grant(t, q, "ADMIN"))
	require.Empty(t, p.grant(t, p, "USER"))
	p.refused(t, "forbidden", "GET /api/admin/ping", nil)
	q.want(t, http.StatusOK, "GET /api/admin/ping", nil)
	require.Equal(t, "last_admin", q.grant(t, q, "STAFF"))
}
