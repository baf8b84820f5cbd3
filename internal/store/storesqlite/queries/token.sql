-- Sessions that change their value, personal tokens, and what was revoked before its end.

-- fragment: token_columns
id, hash, user, name, scopes, issuer, created_at, expires_at, last_used

-- name: insert_session
INSERT INTO sessions ({session_columns})
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT (hash) DO NOTHING

-- name: end_replaced
UPDATE sessions SET ends = ?2 WHERE hash = (SELECT replaces FROM sessions WHERE hash = ?1) AND ends = 0

-- name: confirm_session
UPDATE sessions SET replaces = '' WHERE hash = ?1

-- name: renew_sessions_of
UPDATE sessions SET rotated = 0 WHERE user = ?1

-- name: sessions_named
SELECT {session_columns} FROM sessions WHERE id IN (SELECT value FROM json_each(?1)) AND id <> '' ORDER BY id, hash

-- name: values_of_session
SELECT hash, bookings FROM sessions WHERE hash = ?1 OR id <> '' AND id = (SELECT id FROM sessions WHERE hash = ?1)

-- name: end_session
DELETE FROM sessions WHERE user = ?1 AND id = ?2 AND id <> ''

-- name: count_live_tokens
SELECT count(*) FROM personal_tokens WHERE user = ?1 AND expires_at > ?2

-- name: insert_token
INSERT INTO personal_tokens ({token_columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING

-- name: token_by_hash
SELECT {token_columns} FROM personal_tokens WHERE hash = ?1

-- name: tokens_named
SELECT {token_columns} FROM personal_tokens WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY id

-- name: tokens_of
SELECT {token_columns} FROM personal_tokens WHERE user = ?1 ORDER BY created_at DESC, id DESC LIMIT ?2

-- name: touch_token
UPDATE personal_tokens SET last_used = max(last_used, ?2) WHERE id = ?1

-- name: delete_token
DELETE FROM personal_tokens WHERE user = ?1 AND id = ?2

-- name: delete_tokens_of
DELETE FROM personal_tokens WHERE user = ?1

-- name: revoke_token
INSERT INTO revoked_tokens (id, expires) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET expires = max(expires, excluded.expires)

-- name: revoked_tokens
SELECT id FROM revoked_tokens WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY id

-- name: drop_ended_sessions
DELETE FROM sessions WHERE ends <> 0 AND ends < ?1

-- name: drop_ended_tokens
DELETE FROM personal_tokens WHERE expires_at < ?1

-- name: drop_revocations
DELETE FROM revoked_tokens WHERE expires < ?1

-- name: export_tokens
SELECT {token_columns} FROM personal_tokens WHERE ?1 = '' AND id > ?2 ORDER BY id LIMIT ?3

-- name: export_revocations
SELECT id, expires FROM revoked_tokens WHERE ?1 = '' AND id > ?2 ORDER BY id LIMIT ?3
