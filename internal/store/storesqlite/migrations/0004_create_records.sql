-- The record of what happened, and the answers kept for repeated requests.
-- +goose Up
CREATE TABLE audit_logs (
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
CREATE INDEX audit_logs_by_time ON audit_logs (at, position);
CREATE INDEX audit_logs_by_type ON audit_logs (type, at, position);
CREATE INDEX audit_logs_by_showtime ON audit_logs (showtime, at, position);
CREATE INDEX audit_logs_by_user ON audit_logs (user, at, position);
CREATE INDEX audit_logs_by_booking ON audit_logs (booking, at, position) WHERE booking <> '';

CREATE TABLE idempotent_requests (
  id          TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  done        INTEGER NOT NULL,
  status      INTEGER NOT NULL,
  body        BLOB,
  header      TEXT NOT NULL,
  lease_until INTEGER NOT NULL,
  expires     INTEGER NOT NULL
) STRICT;
CREATE INDEX idempotent_requests_by_expiry ON idempotent_requests (expires);
