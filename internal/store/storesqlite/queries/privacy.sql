-- Erasures, and what they take away.

-- fragment: erasure_columns
user, alias, actor, reason, asked_at, closed_at

-- name: begin_erasure
INSERT INTO erasures (user, alias, actor, reason, asked_at, closed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (user) DO NOTHING

-- name: erasure
SELECT {erasure_columns} FROM erasures WHERE user = ?1

-- name: erased
SELECT EXISTS (SELECT 1 FROM erasures WHERE user = ?1)

-- name: open_erasures
SELECT {erasure_columns} FROM erasures WHERE closed_at = 0 ORDER BY asked_at, user LIMIT ?1

-- name: close_erasure
UPDATE erasures SET closed_at = ?2, alias = '', actor = '', reason = '' WHERE user = ?1 AND closed_at = 0

-- name: identities_of
SELECT id FROM registers WHERE kind = 'identity' AND value = ?1 LIMIT 100

-- name: delete_identities_of
DELETE FROM registers WHERE kind = 'identity' AND value = ?1

-- name: delete_register
DELETE FROM registers WHERE kind = ?1 AND id = ?2 AND value = ?3

-- name: delete_merge
DELETE FROM merged_guests WHERE guest = ?1 AND account = ?2

-- name: delete_user
DELETE FROM users WHERE id = ?1

-- name: finished_bookings_of
SELECT id, email, name FROM bookings WHERE user = ?1 AND rank IN (4, 6) LIMIT ?2

-- name: contact_of
SELECT email, name FROM bookings WHERE id = ?1

-- name: disown_booking
UPDATE bookings SET user = ?2, owner = ?2, email = '', name = '' WHERE id = ?1

-- name: blank_contact
UPDATE bookings SET email = '', name = '' WHERE id = ?1

-- name: delete_booking_terms
DELETE FROM booking_terms WHERE booking = ?2 AND term IN (SELECT value FROM json_each(?1))

-- name: delete_requests_of
DELETE FROM idempotent_requests WHERE user = ?1
