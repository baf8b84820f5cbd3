-- Who was erased, for ever: a late write must not bring him back. closed_at 0 says that something may be left to do. What is kept of
-- requests is found by its user, and so are identities.
-- +goose Up
CREATE TABLE erasures (
  user      TEXT PRIMARY KEY,
  alias     TEXT NOT NULL,
  actor     TEXT NOT NULL,
  reason    TEXT NOT NULL,
  asked_at  INTEGER NOT NULL,
  closed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX erasures_open ON erasures (asked_at, user) WHERE closed_at = 0;

ALTER TABLE idempotent_requests ADD COLUMN user TEXT NOT NULL DEFAULT '';
CREATE INDEX idempotent_requests_by_user ON idempotent_requests (user);
CREATE INDEX identities_by_user ON registers (value) WHERE kind = 'identity';
