package httpapi_test

import (
	"context"
	"maps"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/httpapi"
	"cinema/internal/ident"
	"cinema/internal/store/storesqlite"
)

// farSale is a showtime of another cinema.
const farSale = "st_far"

// secondCinema adds a cinema with a hall and a showtime on sale.
func (b *bench) secondCinema() {
	b.t.Helper()
	p := programme(b.t)
	own := p.Layouts[0]
	layout, err := catalog.NewLayout(&catalog.Layout{
		ID: "ly_far", Auditorium: "au_far", Version: 1, Width: own.Width, Height: own.Height, ScreenX: own.ScreenX, ScreenY: own.ScreenY,
		ScreenWidth: own.ScreenWidth, Rows: own.Rows,
	})
	require.NoError(b.t, err)
	show := p.Showtimes[1]
	show.ID, show.Cinema, show.Auditorium, show.Layout = farSale, "ci_far", "au_far", "ly_far"
	require.NoError(b.t, b.store.SaveProgramme(b.t.Context(), catalog.Programme{
		Cinemas:     []catalog.Cinema{{ID: "ci_far", Slug: "far", Name: "Far", Address: "2 Low Street", Zone: "Europe/London", Currency: "GBP"}},
		Auditoriums: []catalog.Auditorium{{ID: "au_far", Cinema: "ci_far", Name: "Far One"}},
		Layouts:     []*catalog.Layout{layout}, Showtimes: []catalog.Showtime{show},
	}))
}

// buyAt buys one seat of a showtime.
func (c *client) buyAt(showtime, request, seat string, more ...fields) fields {
	c.b.t.Helper()
	path := "/api/showtimes/" + showtime
	r := c.post(path+"/seats/lock", fields{"seat_ids": []string{seat}, "request_id": request})
	require.Equal(c.b.t, http.StatusOK, r.status, r.text)
	body := sale(request, seat)
	for _, m := range more {
		maps.Copy(body, m)
	}
	r = c.post(path+"/bookings/confirm", body)
	require.Equal(c.b.t, http.StatusOK, r.status, r.text)
	return booked(r)
}

// id is the caller's user.
func (c *client) id() string {
	c.b.t.Helper()
	r := c.get("/api/me")
	require.Equal(c.b.t, http.StatusOK, r.status, r.text)
	return r.body["user"].(fields)["id"].(string)
}

func rolePath(id string) string { return "/api/admin/users/" + id + "/role" }

// granted signs a person in and gives him a role by an administrator's hand.
func (b *bench) granted(email, role string, cinemas ...string) *client {
	b.t.Helper()
	p := b.person(email)
	body := fields{"role": role}
	if len(cinemas) > 0 {
		body["cinema_ids"] = cinemas
	}
	r := b.person("boss@example.com").post(rolePath(p.id()), body)
	require.Equal(b.t, http.StatusOK, r.status, r.text)
	return p
}

// record lists the entries of a type, newest first.
func (b *bench) record(kind string) []audit.Entry {
	b.t.Helper()
	entries, _, err := b.store.Entries(b.t.Context(), audit.Query{Type: kind})
	require.NoError(b.t, err)
	return entries
}

func people(t *testing.T, r response) (out []fields) {
	t.Helper()
	require.Equal(t, http.StatusOK, r.status, r.text)
	for _, i := range r.body["items"].([]any) {
		out = append(out, i.(fields))
	}
	return out
}

func emails(t *testing.T, r response) (out []string) {
	t.Helper()
	for _, p := range people(t, r) {
		email, _ := p["email"].(string)
		out = append(out, email)
	}
	return out
}

// brokenRecord is a record that takes nothing while it is down.
type brokenRecord struct {
	audit.Store

	down atomic.Bool
}

// Append refuses while the record is down.
func (r *brokenRecord) Append(ctx context.Context, entries []audit.Entry) error {
	if r.down.Load() {
		return fault.New(fault.Unavailable, "store_unavailable", "The record is down.")
	}
	return r.Store.Append(ctx, entries)
}

// install puts the record under what people do.
func (r *brokenRecord) install(t *testing.T) option {
	return func(d *httpapi.Deps) {
		r.Store = d.Audit
		store, ok := d.Audit.(*storesqlite.Store)
		require.True(t, ok)
		d.Actions = audit.NewActions(r, newVault(t, store, d.Clock), d.Clock)
	}
}

func TestUsers_search(t *testing.T) {
	t.Parallel()
	b := setup(t)
	boss := b.person("boss@example.com")
	g := b.guest()
	b.clock.Advance(time.Second)
	b.granted("ann@example.com", "STAFF", "ci_lumen")
	b.clock.Advance(time.Second)
	b.person("zoe@example.com")

	r := boss.get("/api/admin/users")
	require.Equal(t, []string{"zoe@example.com", "ann@example.com", "boss@example.com"}, emails(t, r), "people, newest first")
	require.EqualValues(t, 3, r.body["total"])
	require.Equal(t, []string{"ann@example.com"}, emails(t, boss.get("/api/admin/users?q=ANN@")))
	require.Len(t, people(t, boss.get("/api/admin/users?q=rob")), 3, "by the words of the name")
	require.Equal(t, []string{"boss@example.com"}, emails(t, boss.get("/api/admin/users?role=ADMIN")))
	require.Equal(t, []string{"ann@example.com"}, emails(t, boss.get("/api/admin/users?role=STAFF")))
	require.Equal(t, []string{"zoe@example.com"}, emails(t, boss.get("/api/admin/users?role=USER")))
	require.Empty(t, people(t, boss.get("/api/admin/users?role=MANAGER")))
	require.Len(t, people(t, boss.get("/api/admin/users?guests=true")), 4)
	page := boss.get("/api/admin/users?limit=1&skip=1")
	require.Equal(t, []string{"ann@example.com"}, emails(t, page))
	require.EqualValues(t, 3, page.body["total"])

	p := people(t, boss.get("/api/admin/users?q=ann"))[0]
	require.Equal(t, "STAFF", p["role"])
	require.Equal(t, "STAFF", p["granted"])
	require.Equal(t, false, p["bootstrap"])
	require.Equal(t, true, p["verified"])
	require.Equal(t, false, p["guest"])
	require.Equal(t, []any{"ci_lumen"}, p["cinema_ids"])
	require.Equal(t, "2026-03-10T12:00:01.000Z", p["last_seen_at"])
	first := people(t, boss.get("/api/admin/users?q=boss"))[0]
	require.Equal(t, "ADMIN", first["role"])
	require.Equal(t, "USER", first["granted"])
	require.Equal(t, true, first["bootstrap"])

	one := boss.get("/api/admin/users/" + p["id"].(string))
	require.Equal(t, p, one.body["user"])
	require.EqualValues(t, 1, one.body["sessions"])
	guest := boss.get("/api/admin/users/" + g.id()).body["user"].(fields)
	require.Nil(t, guest["email"])
	require.Equal(t, true, guest["guest"])
	for _, id := range []string{"us_none", "a:b", "%00"} {
		require.Equal(t, "user_not_found", boss.get("/api/admin/users/"+id).code(t), id)
	}
	for _, query := range []string{"role=OWNER", "limit=0", "limit=201", "skip=-1", "q=%00", "guests=maybe"} {
		require.Equal(t, "invalid_query", boss.get("/api/admin/users?"+query).code(t), query)
	}
}

func TestRole_counts_at_once(t *testing.T) {
	t.Parallel()
	b := setup(t)
	boss, ann := b.person("boss@example.com"), b.person("ann@example.com")
	api := ann.token()
	id := ann.id()
	require.Equal(t, "USER", api.get("/api/me").str("role"))
	require.Equal(t, "forbidden", ann.get("/api/admin/bookings").code(t))
	require.Equal(t, "forbidden", api.get("/api/admin/bookings").code(t))

	before := ann.cookie
	r := boss.post(rolePath(id), fields{"role": "MANAGER", "cinema_ids": []string{"ci_lumen", "ci_lumen"}})
	require.Equal(t, http.StatusOK, r.status, r.text)
	user := r.body["user"].(fields)
	require.Equal(t, "MANAGER", user["role"])
	require.Equal(t, []any{"ci_lumen"}, user["cinema_ids"])
	require.Equal(t, http.StatusOK, api.get("/api/admin/bookings").status, "the token is as good as its person")
	me := ann.get("/api/me")
	require.Equal(t, "MANAGER", me.str("role"))
	require.Equal(t, []any{"ci_lumen"}, me.body["cinema_ids"])
	require.NotEqual(t, before, ann.cookie, "the session has a new value")

	entries := b.record("user.role_changed")
	require.Len(t, entries, 1)
	require.EqualValues(t, id, entries[0].User)
	require.Contains(t, string(entries[0].Payload), `"actor":"`+boss.id()+`"`)
	require.Contains(t, string(entries[0].Payload), `"before":{"role":"USER","cinema_ids":[]},"after":{"role":"MANAGER","cinema_ids":["ci_lumen"]}`)
	require.NotContains(t, string(entries[0].Payload), "ann@example.com", "who it was is sealed")

	require.Equal(t, http.StatusOK, boss.post(rolePath(id), fields{"role": "MANAGER"}).status)
	require.Len(t, b.record("user.role_changed"), 1, "a repeat changes nothing and is not recorded")
	r = boss.do(http.MethodPatch, rolePath(id), fields{"role": "STAFF"})
	require.Equal(t, []any{"ci_lumen"}, r.body["user"].(fields)["cinema_ids"], "a scope that is left out stays")
	r = boss.do(http.MethodPatch, rolePath(id), fields{"role": "STAFF", "cinema_ids": []string{}})
	require.Empty(t, r.body["user"].(fields)["cinema_ids"])
	require.Equal(t, "forbidden", ann.get("/api/admin/bookings").code(t))
	require.Equal(t, http.StatusOK, boss.post(rolePath(id), fields{"role": "USER"}).status)
	require.Equal(t, "USER", api.get("/api/me").str("role"))
	require.Empty(t, ann.get("/api/me").body["cinema_ids"])
	require.Len(t, b.record("user.role_changed"), 4)
}

func TestRole_refusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	boss, g := b.person("boss@example.com"), b.guest()
	ann := b.person("ann@example.com")
	for want, c := range map[string]struct {
		id   string
		body any
	}{
		"user_not_found":  {"us_none", fields{"role": "STAFF"}},
		"guest":           {g.id(), fields{"role": "STAFF"}},
		"bootstrap_admin": {boss.id(), fields{"role": "USER"}},
		"invalid_role":    {ann.id(), fields{"role": "admin"}},
		"invalid_cinema":  {ann.id(), fields{"role": "STAFF", "cinema_ids": []string{"ci_none"}}},
		"invalid_body":    {ann.id(), fields{"role": "STAFF", "granted": "ADMIN"}},
	} {
		for _, method := range []string{http.MethodPost, http.MethodPatch} {
			require.Equal(t, want, boss.do(method, rolePath(c.id), c.body).code(t))
		}
	}
	for _, role := range []string{"USER", "ADMIN"} {
		r := boss.post(rolePath(ann.id()), fields{"role": role, "cinema_ids": []string{"ci_lumen"}})
		require.Equal(t, "invalid_cinema", r.code(t), "an administrator has no scope")
	}
	require.Equal(t, "invalid_role", boss.post(rolePath(ann.id()), fields{}).code(t))
	require.Empty(t, b.record("user.role_changed"))
	require.Equal(t, "USER", ann.get("/api/me").str("role"))

	// A grant beside the list makes sure that the person stays an administrator when the address is taken off.
	r := boss.post(rolePath(boss.id()), fields{"role": "ADMIN"})
	require.Equal(t, "ADMIN", r.body["user"].(fields)["granted"])
	require.Equal(t, "bootstrap_admin", boss.post(rolePath(boss.id()), fields{"role": "STAFF"}).code(t))

	b.clock.Advance(16 * time.Minute)
	for _, path := range []string{rolePath(ann.id()), rolePath("us_none"), "/api/admin/users/" + ann.id() + "/sign-out"} {
		require.Equal(t, "step_up_required", boss.post(path, fields{"role": "STAFF"}).code(t))
	}
	require.Equal(t, http.StatusOK, boss.get("/api/admin/users").status, "looking needs no fresh sign-in")
}

func TestRole_the_last_administrator(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann, bea := b.person("ann@example.com"), b.person("bea@example.com")
	_, err := b.store.GrantRole(t.Context(), account.RoleChange{
		User: ident.User(ann.id()), Was: account.Grant{Role: account.RoleUser}, Now: account.Grant{Role: account.RoleAdmin}, At: b.clock.Now(),
	})
	require.NoError(t, err)
	b.clock.Advance(4 * time.Second)
	for _, role := range []string{"USER", "STAFF", "MANAGER"} {
		require.Equal(t, "last_admin", ann.post(rolePath(ann.id()), fields{"role": role}).code(t))
	}
	require.Empty(t, b.record("user.role_changed"), "what did not happen is not told")
	require.Equal(t, http.StatusOK, ann.post(rolePath(bea.id()), fields{"role": "ADMIN"}).status)
	require.Equal(t, http.StatusOK, ann.post(rolePath(ann.id()), fields{"role": "USER"}).status, "there is another one")
	require.Equal(t, "forbidden", ann.post(rolePath(ann.id()), fields{"role": "ADMIN"}).code(t), "and she is none any more")
	require.Equal(t, "last_admin", bea.post(rolePath(bea.id()), fields{"role": "USER"}).code(t))
	require.Equal(t, http.StatusOK, b.person("boss@example.com").get("/api/admin/ping").status)
	require.Equal(t, http.StatusOK, bea.post(rolePath(bea.id()), fields{"role": "USER"}).status, "who is listed and has signed in counts")
}

// The record comes first: where it cannot be written nothing happens.
func TestRole_needs_its_record(t *testing.T) {
	t.Parallel()
	broken := &brokenRecord{}
	b := setup(t, broken.install(t))
	boss, ann := b.person("boss@example.com"), b.person("ann@example.com")
	broken.down.Store(true)
	require.Equal(t, http.StatusServiceUnavailable, boss.post(rolePath(ann.id()), fields{"role": "ADMIN"}).status)
	require.Equal(t, http.StatusServiceUnavailable, boss.post("/api/admin/users/"+ann.id()+"/sign-out", nil).status)
	require.Equal(t, "USER", ann.get("/api/me").str("role"))
	broken.down.Store(false)
	require.Equal(t, http.StatusOK, boss.post(rolePath(ann.id()), fields{"role": "ADMIN"}).status)
}

func TestUsers_sign_out(t *testing.T) {
	t.Parallel()
	b := setup(t)
	boss, ann := b.person("boss@example.com"), b.person("ann@example.com")
	other := b.person("ann@example.com")
	api := ann.token()
	made := ann.post("/api/auth/tokens", fields{"name": "script", "scopes": []string{"read"}, "days": 1})
	require.Equal(t, http.StatusCreated, made.status, made.text)
	path := "/api/admin/users/" + ann.id() + "/sign-out"
	r := boss.post(path, nil)
	require.Equal(t, http.StatusOK, r.status, r.text)
	require.EqualValues(t, 2, r.body["ended"])
	require.EqualValues(t, 1, r.body["tokens"])
	for _, c := range []*client{ann, other, api} {
		require.Equal(t, http.StatusUnauthorized, c.get("/api/me").status)
	}
	require.Len(t, b.record("user.signed_out"), 1)
	require.EqualValues(t, 0, boss.post(path, nil).body["ended"])
	require.Equal(t, "user_not_found", boss.post("/api/admin/users/us_none/sign-out", nil).code(t))
	require.Equal(t, http.StatusOK, b.person("ann@example.com").get("/api/me").status, "she may sign in again")
}

func TestMe_tells_scope_and_freshness(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.granted("ann@example.com", "STAFF", "ci_lumen")
	me := ann.get("/api/me")
	require.Equal(t, "2026-03-10T12:15:00.000Z", me.str("step_up_until"))
	require.Equal(t, []any{"ci_lumen"}, me.body["cinema_ids"])
	require.Equal(t, me.str("step_up_until"), ann.token().get("/api/me").str("step_up_until"))
	g := b.guest().get("/api/me")
	require.NotContains(t, g.body, "step_up_until", "a guest never is")
	require.Equal(t, []any{}, g.body["cinema_ids"])
}

// walkOffice asks every route of people and of the office, for the check of the document.
func (b *bench) walkOffice(boss *client) {
	b.t.Helper()
	ann := b.person("ann@example.com").id()
	boss.get("/api/admin/users")
	boss.get("/api/admin/users?guests=true")
	boss.get("/api/admin/users/" + ann)
	boss.post(rolePath(ann), fields{"role": "STAFF", "cinema_ids": []string{"ci_lumen"}})
	boss.do(http.MethodPatch, rolePath(ann), fields{"role": "USER"})
	boss.post(rolePath("us_none"), fields{"role": "USER"})
	boss.post("/api/admin/users/"+ann+"/sign-out", nil)
	boss.get("/api/admin/bookings.csv")
	boss.post(refundPath(b.guest().buy("request-office", "A7")["id"]), fields{"reason": "goodwill"})
}
