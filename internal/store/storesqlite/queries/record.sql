-- The audit record and the answers kept for repeated requests.

-- name: insert_entry
INSERT INTO audit_logs (id, type, showtime, booking, user, seats, request, payload, at, position)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO NOTHING

-- name: entries_by_id
SELECT a.id, a.type, a.showtime, a.booking, a.user, a.seats, a.request, a.payload, a.at FROM json_each(?1) j CROSS JOIN audit_logs a ON a.id = j.value

-- fragment: entry_filter
WHERE true
--? type
  AND a.type = :type
--? showtime
  AND a.showtime = :showtime
--? user
  AND a.user = :user
--? booking
  AND a.booking = :booking AND a.booking <> ''
--? from
  AND a.at >= :from
--? to
  AND a.at < :to
--?

-- name: entries
SELECT a.id, a.type, a.showtime, a.booking, a.user, a.seats, a.request, a.payload, a.at FROM audit_logs a
{entry_filter}
ORDER BY a.at DESC, a.position DESC LIMIT :limit OFFSET :skip

-- name: count_entries
SELECT count(*) FROM audit_logs a
{entry_filter}

-- name: insert_request
INSERT INTO idempotent_requests (id, fingerprint, done, status, body, header, lease_until, expires, user) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (id) DO NOTHING

-- name: request
SELECT id, fingerprint, done, status, body, header, lease_until, expires, user FROM idempotent_requests WHERE id = ?1

-- name: lease_request
UPDATE idempotent_requests SET lease_until = ?2, expires = ?3 WHERE id = ?1

-- The first answer stays: an executor whose lease ran out may finish after the one that took over.
-- name: finish_request
INSERT INTO idempotent_requests (id, fingerprint, done, status, body, header, lease_until, expires, user) VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (id) DO UPDATE SET done = 1, status = excluded.status, body = excluded.body, header = excluded.header, expires = excluded.expires
WHERE done = 0 AND fingerprint = excluded.fingerprint

-- name: drop_request
DELETE FROM idempotent_requests WHERE id = ?1 AND done = 0

-- name: drop_requests
DELETE FROM idempotent_requests WHERE expires < ?1

-- name: delete_request
DELETE FROM idempotent_requests WHERE id = ?1
