package httpapi_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/ident"
	"cinema/internal/money"
)

const exportPath = "/api/admin/bookings.csv"

// table reads an export as a program does: by the names of its first row.
func table(t *testing.T, r response) []map[string]string {
	t.Helper()
	require.Equal(t, http.StatusOK, r.status, r.text)
	text, marked := strings.CutPrefix(r.text, "\uFEFF")
	require.True(t, marked, "the file says that it is UTF-8")
	require.Equal(t, strings.Count(text, "\n"), strings.Count(text, "\r\n"), "lines end as RFC 4180 says")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	var out []map[string]string
	for _, cells := range rows[1:] {
		row := make(map[string]string)
		for i, name := range rows[0] {
			row[name] = cells[i]
		}
		out = append(out, row)
	}
	return out
}

func TestExport(t *testing.T) {
	t.Parallel()

	t.Run("tells what the list tells", func(t *testing.T) {
		t.Parallel()
		b, mia, near, _ := office(t)
		b.clock.Advance(time.Second)
		b.guest().buyAt(onSale, "request-3", "A2", fields{"customer": fields{"email": "eve@example.com", "name": "=HYPERLINK(\"http://x\";\"Eve\")"}})
		boss := b.person("boss@example.com")
		require.Equal(t, http.StatusOK, boss.post(refundPath(near["id"]), fields{"reason": "goodwill"}).status)
		r := boss.get(exportPath)
		require.Equal(t, "text/csv; charset=utf-8", r.header.Get("Content-Type"))
		require.Equal(t, `attachment; filename="bookings-20260310-120002.csv"`, r.header.Get("Content-Disposition"))
		require.Equal(t, "no-store", r.header.Get("Cache-Control"))
		require.Equal(t, "nosniff", r.header.Get("X-Content-Type-Options"))
		rows := table(t, r)
		require.Len(t, rows, 3)
		require.NotContains(t, r.text, "CT1:", "no text that admits anybody")
		require.Equal(t, `'=HYPERLINK("http://x";"Eve")`, rows[0]["customer_name"])
		last := rows[2]
		require.Equal(t, map[string]string{
			"reference": near["reference"].(string), "status": "CANCELLED", "reason": "", "booked_at": "2026-03-10T12:00:00.000Z", "film": "Low Orbit",
			"starts_at": "2026-03-11T12:00:00.000Z", "cinema_id": "ci_lumen", "showtime_id": onSale, "seats": "A1", "seat_count": "1", "amount": "12.50",
			"currency": "GBP", "refunded": "12.50", "refund_state": "succeeded", "customer_name": "Ann", "customer_email": "ann@example.com",
			"user_id": last["user_id"], "booking_id": near["id"].(string), "payment_ref": near["payment_ref"].(string),
		}, last)

		require.Len(t, table(t, mia.get(exportPath)), 2, "a manager's own cinemas")
		require.Empty(t, table(t, mia.get(exportPath+"?showtime_id="+farSale)))
		require.Len(t, table(t, boss.get(exportPath+"?status=CANCELLED&from=2026-03-10T00:00:00Z&q=ann@example.com")), 1)
		entries := b.record("export.bookings")
		require.Len(t, entries, 4)
		require.Contains(t, string(entries[0].Payload), `"after":{"from":"2026-03-10T00:00:00.000Z","status":"CANCELLED","text":true}`)
		require.NotContains(t, string(entries[0].Payload), "ann@example.com", "what was looked for is sealed")
		require.Contains(t, string(entries[2].Payload), `"cinema_ids":["ci_lumen"]`)

		require.Equal(t, "forbidden", b.granted("stu@example.com", "STAFF").get(exportPath).code(t))
		for _, query := range []string{"from=yesterday", "status=OPEN", "user_id=a:b", "q=%01"} {
			require.Equal(t, "invalid_query", boss.get(exportPath+"?"+query).code(t), query)
		}
		require.Len(t, b.record("export.bookings"), 4, "what is refused is no export")
		head := boss.do(http.MethodHead, exportPath, nil)
		require.Equal(t, http.StatusOK, head.status)
		require.Equal(t, "text/csv; charset=utf-8", head.header.Get("Content-Type"))
	})
	t.Run("any number of rows, newest first", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		const many = 1234
		b.sales(t, many)
		rows := table(t, b.person("boss@example.com").get(exportPath))
		require.Len(t, rows, many)
		for i, row := range rows {
			require.Equal(t, fmt.Sprintf("bk_%06d", many-1-i), row["booking_id"])
		}
	})
	t.Run("not without its record", func(t *testing.T) {
		t.Parallel()
		broken := &brokenRecord{}
		b, _, _, _ := office(t, broken.install(t))
		broken.down.Store(true)
		require.Equal(t, http.StatusServiceUnavailable, b.person("boss@example.com").get(exportPath).status)
	})
	t.Run("few at a time", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		boss := b.person("boss@example.com")
		free := b.server.FillExports()
		r := boss.get(exportPath)
		require.Equal(t, http.StatusServiceUnavailable, r.status)
		require.Equal(t, "export_busy", r.code(t))
		require.Equal(t, "5", r.header.Get("Retry-After"))
		free()
		for range 5 { // each gives its place back
			require.Equal(t, http.StatusOK, boss.get(exportPath).status)
		}
	})
	t.Run("one that cannot go on is cut short", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.sales(t, 3)
		boss := b.person("boss@example.com")
		for range 5 {
			req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, exportPath, nil)
			req.Header.Set("Cookie", boss.cookie)
			// A recorder has no connection whose deadline could be moved, which is an error after the status was chosen.
			require.PanicsWithValue(t, http.ErrAbortHandler, func() { b.server.Handler().ServeHTTP(httptest.NewRecorder(), req) })
		}
		require.Len(t, table(t, boss.get(exportPath)), 3, "and gives its place back too")
	})
}

// sales imports finished bookings, a second apart.
func (b *bench) sales(t testing.TB, n int) {
	t.Helper()
	all := make([]booking.Booking, n)
	for i := range all {
		id := fmt.Sprintf("bk_%06d", i)
		at := start.Add(time.Duration(i-n) * time.Second)
		all[i] = booking.Booking{
			ID: ident.Booking(id), Reference: "K7M2-9QXD", User: "us_a", Owner: "us_a", Request: ident.Request("request-" + id), Showtime: onSale,
			Cinema: "ci_lumen", Seats: []ident.Seat{"A1"}, Amount: money.Of(1250, "GBP"), Fingerprint: "f", Customer: booking.Customer{Email: "a@b.c", Name: "Ann"},
			Status: booking.Failed, Reason: booking.ReasonDeclined, Provider: "mock", CreatedAt: at, PayDeadline: at, UpdatedAt: at,
		}
	}
	written, err := b.store.ImportSales(b.t.Context(), all)
	require.NoError(t, err)
	require.Equal(t, n, written)
}
