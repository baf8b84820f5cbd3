-- Roles count for cinemas: a person's scope, and the cinema of each booking.
-- +goose Up
ALTER TABLE users ADD COLUMN cinemas TEXT NOT NULL DEFAULT '[]';
CREATE INDEX users_by_role ON users (granted, created_at, id);
CREATE INDEX users_by_email ON users (email) WHERE email <> '';

ALTER TABLE bookings ADD COLUMN cinema TEXT NOT NULL DEFAULT '';
UPDATE bookings SET cinema = coalesce((SELECT s.cinema FROM showtimes s WHERE s.id = bookings.showtime), '');
CREATE INDEX bookings_by_cinema ON bookings (cinema, created_at, id);
