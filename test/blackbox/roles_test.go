package blackbox_test

import (
	"database/sql"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the stopped server's file is changed by hand

	"cinema/test/harness"
)

// TestRoles follows people who get roles, use them and lose them, from outside.
func TestRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.each(t, map[string]func(*testing.T, *world){
		"a grant and its end":       grantAndEnd,
		"refusals":                  roleRefusals,
		"a refund by staff":         staffRefund,
		"an export":                 export,
		"what a client says itself": claimedRoles,
	})
	w.alone(t, "ADMIN_EMAILS is read at each request", listedByEnvironment)
	w.alone(t, "the last administrator", oneRemains)
	w.alone(t, "a sign-in grows old", oldSignIn)
	w.alone(t, "a scope", scope)
}

// personView is a user as administrators see him.
type personView struct {
	ID, Email, Role, Granted string
	Bootstrap, Guest         bool
	CinemaIDs                []string `json:"cinema_ids"`
}

// role asks an administrator to give a person a role.
func (p *person) role(t *testing.T, of *person, role string, cinemas ...string) personView {
	t.Helper()
	body := map[string]any{"role": role}
	if cinemas != nil {
		body["cinema_ids"] = cinemas
	}
	var v struct {
		OK   bool
		User personView
	}
	require.NoError(t, p.want(t, http.StatusOK, rolePath(of), body).JSON(&v))
	require.True(t, v.OK)
	require.Equal(t, of.id, v.User.ID)
	return v.User
}

func rolePath(of *person) string { return "POST /api/admin/users/" + of.id + "/role" }

// mayOnly wants an answer for each address: 200 or the code of a refusal.
func (p *person) mayOnly(t *testing.T, addresses map[string]string) {
	t.Helper()
	for address, code := range addresses {
		if code == "" {
			p.want(t, http.StatusOK, "GET "+address, nil)
			continue
		}
		p.refused(t, code, "GET "+address, nil)
	}
}

var (
	usersMay    = map[string]string{"/api/admin/bookings": "forbidden", "/api/admin/bookings.csv?q=nobody": "forbidden", "/api/admin/users": "forbidden", "/api/admin/audit": "forbidden", "/api/admin/ping": "forbidden"}
	managersMay = map[string]string{"/api/admin/bookings": "", "/api/admin/bookings.csv?q=nobody": "", "/api/admin/users": "forbidden", "/api/admin/audit": "forbidden", "/api/admin/ping": "forbidden"}
	adminsMay   = map[string]string{"/api/admin/bookings": "", "/api/admin/bookings.csv?q=nobody": "", "/api/admin/users": "", "/api/admin/audit": "", "/api/admin/ping": ""}
)

// trail is what the record says of a person's role, newest first.
func (p *person) trail(t *testing.T, of *person) []map[string]any {
	t.Helper()
	var v struct {
		Items []struct {
			Type    string
			Payload map[string]any
		}
	}
	require.NoError(t, p.want(t, http.StatusOK, "GET /api/admin/audit?type=user.role_changed&user_id="+of.id, nil).JSON(&v))
	var all []map[string]any
	for _, i := range v.Items {
		require.Equal(t, "user.role_changed", i.Type)
		all = append(all, i.Payload)
	}
	return all
}

func grantAndEnd(t *testing.T, w *world) {
	boss, p := w.admin(t), w.account(t)
	p.all = true // a manager sees everybody's bookings
	api := p.bearer(t)
	api.all = true
	both := []*person{p, api}
	for _, x := range both {
		x.mayOnly(t, usersMay)
	}
	for _, step := range []struct {
		role string
		may  map[string]string
	}{{"STAFF", usersMay}, {"MANAGER", managersMay}, {"ADMIN", adminsMay}, {"MANAGER", managersMay}, {"USER", usersMay}} {
		v := boss.role(t, p, step.role)
		require.Equal(t, step.role, v.Role)
		require.Equal(t, step.role, v.Granted)
		require.False(t, v.Bootstrap)
		for _, x := range both { // at once, by cookie and by a token that was made before
			x.mayOnly(t, step.may)
			var me struct{ Role string }
			require.NoError(t, x.want(t, http.StatusOK, "GET /api/me", nil).JSON(&me))
			require.Equal(t, step.role, me.Role)
		}
	}
	trail := boss.trail(t, p)
	require.Len(t, trail, 5)
	roles := []string{"USER", "MANAGER", "ADMIN", "MANAGER", "STAFF", "USER"}
	for i, e := range trail {
		require.Equal(t, boss.id, e["actor"])
		require.Equal(t, roles[i], e["after"].(map[string]any)["role"])
		require.Equal(t, roles[i+1], e["before"].(map[string]any)["role"])
	}
}

func roleRefusals(t *testing.T, w *world) {
	boss, p, g := w.admin(t), w.account(t), w.guest(t)
	boss.refused(t, "guest", rolePath(g), map[string]string{"role": "STAFF"})
	boss.refused(t, "bootstrap_admin", rolePath(boss), map[string]string{"role": "USER"})
	boss.refused(t, "user_not_found", "POST /api/admin/users/us_nobody/role", map[string]string{"role": "USER"})
	for _, role := range []any{"", "admin", "OWNER", "ADMIN "} {
		boss.refused(t, "invalid_role", rolePath(p), map[string]any{"role": role})
	}
	boss.refused(t, "invalid_cinema", rolePath(p), map[string]any{"role": "STAFF", "cinema_ids": []string{"ci_nowhere"}})
	boss.refused(t, "invalid_cinema", rolePath(p), map[string]any{"role": "ADMIN", "cinema_ids": []string{cinemaOf(t, boss)}})
	for _, body := range []string{
		`{"role":"STAFF","granted":"ADMIN"}`, `{"role":"STAFF","role":"ADMIN"}`, `{"Role":"ADMIN"}`, `{"role":["ADMIN"]}`, `{"role":"STAFF","bootstrap":true}`, `{}x`,
	} {
		boss.refused(t, "invalid_body", rolePath(p), []byte(body))
	}
	p.refused(t, "forbidden", rolePath(p), map[string]string{"role": "ADMIN"}) // nobody lifts himself
	p.refused(t, "forbidden", "POST /api/admin/users/"+boss.id+"/sign-out", nil)
	require.Empty(t, boss.trail(t, p))
}

// cinemaOf is the id of the demonstration's cinema.
func cinemaOf(t *testing.T, p *person) string {
	t.Helper()
	var v struct{ Items []struct{ ID string } }
	require.NoError(t, p.want(t, http.StatusOK, "GET /api/cinemas", nil).JSON(&v))
	require.NotEmpty(t, v.Items)
	return v.Items[0].ID
}

// manager is somebody new whom an administrator made one.
func (w *world) manager(t *testing.T, cinemas ...string) *person {
	t.Helper()
	p := w.account(t)
	p.all = true
	w.admin(t).role(t, p, "MANAGER", cinemas...)
	return p
}

func staffRefund(t *testing.T, w *world) {
	h, p, m := w.take(t, "Grand"), w.account(t), w.manager(t)
	seats := h.free(t, 2, "standard")
	_, b := h.buy(t, p, seats...)
	path := "POST /api/admin/bookings/" + b.ID + "/refund"
	p.refused(t, "forbidden", path, map[string]string{"reason": "my own"})
	m.refused(t, "invalid_reason", path, map[string]string{"reason": "x"})
	var v cancelled
	one := map[string]any{"ticket_ids": []string{b.Tickets[0].ID}, "reason": "the seat was broken"}
	require.NoError(t, m.want(t, http.StatusOK, path, one).JSON(&v))
	require.Equal(t, []string{b.Tickets[0].ID}, v.Tickets)
	require.Equal(t, b.Tickets[0].Price.Amount, v.Refund.Amount)
	require.Equal(t, "BOOKED", v.Booking.Status)
	v = cancelled{}
	require.NoError(t, m.want(t, http.StatusOK, path, map[string]string{"reason": "the show was moved"}).JSON(&v))
	require.Equal(t, b.Amount-b.Tickets[0].Price.Amount, v.Refund.Amount, "the rest and not more")
	require.Equal(t, "CANCELLED", v.Booking.Status)
	v = cancelled{}
	require.NoError(t, m.want(t, http.StatusOK, path, map[string]string{"reason": "once more"}).JSON(&v))
	require.Empty(t, v.Tickets)
	require.Equal(t, b.Amount, v.Refund.Amount, "all that went back")
	require.NotContains(t, h.state(t, p).taken(), seats[0])
	record := string(w.admin(t).want(t, http.StatusOK, "GET /api/admin/audit?type=booking.refund_ordered&booking_id="+b.ID, nil).Body)
	require.Contains(t, record, "the seat was broken")
	require.Contains(t, record, "the show was moved")
	require.NotContains(t, record, "once more", "nothing happened")
}

func export(t *testing.T, w *world) {
	h, g, m := w.take(t, "Studio"), w.guest(t), w.manager(t)
	seats := h.free(t, 1, "standard")
	s := g.sale(h.hold(t, g, seats...), seats)
	s.Customer["name"] = `=HYPERLINK("http://evil.example","x")`
	b := bookingOf(t, g.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), s))
	a := m.want(t, http.StatusOK, "GET /api/admin/bookings.csv?showtime_id="+h.id, nil)
	require.Equal(t, "text/csv; charset=utf-8", a.Header.Get("Content-Type"))
	require.Contains(t, a.Header.Get("Content-Disposition"), "attachment; filename=")
	text, marked := strings.CutPrefix(string(a.Body), "\uFEFF")
	require.True(t, marked)
	require.NotContains(t, text, "CT1:")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	found := false
	for _, row := range rows[1:] {
		for i, cell := range row {
			if cell != "" {
				require.NotContains(t, "=+-@\t\r", cell[:1], "%s is computed by a spreadsheet", rows[0][i])
			}
		}
		found = found || strings.Contains(strings.Join(row, "|"), b.ID)
	}
	require.True(t, found)
	// All of the demonstration's sales, which are many pages.
	all := m.want(t, http.StatusOK, "GET /api/admin/bookings.csv", nil)
	var list struct{ Total int }
	require.NoError(t, m.want(t, http.StatusOK, "GET /api/admin/bookings?limit=1", nil).JSON(&list))
	require.Greater(t, strings.Count(string(all.Body), "\r\n"), 1000)
	require.InDelta(t, list.Total, strings.Count(string(all.Body), "\r\n")-1, 100, "others buy meanwhile")
	require.Contains(t, string(w.admin(t).want(t, http.StatusOK, "GET /api/admin/audit?type=export.bookings&user_id="+m.id, nil).Body), h.id)
}

// claimedRoles sends what a client would like the server to believe.
func claimedRoles(t *testing.T, w *world) {
	p, boss := w.account(t), w.admin(t)
	for _, head := range [][]string{
		{"X-Role", "ADMIN"},
		{"X-User-Role", "ADMIN"},
		{"X-Forwarded-User", "admin@example.com"},
		{"X-Forwarded-Email", "admin@example.com"},
		{"X-Original-URL", "/api/admin/ping"},
		{"Cookie", p.Cookies().Get("Cookie") + "; role=ADMIN; step_up_until=2999-01-01T00:00:00Z"},
	} {
		p.refused(t, "forbidden", "GET /api/admin/ping", nil, head...)
	}
	token := p.bearer(t).Bearer
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var claims map[string]any
	require.NoError(t, json.Unmarshal(raw, &claims))
	for name, value := range map[string]any{"role": "ADMIN", "sub": boss.id, "scope": "read book manage admin", "auth_time": 4e9} {
		old, had := claims[name]
		claims[name] = value
		forged, err := json.Marshal(claims)
		require.NoError(t, err)
		v := w.visitor(t)
		v.refused(t, "unauthorized", "GET /api/admin/ping", nil, "Authorization", "Bearer "+parts[0]+"."+base64.RawURLEncoding.EncodeToString(forged)+"."+parts[2])
		if claims[name] = old; !had {
			delete(claims, name)
		}
	}
}

// listedByEnvironment restarts the server with other lists. The people's cookies stay the same.
func listedByEnvironment(t *testing.T, w *world) {
	p := w.account(t)
	p.all = true
	api := p.bearer(t)
	p.refused(t, "forbidden", "GET /api/admin/ping", nil)
	w.server.Restart("ADMIN_EMAILS=admin@example.com, " + strings.ToUpper(p.email))
	for _, x := range []*person{p, api} {
		x.want(t, http.StatusOK, "GET /api/admin/ping", nil)
	}
	var v struct{ User personView }
	require.NoError(t, p.want(t, http.StatusOK, "GET /api/admin/users/"+p.id, nil).JSON(&v))
	require.Equal(t, "ADMIN", v.User.Role)
	require.Equal(t, "USER", v.User.Granted)
	require.True(t, v.User.Bootstrap)
	p.refused(t, "bootstrap_admin", rolePath(p), map[string]string{"role": "USER"})
	w.server.Restart("ADMIN_EMAILS=admin@example.com")
	for _, x := range []*person{p, api} {
		x.refused(t, "forbidden", "GET /api/admin/ping", nil)
		x.refused(t, "forbidden", rolePath(p), map[string]string{"role": "ADMIN"})
	}
}

// oneRemains takes everybody off the list: whoever has the role by a grant then cannot lose the last of it.
func oneRemains(t *testing.T, w *world) {
	boss, a, b := w.admin(t), w.account(t), w.account(t)
	for _, p := range []*person{a, b} {
		p.all = true
		boss.role(t, p, "ADMIN")
	}
	w.server.Restart("ADMIN_EMAILS=nobody-has-this-" + run + "@example.com")
	codes := make([]string, 2)
	var gate, done sync.WaitGroup
	gate.Add(1)
	for i, pair := range [][2]*person{{a, b}, {b, a}} {
		done.Go(func() {
			gate.Wait()
			r := pair[0].do(t, rolePath(pair[1]), map[string]string{"role": "USER"})
			codes[i] = fmt.Sprint(r.Status, r.Code())
		})
	}
	gate.Done()
	done.Wait()
	left, gone := a, b
	if codes[1] == "200" {
		left, gone = b, a
		codes[0], codes[1] = codes[1], codes[0]
	}
	require.Equal(t, "200", codes[0], codes)
	require.Contains(t, []string{"409last_admin", "403forbidden"}, codes[1], "whoever came second")
	gone.refused(t, "forbidden", "GET /api/admin/ping", nil)
	left.refused(t, "last_admin", rolePath(left), map[string]string{"role": "MANAGER"})
	// A role of the demonstration lets one in and does not count as an administrator.
	boss.refused(t, "last_admin", rolePath(left), map[string]string{"role": "USER"})
	left.want(t, http.StatusOK, "GET /api/admin/ping", nil)
	left.role(t, gone, "ADMIN")
	left.role(t, left, "USER")
	w.server.Restart("ADMIN_EMAILS=admin@example.com")
}

// stoppedStore opens the stopped server's file.
func stoppedStore(t *testing.T, s *harness.Server) *sql.DB {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.Dir(), "data", "*.db"))
	require.NoError(t, err)
	if len(files) != 1 || strings.Contains(os.Getenv("BLACKBOX_ENV"), "MONGO_URI") {
		t.Skip("the store is no file that could be changed by hand")
	}
	db, err := sql.Open("sqlite", files[0])
	require.NoError(t, err)
	return db
}

// oldSignIn makes a sign-in older than a quarter of an hour, in the store, because the clock cannot be turned: what asks for a fresh one
// refuses, whatever the client claims.
func oldSignIn(t *testing.T, w *world) {
	boss, p := w.admin(t), w.account(t)
	var me struct {
		Until time.Time `json:"step_up_until"`
	}
	require.NoError(t, boss.want(t, http.StatusOK, "GET /api/me", nil).JSON(&me))
	require.WithinDuration(t, time.Now().Add(15*time.Minute), me.Until, time.Minute)
	boss.role(t, p, "STAFF")
	w.server.Stop()
	db := stoppedStore(t, w.server)
	_, err := db.Exec("UPDATE sessions SET auth_time = auth_time - 16 * 60 * 1000 WHERE user = ?", boss.id)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	w.server.Up()

	require.NoError(t, boss.want(t, http.StatusOK, "GET /api/me", nil).JSON(&me))
	require.True(t, me.Until.Before(time.Now()))
	client := boss.bearer(t) // a new token is as old as its sign-in
	client.all = true
	for _, x := range []*person{boss, client} {
		for _, head := range [][]string{
			{"X-Step-Up", "true"},
			{"X-Step-Up-Until", "2999-01-01T00:00:00Z"},
			{"X-Auth-Time", fmt.Sprint(time.Now().Unix())},
			{"Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)},
		} {
			x.refused(t, "step_up_required", rolePath(p), map[string]string{"role": "ADMIN"}, head...)
			x.refused(t, "step_up_required", "POST /api/admin/users/"+p.id+"/sign-out", nil, head...)
			x.refused(t, "step_up_required", "POST /api/admin/bookings/bk_none/refund", map[string]string{"reason": "any reason"}, head...)
		}
	}
	boss.mayOnly(t, adminsMay) // looking needs no fresh sign-in
	boss.signIn(t, "admin@example.com")
	boss.role(t, p, "USER")
	require.Len(t, boss.trail(t, p), 2)
}

// scope adds a second cinema to the store and gives it one of the bookings: a manager of the first does not see it.
func scope(t *testing.T, w *world) {
	h, p := w.take(t, "Grand"), w.account(t)
	_, mine := h.buy(t, p, h.free(t, 1, "standard")...)
	_, other := h.buy(t, p, h.free(t, 1, "standard")...)
	own := cinemaOf(t, p)
	w.server.Stop()
	db := stoppedStore(t, w.server)
	_, err := db.Exec(`INSERT INTO cinemas (id, slug, name, address, zone, currency, day_cut, orphan)
		SELECT 'ci_second', 'second', 'Second', address, zone, currency, day_cut, orphan FROM cinemas WHERE id = ?`, own)
	require.NoError(t, err)
	_, err = db.Exec("UPDATE bookings SET cinema = 'ci_second' WHERE id = ?", other.ID)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	w.server.Up()

	m, second := w.manager(t, own), w.manager(t, "ci_second")
	var v struct {
		Total int
		Items []struct {
			ID     string
			Cinema string `json:"cinema_id"`
		}
	}
	require.NoError(t, second.want(t, http.StatusOK, "GET /api/admin/bookings", nil).JSON(&v))
	require.Equal(t, 1, v.Total)
	require.Equal(t, other.ID, v.Items[0].ID)
	require.Equal(t, "ci_second", v.Items[0].Cinema)
	require.NoError(t, m.want(t, http.StatusOK, "GET /api/admin/bookings?user_id="+p.id, nil).JSON(&v))
	require.Equal(t, 1, v.Total)
	require.Equal(t, mine.ID, v.Items[0].ID)
	require.NotContains(t, string(m.want(t, http.StatusOK, "GET /api/admin/bookings.csv?user_id="+p.id, nil).Body), other.ID)
	require.Equal(t, 2, strings.Count(string(second.want(t, http.StatusOK, "GET /api/admin/bookings.csv", nil).Body), "\r\n"))
	why := map[string]string{"reason": "not in this cinema"}
	m.refused(t, "booking_not_found", "POST /api/admin/bookings/"+other.ID+"/refund", why)
	second.refused(t, "booking_not_found", "POST /api/admin/bookings/"+mine.ID+"/refund", why)
	second.want(t, http.StatusOK, "POST /api/admin/bookings/"+other.ID+"/refund", why)
	boss := w.admin(t)
	require.Empty(t, boss.role(t, m, "ADMIN").CinemaIDs, "an administrator has no scope")
	m.want(t, http.StatusOK, "GET /api/admin/users?q="+p.email, nil)
	boss.role(t, m, "MANAGER", "ci_second")
	require.NoError(t, m.want(t, http.StatusOK, "GET /api/admin/bookings?user_id="+p.id, nil).JSON(&v))
	require.Equal(t, other.ID, v.Items[0].ID)
}
