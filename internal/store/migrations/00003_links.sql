-- +goose Up

-- What asking an external link came to. vain counts how often in a row nothing could be learnt; it is good until then.
CREATE TABLE link (
    key      TEXT   NOT NULL PRIMARY KEY,
    class    TEXT   NOT NULL,
    cause    TEXT   NOT NULL,
    status   BIGINT NOT NULL,
    looks    BIGINT NOT NULL,
    evidence TEXT   NOT NULL,
    target   TEXT   NOT NULL,
    vain     BIGINT NOT NULL,
    looked   BIGINT NOT NULL,
    until    BIGINT NOT NULL
);
CREATE INDEX link_until ON link (until);

-- How many links were asked on behalf of a sender, by day since 1970.
CREATE TABLE link_use (
    sender TEXT   NOT NULL,
    day    BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    PRIMARY KEY (sender, day)
);
CREATE INDEX link_use_day ON link_use (day);

-- The links of a series version that are to be asked again. The row is the job, as with series; the body is JSON.
CREATE TABLE link_job (
    series_id TEXT   NOT NULL,
    version   BIGINT NOT NULL,
    round     BIGINT NOT NULL,
    body      TEXT   NOT NULL,
    run_at    BIGINT NOT NULL,
    attempts  BIGINT NOT NULL,
    owner     TEXT   NOT NULL,
    lease     BIGINT NOT NULL,
    epoch     BIGINT NOT NULL,
    error     TEXT   NOT NULL,
    PRIMARY KEY (series_id, version),
    FOREIGN KEY (series_id, version) REFERENCES series (id, version) ON DELETE CASCADE
);
CREATE INDEX link_job_due ON link_job (run_at, series_id, version);
