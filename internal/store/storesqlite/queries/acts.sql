-- The writer's own statements.

-- name: begin
BEGIN IMMEDIATE

-- name: commit
COMMIT

-- name: rollback
ROLLBACK

-- name: savepoint
SAVEPOINT act

-- name: release
RELEASE act

-- name: undo
ROLLBACK TO act
