-- +goose Up

-- What a series version says it stands on: message ids and patch ids. When a series that has one of them comes or changes,
-- the version is due once more.
CREATE TABLE need (
    series_id TEXT   NOT NULL,
    version   BIGINT NOT NULL,
    ref       TEXT   NOT NULL,
    PRIMARY KEY (series_id, version, ref),
    FOREIGN KEY (series_id, version) REFERENCES series (id, version) ON DELETE CASCADE
);
CREATE INDEX need_ref ON need (ref);
