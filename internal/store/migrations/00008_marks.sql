-- +goose Up

-- What is to be shown of a series version where people look at patches. The row is the job, as with series, and goes when it
-- is shown; the body is JSON.
CREATE TABLE mark (
    series_id TEXT   NOT NULL,
    version   BIGINT NOT NULL,
    body      TEXT   NOT NULL,
    put_at    BIGINT NOT NULL,
    run_at    BIGINT NOT NULL,
    attempts  BIGINT NOT NULL,
    owner     TEXT   NOT NULL,
    lease     BIGINT NOT NULL,
    epoch     BIGINT NOT NULL,
    error     TEXT   NOT NULL,
    PRIMARY KEY (series_id, version),
    FOREIGN KEY (series_id, version) REFERENCES series (id, version) ON DELETE CASCADE
);
CREATE INDEX mark_due ON mark (run_at, series_id, version);
