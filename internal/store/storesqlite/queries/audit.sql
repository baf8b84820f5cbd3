-- The keys of users and the chain over the record.

-- fragment: kept_columns
a.id, a.type, a.showtime, a.booking, a.user, a.seats, a.request, a.payload, a.at, a.position

-- name: queue_entries
INSERT INTO audit_unsealed (position, entry) SELECT value ->> 0, value ->> 1 FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING

-- name: unsealed
SELECT position, entry FROM audit_unsealed WHERE (position, entry) > (?1, ?2) ORDER BY position, entry LIMIT ?3

-- name: count_unsealed
SELECT count(*) FROM audit_unsealed

-- name: unqueue_entries
DELETE FROM audit_unsealed WHERE (position, entry) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))

-- name: kept_entries
SELECT {kept_columns} FROM json_each(?1) j CROSS JOIN audit_logs a ON a.id = j.value

-- An entry that was queued again has another place there than its own; such rows are rare, and looking through all is the last resort.
-- name: loose_entries
SELECT {kept_columns}, CASE
    WHEN c.n IS NOT NULL THEN 0
    WHEN EXISTS (SELECT 1 FROM audit_unsealed u WHERE u.position = a.position AND u.entry = a.id) THEN 0
    WHEN EXISTS (SELECT 1 FROM audit_unsealed u WHERE u.entry = a.id) THEN 0
    ELSE 1
  END
FROM audit_logs a LEFT JOIN audit_chain c ON c.entry = a.id
WHERE a.id >= ?1 ORDER BY a.id LIMIT ?2

-- name: insert_link
INSERT INTO audit_chain (n, entry, digest, prev, hash) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (n) DO NOTHING

-- name: last_link
SELECT n, entry, digest, prev, hash FROM audit_chain ORDER BY n DESC LIMIT 1

-- name: links
SELECT n, entry, digest, prev, hash FROM audit_chain WHERE n > ?1 ORDER BY n LIMIT ?2

-- name: links_of
SELECT c.n, c.entry, c.digest, c.prev, c.hash FROM json_each(?1) j CROSS JOIN audit_chain c ON c.entry = j.value

-- name: keep_checkpoint
INSERT INTO audit_checkpoints (seq, statement) VALUES (?1, ?2) ON CONFLICT (seq) DO NOTHING

-- name: checkpoints
SELECT seq, statement FROM audit_checkpoints WHERE seq > ?1 ORDER BY seq LIMIT ?2

-- name: last_checkpoint
SELECT seq, statement FROM audit_checkpoints ORDER BY seq DESC LIMIT 1

-- name: put_mark
INSERT INTO audit_marks (name, rank, value) VALUES (?1, ?2, ?3)
ON CONFLICT (name) DO UPDATE SET rank = excluded.rank, value = excluded.value WHERE rank < excluded.rank

-- name: mark
SELECT name, rank, value FROM audit_marks WHERE name = ?1

-- name: import_mark
INSERT INTO audit_marks (name, rank, value) VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET rank = excluded.rank, value = excluded.value

-- name: user_keys
SELECT user, wrapped, destroyed_at FROM user_keys WHERE user = ?1

-- name: put_user_key
INSERT INTO user_keys (user, wrapped, destroyed_at) VALUES (?1, json_object(?2, ?3), 0)
ON CONFLICT (user) DO UPDATE SET wrapped = json_set(wrapped, '$."' || ?2 || '"', ?3)
WHERE destroyed_at = 0 AND wrapped ->> ('$."' || ?2 || '"') IS NULL

-- The old text is overwritten in its place: a deleted one would stay readable in the file until its page is used again.
-- name: destroy_user_keys
INSERT INTO user_keys (user, wrapped, destroyed_at) VALUES (?1, '{}', ?2)
ON CONFLICT (user) DO UPDATE SET wrapped = printf('%' || length(wrapped) || 's', '{}'), destroyed_at = excluded.destroyed_at
WHERE destroyed_at = 0

-- name: import_user_keys
INSERT INTO user_keys (user, wrapped, destroyed_at) VALUES (?1, ?2, ?3) ON CONFLICT (user) DO NOTHING
