-- What a move between stores reads and counts. ?1 and ?2 are the place after which a listing goes on, ?3 bounds it.

-- name: export_cinemas
SELECT id, slug, name, address, zone, currency, day_cut, orphan FROM cinemas WHERE ?1 = '' AND id > ?2 ORDER BY id LIMIT ?3

-- name: export_auditoriums
SELECT id, cinema, name, attributes, accessibility, turnaround FROM auditoriums WHERE ?1 = '' AND id > ?2 ORDER BY id LIMIT ?3

-- name: export_layouts
SELECT id, auditorium, version, plan FROM layouts WHERE ?1 = '' AND id > ?2 ORDER BY id LIMIT ?3

-- name: export_movies
SELECT id, slug, title, tagline, synopsis, runtime, genres, rating, motif, hue, language, tags FROM movies WHERE ?1 = '' AND id > ?2 ORDER BY id LIMIT ?3

-- name: export_price_cards
SELECT id, name, currency, types, prices FROM price_cards WHERE ?1 = '' AND id > ?2 ORDER BY id LIMIT ?3

-- name: export_showtimes
SELECT {showtime_columns} FROM showtimes s WHERE ?1 = '' AND s.id > ?2 ORDER BY s.id LIMIT ?3

-- name: export_blocks
SELECT showtime, seat, reason FROM seat_blocks WHERE (showtime, seat) > (?1, ?2) ORDER BY showtime, seat LIMIT ?3

-- name: export_users
SELECT {user_columns} FROM users u WHERE ?1 = '' AND u.id > ?2 ORDER BY u.id LIMIT ?3

-- name: export_sessions
SELECT {session_columns} FROM sessions WHERE ?1 = '' AND hash > ?2 ORDER BY hash LIMIT ?3

-- name: export_bookings
SELECT {booking_columns} FROM bookings b WHERE ?1 = '' AND b.id > ?2 ORDER BY b.id LIMIT ?3

-- name: export_claims
SELECT showtime, seat, booking FROM seat_claims WHERE (showtime, seat) > (?1, ?2) ORDER BY showtime, seat LIMIT ?3

-- name: export_registers
SELECT kind, id, value FROM registers WHERE (kind, id) > (?1, ?2) AND kind <> 'copy' ORDER BY kind, id LIMIT ?3

-- name: export_outbox
SELECT id, type, showtime, booking, user, seats, request, payload, at FROM outbox WHERE (at, id) > (CAST(?1 AS INTEGER), ?2) ORDER BY at, id LIMIT ?3

-- name: export_audit
SELECT {kept_columns} FROM audit_logs a WHERE (at, id) > (CAST(?1 AS INTEGER), ?2) ORDER BY at, id LIMIT ?3

-- name: export_links
SELECT n, entry, digest, prev, hash FROM audit_chain WHERE ?1 = '' AND n > CAST(?2 AS INTEGER) ORDER BY n LIMIT ?3

-- name: export_unsealed
SELECT position, entry FROM audit_unsealed WHERE (position, entry) > (CAST(?1 AS INTEGER), ?2) ORDER BY position, entry LIMIT ?3

-- name: export_checkpoints
SELECT seq, statement FROM audit_checkpoints WHERE ?1 = '' AND seq > CAST(?2 AS INTEGER) ORDER BY seq LIMIT ?3

-- name: export_marks
SELECT name, rank, value FROM audit_marks WHERE ?1 = '' AND name > ?2 ORDER BY name LIMIT ?3

-- name: export_user_keys
SELECT user, wrapped, destroyed_at FROM user_keys WHERE ?1 = '' AND user > ?2 ORDER BY user LIMIT ?3

-- name: export_requests
SELECT id, fingerprint, done, status, body, header, lease_until, expires, user FROM idempotent_requests WHERE ?1 = '' AND id > ?2 ORDER BY id LIMIT ?3

-- name: export_erasures
SELECT {erasure_columns} FROM erasures WHERE ?1 = '' AND user > ?2 ORDER BY user LIMIT ?3

-- name: count_rows
SELECT CASE ?1
  WHEN 'cinemas' THEN (SELECT count(*) FROM cinemas)
  WHEN 'auditoriums' THEN (SELECT count(*) FROM auditoriums)
  WHEN 'layouts' THEN (SELECT count(*) FROM layouts)
  WHEN 'movies' THEN (SELECT count(*) FROM movies)
  WHEN 'price_cards' THEN (SELECT count(*) FROM price_cards)
  WHEN 'showtimes' THEN (SELECT count(*) FROM showtimes)
  WHEN 'blocks' THEN (SELECT count(*) FROM seat_blocks)
  WHEN 'users' THEN (SELECT count(*) FROM users)
  WHEN 'sessions' THEN (SELECT count(*) FROM sessions)
  WHEN 'tokens' THEN (SELECT count(*) FROM personal_tokens)
  WHEN 'revocations' THEN (SELECT count(*) FROM revoked_tokens)
  WHEN 'bookings' THEN (SELECT count(*) FROM bookings)
  WHEN 'claims' THEN (SELECT count(*) FROM seat_claims)
  WHEN 'registers' THEN (SELECT count(*) FROM registers WHERE kind <> 'copy')
  WHEN 'outbox' THEN (SELECT count(*) FROM outbox)
  WHEN 'audit' THEN (SELECT count(*) FROM audit_logs)
  WHEN 'audit_links' THEN (SELECT count(*) FROM audit_chain)
  WHEN 'audit_unsealed' THEN (SELECT count(*) FROM audit_unsealed)
  WHEN 'audit_checkpoints' THEN (SELECT count(*) FROM audit_checkpoints)
  WHEN 'audit_marks' THEN (SELECT count(*) FROM audit_marks)
  WHEN 'user_keys' THEN (SELECT count(*) FROM user_keys)
  WHEN 'erasures' THEN (SELECT count(*) FROM erasures)
  WHEN 'requests' THEN (SELECT count(*) FROM idempotent_requests)
END

-- name: booking_there
SELECT EXISTS (SELECT 1 FROM bookings WHERE id = ?1)
