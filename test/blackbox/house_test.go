package blackbox_test

import (
	"net/http"
	"testing"
)

// TestPrograms_are_nobody_new: a token that an administrator made for a program reads and manages what its scope says, and never counts as
// a person who has just signed in.
func TestPrograms_are_nobody_new(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h, admin, p := w.take(t, "Grand"), w.admin(t), w.account(t)
	_, b := h.buy(t, p, h.free(t, 1, "standard")...)
	program, reader := admin.exchange(t, admin.personalToken(t, "read", "book", "manage")), admin.exchange(t, admin.personalToken(t, "read"))
	program.all, reader.all = true, true
	program.want(t, http.StatusOK, "GET /api/admin/bookings?limit=1", nil)
	h.unchanged(t, p, func() {
		for target, body := range map[string]any{
			"POST /api/admin/users/" + p.id + "/role":      map[string]string{"role": "ADMIN"},
			"PATCH /api/admin/users/" + p.id + "/role":     map[string]string{"role": "STAFF"},
			"POST /api/admin/users/" + p.id + "/sign-out":  nil,
			"DELETE /api/admin/users/" + p.id:              map[string]string{"reason": "a program wants to"},
			"POST /api/admin/bookings/" + b.ID + "/refund": map[string]string{"reason": "a program wants to"},
		} {
			program.refused(t, "step_up_required", target, body)
			reader.refused(t, "insufficient_scope", target, body)
		}
	})
	p.want(t, http.StatusOK, "GET /api/me", nil)
	p.refused(t, "forbidden", "GET /api/admin/ping", nil)
}
