-- The programme. Instants are Unix milliseconds in UTC, durations milliseconds; lists are JSON.
-- +goose Up
CREATE TABLE cinemas (
  id         TEXT PRIMARY KEY,
  slug       TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  address    TEXT NOT NULL,
  zone       TEXT NOT NULL,
  currency   TEXT NOT NULL,
  day_cut    INTEGER NOT NULL,
  orphan     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE auditoriums (
  id            TEXT PRIMARY KEY,
  cinema        TEXT NOT NULL REFERENCES cinemas (id),
  name          TEXT NOT NULL,
  attributes    TEXT NOT NULL,
  accessibility TEXT NOT NULL,
  turnaround    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX auditoriums_by_cinema ON auditoriums (cinema, name);

CREATE TABLE layouts (
  id         TEXT PRIMARY KEY,
  auditorium TEXT NOT NULL REFERENCES auditoriums (id),
  version    INTEGER NOT NULL,
  plan       TEXT NOT NULL,
  UNIQUE (auditorium, version)
) STRICT;

CREATE TABLE movies (
  id       TEXT PRIMARY KEY,
  slug     TEXT NOT NULL UNIQUE,
  title    TEXT NOT NULL,
  tagline  TEXT NOT NULL,
  synopsis TEXT NOT NULL,
  runtime  INTEGER NOT NULL,
  genres   TEXT NOT NULL,
  rating   TEXT NOT NULL,
  motif    TEXT NOT NULL,
  hue      INTEGER NOT NULL,
  language TEXT NOT NULL,
  tags     TEXT NOT NULL
) STRICT;

CREATE TABLE price_cards (
  id       TEXT PRIMARY KEY,
  name     TEXT NOT NULL,
  currency TEXT NOT NULL,
  types    TEXT NOT NULL,
  prices   TEXT NOT NULL
) STRICT;

CREATE TABLE showtimes (
  id             TEXT PRIMARY KEY,
  cinema         TEXT NOT NULL REFERENCES cinemas (id),
  auditorium     TEXT NOT NULL REFERENCES auditoriums (id),
  layout         TEXT NOT NULL REFERENCES layouts (id),
  movie          TEXT NOT NULL REFERENCES movies (id),
  starts_at      INTEGER NOT NULL,
  ends_at        INTEGER NOT NULL,
  clears_at      INTEGER NOT NULL,
  business_date  TEXT NOT NULL,
  formats        TEXT NOT NULL,
  language       TEXT NOT NULL,
  subtitles      TEXT NOT NULL,
  tags           TEXT NOT NULL,
  on_sale_at     INTEGER NOT NULL,
  sales_close_at INTEGER NOT NULL,
  price_card     TEXT NOT NULL REFERENCES price_cards (id),
  status         TEXT NOT NULL,
  max_seats      INTEGER NOT NULL
) STRICT;
CREATE INDEX showtimes_by_start ON showtimes (starts_at, id);
CREATE INDEX showtimes_by_day ON showtimes (cinema, business_date, starts_at, id);
CREATE INDEX showtimes_by_movie ON showtimes (movie, starts_at, id);
-- The neighbours of a show in its hall: two shows that overlap are neighbours, or have a neighbour that they overlap.
CREATE INDEX showtimes_in_hall ON showtimes (auditorium, starts_at, id) WHERE status = 'scheduled';

CREATE TABLE seat_blocks (
  showtime TEXT NOT NULL REFERENCES showtimes (id),
  seat     TEXT NOT NULL,
  reason   TEXT NOT NULL,
  PRIMARY KEY (showtime, seat)
) STRICT, WITHOUT ROWID;
