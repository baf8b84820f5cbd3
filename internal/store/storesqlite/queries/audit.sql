-- The keys of users and the chain over the record.

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
