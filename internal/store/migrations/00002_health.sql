-- +goose Up

-- How the daemon's partners are: the mailbox, each repository. since is when ok last changed, at when it was last looked at.
CREATE TABLE health (
    name   TEXT   NOT NULL PRIMARY KEY,
    ok     BIGINT NOT NULL CHECK (ok IN (0, 1)),
    detail TEXT   NOT NULL,
    since  BIGINT NOT NULL,
    at     BIGINT NOT NULL
);
