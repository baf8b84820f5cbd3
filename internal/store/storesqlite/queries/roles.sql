-- Who may do what: people by their role, grants, and when people were last seen.

-- Addresses may raise verified people to a role; see account.RoleFilter.
-- fragment: user_filter
WHERE true
--? text
  AND u.id IN (
    SELECT user FROM user_terms WHERE term >= :word1 AND term < :word1_end
--? word2
    INTERSECT
    SELECT user FROM user_terms WHERE term >= :word2 AND term < :word2_end
--? word3
    INTERSECT
    SELECT user FROM user_terms WHERE term >= :word3 AND term < :word3_end
--? text
  )
--? people
  AND u.guest = 0
--? role
  AND u.granted IN (SELECT value FROM json_each(:exact))
--? raised
  AND u.granted IN (SELECT value FROM json_each(:at_most))
  AND (u.granted IN (SELECT value FROM json_each(:exact)) OR u.verified = 1 AND u.guest = 0 AND u.email IN (SELECT value FROM json_each(:here)))
  AND NOT (u.verified = 1 AND u.guest = 0 AND u.email IN (SELECT value FROM json_each(:above)))
--?

-- name: users
SELECT {user_columns} FROM users u
{user_filter}
ORDER BY u.created_at DESC, u.id DESC LIMIT :limit OFFSET :skip

-- name: count_users
SELECT count(*) FROM users u
{user_filter}

-- name: grant_role
UPDATE users SET granted = ?2, cinemas = ?3, updated_at = max(updated_at, ?4) WHERE id = ?1

-- ?1 are those who do not count, ?2 the addresses that are listed.
-- name: other_admin
SELECT EXISTS (SELECT 1 FROM users u WHERE u.id NOT IN (SELECT value FROM json_each(?1)) AND u.guest = 0 AND u.granted = 'ADMIN')
  OR EXISTS (SELECT 1 FROM users u WHERE u.id NOT IN (SELECT value FROM json_each(?1)) AND u.guest = 0 AND u.verified = 1 AND u.email <> ''
             AND u.email IN (SELECT value FROM json_each(?2)))

-- name: last_seen
SELECT user, max(last_seen) FROM sessions WHERE user IN (SELECT value FROM json_each(?1)) GROUP BY user
