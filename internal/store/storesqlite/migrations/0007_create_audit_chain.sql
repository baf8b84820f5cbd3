-- The data keys of users, as JSON: id of the wrapping secret → wrapped key. A user without keys whose destroyed_at is not 0 never gets one.
-- +goose Up
CREATE TABLE user_keys (
  user         TEXT PRIMARY KEY,
  wrapped      TEXT NOT NULL,
  destroyed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
