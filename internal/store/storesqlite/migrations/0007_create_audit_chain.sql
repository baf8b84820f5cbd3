-- The chain over the record, and the data keys of users.
-- +goose Up

-- The place of an entry becomes a part of what it says: it is chained with the rest, and goes with the entry into another store.
CREATE TABLE audit_entries (
  id       TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  type     TEXT NOT NULL,
  showtime TEXT NOT NULL,
  booking  TEXT NOT NULL,
  user     TEXT NOT NULL,
  seats    TEXT NOT NULL,
  request  TEXT NOT NULL,
  payload  BLOB,
  at       INTEGER NOT NULL
) STRICT;
INSERT INTO audit_entries (id, position, type, showtime, booking, user, seats, request, payload, at)
SELECT id, position, type, showtime, booking, user, seats, request, payload, at FROM audit_logs ORDER BY position;
DROP TABLE audit_logs;
ALTER TABLE audit_entries RENAME TO audit_logs;
CREATE INDEX audit_logs_by_time ON audit_logs (at, position);
CREATE INDEX audit_logs_by_type ON audit_logs (type, at, position);
CREATE INDEX audit_logs_by_showtime ON audit_logs (showtime, at, position);
CREATE INDEX audit_logs_by_user ON audit_logs (user, at, position);
CREATE INDEX audit_logs_by_booking ON audit_logs (booking, at, position) WHERE booking <> '';

-- Entries that wait for their link. They are queued by the act that writes them.
CREATE TABLE audit_unsealed (
  position INTEGER NOT NULL,
  entry    TEXT NOT NULL,
  PRIMARY KEY (position, entry)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_chain (
  n      INTEGER PRIMARY KEY,
  entry  TEXT NOT NULL UNIQUE,
  digest BLOB NOT NULL,
  prev   BLOB NOT NULL,
  hash   BLOB NOT NULL
) STRICT;

CREATE TABLE audit_checkpoints (
  seq       INTEGER PRIMARY KEY,
  statement TEXT NOT NULL
) STRICT;

-- Named statements; each is replaced by one of a higher rank.
CREATE TABLE audit_marks (
  name  TEXT PRIMARY KEY,
  rank  INTEGER NOT NULL,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What is there already is chained as it is found.
INSERT INTO audit_unsealed (position, entry) SELECT position, id FROM audit_logs;
INSERT INTO audit_marks (name, rank, value) SELECT 'genesis', 0, CAST(count(*) AS TEXT) FROM audit_logs HAVING count(*) > 0;

-- The data keys of users, as JSON: id of the wrapping secret → wrapped key. A user whose destroyed_at is not 0 has none and never gets one.
CREATE TABLE user_keys (
  user         TEXT PRIMARY KEY,
  wrapped      TEXT NOT NULL,
  destroyed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
