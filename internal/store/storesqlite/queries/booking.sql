-- Claims, registers, bookings, tickets and outbox.

-- fragment: booking_columns
b.id, b.reference, b.user, b.owner, b.request, b.showtime, b.seats, b.lines, b.amount, b.currency, b.fingerprint, b.email, b.name,
b.status, b.reason, b.provider, b.payment_ref, b.refund, b.demo, b.epoch, b.cinema, b.created_at, b.pay_deadline, b.updated_at

-- A ticket is void once any generation of its use register says so; no generation opens after that.
-- fragment: ticket_columns
t.id, t.booking, t.showtime, t.seat, t.ticket_type, t.type_name, t.amount, t.currency, t.code, t.generation,
coalesce((SELECT substr(r.value, 6) FROM registers r
          WHERE r.kind = 'ticket' AND r.id >= t.id || '|' AND r.id < t.id || '}' AND substr(r.value, 1, 5) = 'VOID:' LIMIT 1), '')

-- name: put_register
INSERT INTO registers (kind, id, value) VALUES (?1, ?2, ?3) ON CONFLICT (kind, id) DO NOTHING

-- name: register
SELECT value FROM registers WHERE kind = ?1 AND id = ?2

-- name: registers_by_prefix
SELECT id, value FROM registers WHERE kind = ?1 AND id >= ?2 AND id < ?3 ORDER BY id LIMIT ?4

-- name: insert_booking
INSERT INTO bookings (id, reference, user, owner, request, showtime, seats, lines, amount, currency, fingerprint, email, name,
  status, rank, reason, provider, payment_ref, refund, demo, epoch, cinema, created_at, pay_deadline, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25)

-- name: insert_booking_terms
INSERT INTO booking_terms (term, booking) SELECT value, ?2 FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING

-- name: booking
SELECT {booking_columns} FROM bookings b WHERE b.id = ?1

-- What a reserve must know first: the seal, whether the booking is there, how many the user has open.
-- name: reserve_facts
SELECT coalesce((SELECT value FROM registers WHERE kind = 'seal' AND id = ?1), ''),
  EXISTS (SELECT 1 FROM bookings WHERE id = ?1),
  (SELECT count(*) FROM bookings WHERE user = ?2 AND showtime = ?3 AND rank <= 3)

-- What a settle must know first: the booking, its seal, its claims, whether a cancel intent exists.
-- name: settle_facts
SELECT {booking_columns},
  coalesce((SELECT value FROM registers WHERE kind = 'seal' AND id = b.id), ''),
  (SELECT count(*) FROM seat_claims WHERE booking = b.id),
  EXISTS (SELECT 1 FROM registers WHERE kind = 'cancel' AND id >= b.id || '|' AND id < b.id || '}')
FROM bookings b WHERE b.id = ?1

-- name: raise_status
UPDATE bookings SET status = ?2, rank = ?3, reason = ?4, updated_at = ?5 WHERE id = ?1 AND rank < ?3

-- name: book
UPDATE bookings SET status = 'BOOKED', rank = 4, payment_ref = ?2, updated_at = ?3 WHERE id = ?1 AND rank < 4

-- name: insert_claim
INSERT INTO seat_claims (showtime, seat, booking) VALUES (?1, ?2, ?3) ON CONFLICT (showtime, seat) DO NOTHING

-- Every claim of a booking at once, in the order given.
-- name: insert_claims
INSERT INTO seat_claims (showtime, seat, booking) SELECT ?1, value, ?3 FROM json_each(?2) WHERE true ON CONFLICT (showtime, seat) DO NOTHING

-- name: claim_holder
SELECT c.booking, coalesce(b.rank, -1) FROM seat_claims c LEFT JOIN bookings b ON b.id = c.booking WHERE c.showtime = ?1 AND c.seat = ?2

-- name: delete_claim
DELETE FROM seat_claims WHERE showtime = ?1 AND seat = ?2 AND booking = ?3

-- name: delete_claims
DELETE FROM seat_claims WHERE booking = ?1

-- name: claims
SELECT c.seat, c.booking, coalesce(b.owner, ''), coalesce(b.request, ''), coalesce(b.status, ''), coalesce(r.value = 'RESERVED', 0), coalesce(b.pay_deadline, 0)
FROM seat_claims c
LEFT JOIN bookings b ON b.id = c.booking
LEFT JOIN registers r ON r.kind = 'seal' AND r.id = c.booking
WHERE c.showtime = ?1
ORDER BY c.seat

-- name: insert_ticket
INSERT INTO tickets (id, booking, showtime, seat, ticket_type, type_name, amount, currency, code, generation)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO NOTHING

-- name: ticket
SELECT {ticket_columns} FROM tickets t WHERE t.id = ?1

-- name: tickets_of
SELECT {ticket_columns} FROM tickets t WHERE t.booking = ?1

-- name: tickets_of_many
SELECT {ticket_columns} FROM json_each(?1) j CROSS JOIN tickets t ON t.booking = j.value

-- name: open_bookings
SELECT {booking_columns} FROM bookings b WHERE b.rank IN (0, 1, 2, 3, 5) AND b.created_at < ?1 ORDER BY b.created_at, b.id LIMIT ?2

-- name: count_real_sales
SELECT count(*) FROM bookings WHERE demo = 0

-- name: insert_event
INSERT INTO outbox (id, type, showtime, booking, user, seats, request, payload, at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING

-- name: events
SELECT id, type, showtime, booking, user, seats, request, payload, at FROM outbox ORDER BY position LIMIT ?1

-- name: delete_events
DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(?1))

-- A status or a cinema beside a narrower filter is written so that its own index is not chosen.
-- fragment: booking_filter
WHERE true
--? users
  AND b.user IN (SELECT value FROM json_each(:users))
--? showtime
  AND b.showtime = :showtime
--? cinema
  AND b.cinema = :cinema
--? cinemas
  AND b.cinema || '' IN (SELECT value FROM json_each(:cinemas))
--? public
  AND CASE WHEN b.rank <= 3 THEN 'PENDING' WHEN b.rank = 5 THEN 'CANCELLED' ELSE b.status END = :public
--? also_public
  AND CASE WHEN b.rank <= 3 THEN 'PENDING' WHEN b.rank = 5 THEN 'CANCELLED' ELSE b.status END || '' = :public
--? text
  AND b.id IN (
    SELECT booking FROM booking_terms WHERE term >= :reference AND term < :reference_end
    UNION
    SELECT booking FROM (
      SELECT booking FROM booking_terms WHERE term >= :word1 AND term < :word1_end
--? word2
      INTERSECT
      SELECT booking FROM booking_terms WHERE term >= :word2 AND term < :word2_end
--? word3
      INTERSECT
      SELECT booking FROM booking_terms WHERE term >= :word3 AND term < :word3_end
--? text
    ))
--? exact
  AND b.reference = :exact
--? from
  AND b.created_at >= :from
--? to
  AND b.created_at < :to
--?

-- name: bookings
SELECT {booking_columns} FROM bookings b
{booking_filter}
--? before
  AND (b.created_at, b.id) < (:before_at, :before_id)
--?
ORDER BY b.created_at DESC, b.id DESC LIMIT :limit OFFSET :skip

-- name: count_bookings
SELECT count(*) FROM bookings b
{booking_filter}

-- name: delete_claim_of
DELETE FROM seat_claims WHERE booking = ?1 AND seat = ?2
