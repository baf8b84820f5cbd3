-- Sessions get a name that stays when their value changes; personal tokens; what was revoked before its end.
-- +goose Up
ALTER TABLE sessions ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN replaces TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN ends INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET id = 'se_' || lower(hex(randomblob(16)));
CREATE INDEX sessions_by_id ON sessions (id);
CREATE INDEX sessions_by_end ON sessions (ends) WHERE ends <> 0;

CREATE TABLE personal_tokens (
  id         TEXT PRIMARY KEY,
  hash       TEXT NOT NULL UNIQUE,
  user       TEXT NOT NULL,
  name       TEXT NOT NULL,
  scopes     TEXT NOT NULL,
  issuer     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  last_used  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX personal_tokens_by_user ON personal_tokens (user, created_at);
CREATE INDEX personal_tokens_by_expiry ON personal_tokens (expires_at);

CREATE TABLE revoked_tokens (
  id      TEXT PRIMARY KEY,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires);
