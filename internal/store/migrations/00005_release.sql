-- +goose Up

-- A mail may be one that will never be sent: "unsent". SQLite changes no CHECK, so the table is made anew.
CREATE TABLE outbox_new (
    key        TEXT   NOT NULL PRIMARY KEY,
    series_id  TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    message_id TEXT   NOT NULL,
    sender     TEXT   NOT NULL,
    recipients TEXT   NOT NULL,
    raw_hash   TEXT   NOT NULL,
    state      TEXT   NOT NULL CHECK (state IN ('ready', 'sending', 'sent', 'failed', 'held', 'unsent')),
    run_at     BIGINT NOT NULL,
    attempts   BIGINT NOT NULL,
    probes     BIGINT NOT NULL,
    owner      TEXT   NOT NULL,
    lease      BIGINT NOT NULL,
    epoch      BIGINT NOT NULL,
    queue_id   TEXT   NOT NULL,
    error      TEXT   NOT NULL,
    created    BIGINT NOT NULL,
    sent       BIGINT NOT NULL,
    -- When a person let the mail go that had been held; 0: nobody did.
    released   BIGINT NOT NULL,
    -- When that happened which the mail answers; 0: when the mails of its series version came.
    occasion   BIGINT NOT NULL
);
INSERT INTO outbox_new SELECT o.*, 0, 0 FROM outbox AS o;
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;
CREATE INDEX outbox_due ON outbox (state, run_at, key);
CREATE INDEX outbox_message ON outbox (message_id);
CREATE INDEX outbox_series ON outbox (series_id, version);
CREATE INDEX outbox_sent ON outbox (sent);
CREATE INDEX outbox_error ON outbox (created) WHERE error <> '';
