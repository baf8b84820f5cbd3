-- Who the users are. An identity and a merge are registers; the tables here are what they are listed by.
-- +goose Up
CREATE TABLE users (
  id         TEXT PRIMARY KEY,
  email      TEXT NOT NULL,
  name       TEXT NOT NULL,
  picture    TEXT NOT NULL,
  verified   INTEGER NOT NULL,
  guest      INTEGER NOT NULL,
  granted    TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX users_by_creation ON users (created_at, id);

CREATE TABLE user_terms (
  term TEXT NOT NULL,
  user TEXT NOT NULL REFERENCES users (id),
  PRIMARY KEY (term, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_terms_by_user ON user_terms (user);

CREATE TABLE merged_guests (
  position INTEGER PRIMARY KEY,
  guest    TEXT NOT NULL UNIQUE,
  account  TEXT NOT NULL
) STRICT;
CREATE INDEX merged_guests_by_account ON merged_guests (account, position);

CREATE TABLE sessions (
  hash       TEXT PRIMARY KEY,
  user       TEXT NOT NULL,
  issuer     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen  INTEGER NOT NULL,
  auth_time  INTEGER NOT NULL,
  rotated    INTEGER NOT NULL,
  agent      TEXT NOT NULL,
  bookings   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user);
CREATE INDEX sessions_by_last_seen ON sessions (last_seen);
