-- +goose Up

-- Why a version is due that had been reviewed before: the branch moved, or a person asked. Empty: it is new or changed.
ALTER TABLE series ADD COLUMN cause TEXT NOT NULL DEFAULT '';
-- The commit that brought the version into the branch; empty while it is open.
ALTER TABLE series ADD COLUMN applied TEXT NOT NULL DEFAULT '';
-- The commit that the wiki's branch stood at when somebody looked last.
ALTER TABLE wiki ADD COLUMN tip TEXT NOT NULL DEFAULT '';
