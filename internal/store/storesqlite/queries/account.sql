-- Users, identities, merges and sessions.

-- fragment: user_columns
u.id, u.email, u.name, u.picture, u.verified, u.guest, u.granted, u.cinemas, u.created_at, u.updated_at

-- fragment: session_columns
hash, user, issuer, created_at, last_seen, auth_time, rotated, agent, bookings, id, subject, label, replaces, ends

-- name: user
SELECT {user_columns} FROM users u WHERE u.id = ?1

-- Role and scope of a user who is there stay: grant_role changes them.
-- name: save_user
INSERT INTO users (id, email, name, picture, verified, guest, granted, cinemas, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (id) DO UPDATE SET email = excluded.email, name = excluded.name, picture = excluded.picture, verified = excluded.verified,
  guest = excluded.guest, created_at = excluded.created_at, updated_at = excluded.updated_at

-- name: delete_user_terms
DELETE FROM user_terms WHERE user = ?1

-- name: insert_user_term
INSERT INTO user_terms (term, user) VALUES (?1, ?2) ON CONFLICT DO NOTHING

-- name: insert_merge
INSERT INTO merged_guests (guest, account) VALUES (?1, ?2) ON CONFLICT (guest) DO NOTHING

-- name: merged_guests
SELECT guest FROM merged_guests WHERE account = ?1 ORDER BY position LIMIT ?2

-- name: put_session
INSERT INTO sessions ({session_columns})
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
ON CONFLICT (hash) DO UPDATE SET user = excluded.user, issuer = excluded.issuer, created_at = excluded.created_at, last_seen = excluded.last_seen,
  auth_time = excluded.auth_time, rotated = excluded.rotated, agent = excluded.agent, bookings = excluded.bookings, id = excluded.id,
  subject = excluded.subject, label = excluded.label, replaces = excluded.replaces, ends = excluded.ends

-- name: session
SELECT {session_columns} FROM sessions WHERE hash = ?1

-- name: sessions_of
SELECT {session_columns} FROM sessions WHERE user = ?1 ORDER BY last_seen DESC, hash LIMIT ?2

-- Last seen never goes back, so that two touches that overtake each other do no harm.
-- name: touch_session
UPDATE sessions SET last_seen = max(last_seen, ?2) WHERE hash = ?1

-- name: set_session_bookings
UPDATE sessions SET bookings = ?2 WHERE hash = ?1

-- name: delete_session
DELETE FROM sessions WHERE hash = ?1

-- name: delete_sessions_of
DELETE FROM sessions WHERE user = ?1 AND hash <> ?2

-- name: drop_sessions
DELETE FROM sessions WHERE last_seen < ?1
