-- What decides who sits where. A seat has one durable owner because its claim has one primary key.
-- +goose Up
CREATE TABLE seat_claims (
  showtime TEXT NOT NULL,
  seat     TEXT NOT NULL,
  booking  TEXT NOT NULL,
  PRIMARY KEY (showtime, seat)
) STRICT, WITHOUT ROWID;
CREATE INDEX seat_claims_by_booking ON seat_claims (booking);

-- A register is written once and never changes.
CREATE TABLE registers (
  kind  TEXT NOT NULL,
  id    TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE bookings (
  id           TEXT PRIMARY KEY,
  reference    TEXT NOT NULL,
  user         TEXT NOT NULL,
  owner        TEXT NOT NULL,
  request      TEXT NOT NULL,
  showtime     TEXT NOT NULL,
  seats        TEXT NOT NULL,
  lines        TEXT NOT NULL,
  amount       INTEGER NOT NULL,
  currency     TEXT NOT NULL,
  fingerprint  TEXT NOT NULL,
  email        TEXT NOT NULL,
  name         TEXT NOT NULL,
  status       TEXT NOT NULL,
  rank         INTEGER NOT NULL,
  reason       TEXT NOT NULL,
  provider     TEXT NOT NULL,
  payment_ref  TEXT NOT NULL,
  refund       TEXT NOT NULL,
  demo         INTEGER NOT NULL,
  epoch        TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  pay_deadline INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX bookings_by_creation ON bookings (created_at, id);
CREATE INDEX bookings_by_user ON bookings (user, created_at, id);
CREATE INDEX bookings_by_showtime ON bookings (showtime, created_at, id);
CREATE INDEX bookings_by_public_status ON bookings (
  CASE WHEN rank <= 3 THEN 'PENDING' WHEN rank = 5 THEN 'CANCELLED' ELSE status END, created_at, id);
CREATE INDEX bookings_unpaid ON bookings (user, showtime) WHERE rank <= 3;
CREATE INDEX bookings_unfinished ON bookings (created_at, id) WHERE rank IN (0, 1, 2, 3, 5);

-- Words a booking is found by: its reference without the dash, the address, each word of the name; all folded.
CREATE TABLE booking_terms (
  term    TEXT NOT NULL,
  booking TEXT NOT NULL REFERENCES bookings (id),
  PRIMARY KEY (term, booking)
) STRICT, WITHOUT ROWID;

CREATE TABLE tickets (
  id          TEXT PRIMARY KEY,
  booking     TEXT NOT NULL REFERENCES bookings (id),
  showtime    TEXT NOT NULL,
  seat        TEXT NOT NULL,
  ticket_type TEXT NOT NULL,
  type_name   TEXT NOT NULL,
  amount      INTEGER NOT NULL,
  currency    TEXT NOT NULL,
  code        TEXT NOT NULL,
  generation  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tickets_by_booking ON tickets (booking);

CREATE TABLE outbox (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id       TEXT NOT NULL UNIQUE,
  type     TEXT NOT NULL,
  showtime TEXT NOT NULL,
  booking  TEXT NOT NULL,
  user     TEXT NOT NULL,
  seats    TEXT NOT NULL,
  request  TEXT NOT NULL,
  payload  BLOB,
  at       INTEGER NOT NULL
) STRICT;
