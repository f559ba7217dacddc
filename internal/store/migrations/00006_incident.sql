-- +goose Up

-- What the operator is told by mail: since when it is so, and when it was last seen to be.
CREATE TABLE incident (
    name  TEXT   NOT NULL PRIMARY KEY,
    since BIGINT NOT NULL,
    seen  BIGINT NOT NULL
);
