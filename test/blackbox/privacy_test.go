package blackbox_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"cinema/internal/audit"
	"cinema/internal/clock"
	"cinema/internal/redistest"
	"cinema/internal/store/storesqlite"
	"cinema/test/harness"
)

// What tells who the person is. Each stands nowhere else, so that it is found wherever it is kept.
const (
	hisMail    = "zz.unmistakable@person.example" // also the subject of his sign-in
	hisName    = "Zzunmistakable Personsdottir"
	guestMail  = "zz.as.guest@person.example"
	hisAgent   = "ZZAgent/7.7 (Linux; unmistakable) Chrome/140.0"
	hisAddress = "203.0.113.77"
	hisProgram = "zzlaptop of mine"
)

// traces are what must be nowhere after the erasure, folded.
func traces() []string {
	digest := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:])[:16]
	}
	return []string{
		"zz.unmistakable", "zzunmistakable", "personsdottir", "zz.as.guest", "zzagent", hisAddress, "zzlaptop",
		strings.ToLower(url.QueryEscape(hisMail)), digest(hisMail), digest(hisAgent),
	}
}

// found lists the traces in a text.
func found(text []byte) (list []string) {
	folded := bytes.ToLower(text)
	for _, trace := range traces() {
		if bytes.Contains(folded, []byte(trace)) {
			list = append(list, trace)
		}
	}
	return list
}

// human sends what his browser sends: its name, and through a proxy his address.
type human struct{ *person }

func (h human) want(t *testing.T, status int, target string, body any, header ...string) harness.Answer {
	t.Helper()
	return h.person.want(t, status, target, body, append(header, "User-Agent", hisAgent, "X-Forwarded-For", hisAddress)...)
}

func (h human) signIn(t *testing.T) {
	t.Helper()
	h.me(t, h.want(t, http.StatusOK, "POST /api/auth/dev/login", map[string]string{"email": hisMail, "name": hisName}))
}

// buy is a sale whose checkout is remembered by its key, with the answer.
func (h human) buy(t *testing.T, in *hall, customer map[string]string, seats ...string) booking {
	t.Helper()
	r := h.request()
	h.want(t, http.StatusOK, "POST "+in.path("/seats/lock"), sale{Request: r, Seats: seats})
	b := bookingOf(t, h.want(t, http.StatusCreated, "POST "+in.path("/bookings/checkout"),
		sale{Request: r, Seats: seats, Customer: customer}, "Idempotency-Key", "checkout-"+r))
	b = bookingOf(t, h.want(t, http.StatusOK, "POST /api/bookings/"+b.ID+"/settle", map[string]string{"payment_token": "tok_approve"},
		"Idempotency-Key", "settle-"+r))
	require.Equal(t, "BOOKED", b.Status)
	return b
}

// live is everything that a person can do. It returns a device that is signed in and a booking with valid tickets.
func live(t *testing.T, w *world, in *hall, admin *person) (human, booking) {
	t.Helper()
	contact := map[string]string{"email": guestMail, "name": hisName}
	first := human{w.visitor(t)}
	first.me(t, first.want(t, http.StatusOK, "POST /api/auth/guest", nil))
	looked := first.buy(t, in, contact, in.free(t, 2, "standard")...)
	first.signIn(t) // the guest becomes the account
	second := human{w.visitor(t)}
	same(first.person, second.person)
	second.me(t, second.want(t, http.StatusOK, "POST /api/auth/guest", nil))
	second.buy(t, in, contact, in.free(t, 2, "standard")...)
	second.signIn(t) // this one is merged into it
	sold := second.buy(t, in, nil, in.free(t, 2, "standard")...)
	back := second.buy(t, in, nil, in.free(t, 2, "standard")...)
	second.want(t, http.StatusOK, "POST /api/bookings/"+back.ID+"/cancel", nil, "Idempotency-Key", "cancel-"+back.ID)
	second.want(t, http.StatusOK, "POST "+in.path("/seats/lock"), sale{Request: second.request(), Seats: in.free(t, 2, "standard")})
	second.want(t, http.StatusCreated, "POST /api/auth/tokens", map[string]any{"name": hisProgram, "scopes": []string{"read"}, "days": 1})
	second.want(t, http.StatusOK, "GET /api/bookings/"+sold.ID+"/tickets.pdf", nil)
	same(first.person, w.visitor(t)) // his telephone, where he has not signed in
	telephone := first.also[len(first.also)-1]
	telephone.want(t, http.StatusOK, "POST /api/bookings/lookup", map[string]string{"reference": looked.Reference, "email": guestMail})
	admin.want(t, http.StatusOK, "GET /api/admin/bookings.csv?q="+hisMail, nil)
	admin.want(t, http.StatusOK, "POST /api/admin/bookings/"+looked.ID+"/refund", map[string]any{
		"reason": "the sound failed", "ticket_ids": []string{looked.Tickets[0].ID},
	})
	return second, sold
}

// pages is every page of an administrator's list.
func pages(t *testing.T, admin *person, path string) []byte {
	t.Helper()
	var all []byte
	for skip := 0; ; skip += 200 {
		var v struct{ Items []json.RawMessage }
		a := admin.want(t, http.StatusOK, fmt.Sprintf("GET %s?limit=200&skip=%d", path, skip), nil)
		require.NoError(t, a.JSON(&v))
		all = append(all, a.Body...)
		if len(v.Items) < 200 {
			return all
		}
	}
}

// office is everything that administrators can read of people.
func office(t *testing.T, admin *person) map[string][]byte {
	t.Helper()
	return map[string][]byte{
		"bookings": pages(t, admin, "/api/admin/bookings"), "users": pages(t, admin, "/api/admin/users"), "record": pages(t, admin, "/api/admin/audit"),
		"csv": admin.want(t, http.StatusOK, "GET /api/admin/bookings.csv", nil).Body,
	}
}

// erasure lets a person do everything, erases him, and looks for him everywhere. outside reads what the engines keep.
func erasure(t *testing.T, w *world, outside func() map[string][]byte) {
	in, admin := w.take(t, "Grand"), w.admin(t)
	p, sold := live(t, w, in, admin)
	id, log := p.id, w.server.Log()
	copied := p.want(t, http.StatusOK, "GET /api/me/export", nil)
	require.Subset(t, found(copied.Body), []string{"zz.unmistakable", "personsdottir", "zz.as.guest", "zzlaptop", hisAddress})
	require.Contains(t, copied.Header.Get("Content-Disposition"), "attachment")
	require.Contains(t, string(copied.Body), sold.Tickets[0].Code, "his tickets are his")
	settled(t, admin, sold)
	log += w.server.Log()
	everything := outside()
	here := map[string]bool{}
	for _, raw := range everything {
		for _, trace := range found(raw) {
			here[trace] = true
		}
	}
	require.True(t, here["zz.unmistakable"] && here["zz.as.guest"] && here["personsdottir"] && here["zzlaptop"], "the search finds him while he is there: %v", here)

	other := human{w.visitor(t)}
	for _, q := range append([]*person{p.person}, p.also...) {
		same(q, other.person)
	}
	other.signIn(t)
	var v struct {
		OK, Done bool
		Kept     struct{ Bookings, Tickets int }
	}
	p.refused(t, "invalid_body", "DELETE /api/me", map[string]string{"confirm": "somebody@example.com"})
	require.NoError(t, p.want(t, http.StatusOK, "DELETE /api/me", map[string]string{"confirm": hisMail}).JSON(&v))
	require.True(t, v.OK && v.Done)
	require.Equal(t, 4, v.Kept.Bookings)
	require.Equal(t, 5, v.Kept.Tickets, "two of each sale that stands, but for the one that was refunded")
	require.Eventually(t, func() bool {
		return other.do(t, "GET /api/me", nil).Status == http.StatusUnauthorized
	}, 5*time.Second, 50*time.Millisecond, "sessions end within five seconds")
	p.refused(t, "unauthorized", "GET /api/me", nil)
	admin.refused(t, "user_not_found", "DELETE /api/admin/users/"+id, map[string]string{"reason": "again"})

	seats := in.state(t, w.visitor(t))
	require.Empty(t, seats.Locks, "what he held is for sale")
	require.Subset(t, seats.Booked, sold.SeatIDs)
	for where, text := range office(t, admin) {
		require.Empty(t, found(text), where)
	}
	var acts struct {
		Total int
		Items []struct {
			UserID string `json:"user_id"`
		}
	}
	require.NoError(t, admin.want(t, http.StatusOK, "GET /api/admin/audit?type=user.erased", nil).JSON(&acts))
	require.Equal(t, 1, acts.Total)
	require.Equal(t, id, acts.Items[0].UserID)
	require.Empty(t, found([]byte(log+w.server.Log())), "log")
	refund := admin.want(t, http.StatusOK, "POST /api/admin/bookings/"+sold.ID+"/refund", map[string]any{"reason": "the lamp burnt out"})
	require.Equal(t, "CANCELLED", bookingOf(t, refund).Status, "staff can still give the money back")
	for where, raw := range outside() {
		require.Empty(t, found(raw), where)
	}
}

// settled waits until the record has the sale, so that nothing is on its way any more.
func settled(t *testing.T, admin *person, b booking) {
	t.Helper()
	require.Eventually(t, func() bool {
		var v struct{ Total int }
		return admin.do(t, "GET /api/admin/audit?type=booking.success&booking_id="+b.ID, nil).JSON(&v) == nil && v.Total > 0
	}, patience, patience/200)
}

// verified runs cinema audit verify beside the server.
func verified(t *testing.T, s *harness.Server, env ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), harness.Binary(t), "audit", "verify")
	cmd.Dir = s.Dir()
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.Dir(), "APP_ENV=development", "DATA_DIR=" + filepath.Join(s.Dir(), "data")}, env...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// rows is a copy of the embedded store as it is now: what its tables hold, without what is free.
func rows(t *testing.T, dir string) []byte {
	t.Helper()
	target := filepath.Join(t.TempDir(), "copy.db")
	require.NoError(t, storesqlite.Backup(t.Context(), dir, target))
	raw, err := os.ReadFile(target)
	require.NoError(t, err)
	return raw
}

// documents is every document of every collection, by collection.
func documents(t *testing.T, uri string) map[string][]byte {
	t.Helper()
	ctx, u := t.Context(), strings.Split(uri, "?")[0]
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Disconnect(context.WithoutCancel(ctx))) }()
	db := client.Database(u[strings.LastIndexByte(u, '/')+1:])
	names, err := db.ListCollectionNames(ctx, bson.D{})
	require.NoError(t, err)
	require.Greater(t, len(names), 10)
	out := make(map[string][]byte, len(names))
	for _, name := range names {
		cursor, err := db.Collection(name).Find(ctx, bson.D{})
		require.NoError(t, err)
		for cursor.Next(ctx) {
			out[name] = append(out[name], cursor.Current...)
		}
		require.NoError(t, cursor.Err())
		require.NoError(t, cursor.Close(ctx))
	}
	return out
}

// remembered is every key of Redis with what it holds. Values are read by their types: a dump would be packed.
func remembered(r *redistest.Server) map[string][]byte {
	out := make(map[string][]byte)
	for key := range strings.FieldsSeq(r.CLI("--scan")) {
		var text string
		switch kind := r.CLI("TYPE", key); kind {
		case "string":
			text = r.CLI("GET", key)
		case "hash":
			text = r.CLI("HGETALL", key)
		case "zset":
			text = r.CLI("ZRANGE", key, "0", "-1", "WITHSCORES")
		case "set":
			text = r.CLI("SMEMBERS", key)
		case "list":
			text = r.CLI("LRANGE", key, "0", "-1")
		case "stream":
			text = r.CLI("XRANGE", key, "-", "+")
		case "none": // it ended meanwhile
		default:
			panic("a kind of key that nobody looks into: " + kind)
		}
		out[key] = []byte(key + "\n" + text)
	}
	return out
}

// auditKey is a file with the secret of the record, which processes on one store share.
func auditKey(t *testing.T) string {
	t.Helper()
	keys, err := audit.NewKeys()
	require.NoError(t, err)
	raw, err := keys.PEM()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "audit.pem")
	require.NoError(t, os.WriteFile(path, raw, 0o600))
	return path
}

// files is a folder's files.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		out[path] = raw
		return err
	}))
	return out
}

// proxied lets the server believe the proxy that the test is, and count what it has no reason to refuse.
var proxied = []string{"LOG_LEVEL=debug", "TRUSTED_PROXIES=127.0.0.1", "RATE_LIMITS=reads=5000/1m,lock=5000/1m,confirm=5000/1m,changes=5000/1m,signin=5000/1m,lookup=50/1m"}

// TestErasure proves that nothing of an erased person is left: in the lists of administrators, the log, the store's files with their free
// pages, every collection of MongoDB and every key of Redis; and that the record's chain still verifies.
func TestErasure(t *testing.T) {
	t.Parallel()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, proxied...)
		dir := filepath.Join(w.server.Dir(), "data")
		erasure(t, w, func() map[string][]byte {
			return map[string][]byte{"rows": rows(t, dir)}
		})
		verified(t, w.server)
		w.server.Stop()
		c := clock.NewFake(time.Now())
		s, err := storesqlite.Open(t.Context(), storesqlite.Options{Dir: dir, Clock: c})
		require.NoError(t, err)
		for range 3 { // quiet minutes, in which the file is written anew
			require.NoError(t, s.Scrub(t.Context()))
			c.Advance(time.Minute)
		}
		require.NoError(t, s.Close())
		for path, raw := range files(t, dir) {
			require.Empty(t, found(raw), path)
		}
		verified(t, w.server)
	})
	t.Run("redis and mongo", func(t *testing.T) {
		t.Parallel()
		redis, uri := redistest.Start(t), database(t)
		key := auditKey(t)
		env := append([]string{"REDIS_ADDR=" + redis.Addr, "MONGO_URI=" + uri, "MONGO_ALLOW_STANDALONE=1", "AUDIT_KEY_FILE=" + key}, proxied...)
		servers := harness.StartShared(t, 2, env...)
		w := &world{server: servers[0]}
		erasure(t, w, func() map[string][]byte {
			all := documents(t, uri)
			for name, raw := range remembered(redis) {
				all["redis "+name] = raw
			}
			return all
		})
		require.Empty(t, found([]byte(servers[1].Log())))
		verified(t, servers[0], "MONGO_URI="+uri, "MONGO_ALLOW_STANDALONE=1", "AUDIT_KEY_FILE="+key)
	})
}
