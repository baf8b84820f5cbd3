-- The programme.

-- fragment: showtime_columns
s.id, s.cinema, s.auditorium, s.layout, s.movie, s.starts_at, s.ends_at, s.clears_at, s.business_date, s.formats, s.language, s.subtitles,
s.tags, s.on_sale_at, s.sales_close_at, s.price_card, s.status, s.max_seats

-- name: cinemas
SELECT id, slug, name, address, zone, currency, day_cut, orphan FROM cinemas ORDER BY name, id

-- name: cinema
SELECT id, slug, name, address, zone, currency, day_cut, orphan FROM cinemas WHERE id = ?1

-- name: auditoriums
SELECT id, cinema, name, attributes, accessibility, turnaround FROM auditoriums WHERE cinema = ?1 ORDER BY name, id

-- name: auditorium
SELECT id, cinema, name, attributes, accessibility, turnaround FROM auditoriums WHERE id = ?1

-- name: layout
SELECT id, auditorium, version, plan FROM layouts WHERE id = ?1

-- name: movies
SELECT id, slug, title, tagline, synopsis, runtime, genres, rating, motif, hue, language, tags FROM movies ORDER BY title, id

-- An identifier wins over a slug that reads the same.
-- name: movie
SELECT id, slug, title, tagline, synopsis, runtime, genres, rating, motif, hue, language, tags FROM movies
WHERE id = ?1 OR slug = ?1 ORDER BY id = ?1 DESC LIMIT 1

-- name: price_card
SELECT id, name, currency, types, prices FROM price_cards WHERE id = ?1

-- name: showtime
SELECT {showtime_columns} FROM showtimes s WHERE s.id = ?1

-- name: showtimes
SELECT {showtime_columns} FROM showtimes s
WHERE true
--? cinema
  AND s.cinema = :cinema
--? movie
  AND s.movie = :movie
--? day
  AND s.business_date = :day
--? from
  AND s.starts_at >= :from
--? to
  AND s.starts_at < :to
--? after
  AND (s.starts_at, s.id) > (:after_at, :after_id)
--?
ORDER BY s.starts_at, s.id LIMIT :limit

-- name: blocks
SELECT showtime, seat, reason FROM seat_blocks WHERE showtime = ?1 ORDER BY seat

-- name: save_cinema
INSERT INTO cinemas (id, slug, name, address, zone, currency, day_cut, orphan) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, name = excluded.name, address = excluded.address, zone = excluded.zone,
  currency = excluded.currency, day_cut = excluded.day_cut, orphan = excluded.orphan

-- name: save_auditorium
INSERT INTO auditoriums (id, cinema, name, attributes, accessibility, turnaround) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (id) DO UPDATE SET cinema = excluded.cinema, name = excluded.name, attributes = excluded.attributes,
  accessibility = excluded.accessibility, turnaround = excluded.turnaround

-- name: insert_layout
INSERT INTO layouts (id, auditorium, version, plan) VALUES (?1, ?2, ?3, ?4)

-- name: save_movie
INSERT INTO movies (id, slug, title, tagline, synopsis, runtime, genres, rating, motif, hue, language, tags)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, title = excluded.title, tagline = excluded.tagline, synopsis = excluded.synopsis,
  runtime = excluded.runtime, genres = excluded.genres, rating = excluded.rating, motif = excluded.motif, hue = excluded.hue,
  language = excluded.language, tags = excluded.tags

-- name: save_price_card
INSERT INTO price_cards (id, name, currency, types, prices) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, currency = excluded.currency, types = excluded.types, prices = excluded.prices

-- name: save_showtime
INSERT INTO showtimes (id, cinema, auditorium, layout, movie, starts_at, ends_at, clears_at, business_date, formats, language, subtitles,
  tags, on_sale_at, sales_close_at, price_card, status, max_seats)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
ON CONFLICT (id) DO UPDATE SET cinema = excluded.cinema, auditorium = excluded.auditorium, layout = excluded.layout, movie = excluded.movie,
  starts_at = excluded.starts_at, ends_at = excluded.ends_at, clears_at = excluded.clears_at, business_date = excluded.business_date,
  formats = excluded.formats, language = excluded.language, subtitles = excluded.subtitles, tags = excluded.tags,
  on_sale_at = excluded.on_sale_at, sales_close_at = excluded.sales_close_at, price_card = excluded.price_card,
  status = excluded.status, max_seats = excluded.max_seats

-- name: save_block
INSERT INTO seat_blocks (showtime, seat, reason) VALUES (?1, ?2, ?3) ON CONFLICT (showtime, seat) DO UPDATE SET reason = excluded.reason

-- name: show_before
SELECT id, clears_at FROM showtimes WHERE auditorium = ?1 AND status = 'scheduled' AND (starts_at, id) < (?2, ?3)
ORDER BY starts_at DESC, id DESC LIMIT 1

-- name: show_after
SELECT id, starts_at FROM showtimes WHERE auditorium = ?1 AND status = 'scheduled' AND (starts_at, id) > (?2, ?3)
ORDER BY starts_at, id LIMIT 1
