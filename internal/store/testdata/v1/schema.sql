-- The schema as version 1 of it was released, never to be edited: databases made with it are out there.

-- +goose Up

-- How far each mailbox has been read.
CREATE TABLE mailbox (
    name         TEXT   NOT NULL PRIMARY KEY,
    uid_validity BIGINT NOT NULL,
    uid          BIGINT NOT NULL,
    moved        BIGINT NOT NULL
);

-- The parent row of everything assembled for a wiki. Whoever assembles takes it first, so that two daemons on one
-- PostgreSQL database never decide about the same mails at once.
CREATE TABLE wiki (
    name  TEXT   NOT NULL PRIMARY KEY,
    turns BIGINT NOT NULL
);

-- Every mail, taken or not. series_id, version and position say which series version it belongs to, if any.
CREATE TABLE message (
    key          TEXT   NOT NULL PRIMARY KEY,
    message_id   TEXT   NOT NULL,
    body_hash    TEXT   NOT NULL,
    raw_hash     TEXT   NOT NULL,
    mailbox      TEXT   NOT NULL,
    uid_validity BIGINT NOT NULL,
    uid          BIGINT NOT NULL,
    size         BIGINT NOT NULL,
    arrived      BIGINT NOT NULL,
    recorded     BIGINT NOT NULL,
    author       TEXT   NOT NULL,
    subject      TEXT   NOT NULL,
    kind         TEXT   NOT NULL,
    reason       TEXT   NOT NULL,
    detail       TEXT   NOT NULL,
    wiki         TEXT   NOT NULL,
    list         TEXT   NOT NULL,
    refs         TEXT   NOT NULL,
    series_id    TEXT   NOT NULL,
    version      BIGINT NOT NULL,
    position     BIGINT NOT NULL
);
CREATE INDEX message_author ON message (wiki, author, arrived);
CREATE INDEX message_series ON message (series_id, version, position);
CREATE INDEX message_kind ON message (kind);
CREATE INDEX message_recorded ON message (recorded);
CREATE INDEX message_loose ON message (recorded, key) WHERE series_id = '' AND kind IN ('patch', 'cover');

-- The ids a message speaks of: its own, those of In-Reply-To and References, and those of the replies sent to it.
CREATE TABLE message_ref (
    id          TEXT NOT NULL,
    message_key TEXT NOT NULL REFERENCES message (key) ON DELETE CASCADE,
    PRIMARY KEY (id, message_key)
);
CREATE INDEX message_ref_message ON message_ref (message_key);

-- The journal. seq grows within one writer; two writers may use the same number.
CREATE TABLE step (
    seq        BIGINT NOT NULL,
    writer     TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    message_id TEXT   NOT NULL,
    series_id  TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    event      TEXT   NOT NULL,
    detail     TEXT   NOT NULL,
    PRIMARY KEY (seq, writer)
);
CREATE INDEX step_message ON step (message_id);
CREATE INDEX step_series ON step (series_id, version);

-- One version of a series. The row is the job: it is due at run_at, and belongs to owner until lease is over.
CREATE TABLE series (
    id            TEXT   NOT NULL,
    version       BIGINT NOT NULL,
    wiki          TEXT   NOT NULL,
    list          TEXT   NOT NULL,
    prefix        TEXT   NOT NULL,
    total         BIGINT NOT NULL,
    subject       TEXT   NOT NULL,
    author_name   TEXT   NOT NULL,
    author_email  TEXT   NOT NULL,
    root          TEXT   NOT NULL,
    digest        TEXT   NOT NULL,
    state         TEXT   NOT NULL CHECK (state IN ('incomplete', 'ready', 'done', 'superseded', 'failed')),
    superseded_by BIGINT NOT NULL,
    run_at        BIGINT NOT NULL,
    attempts      BIGINT NOT NULL,
    owner         TEXT   NOT NULL,
    lease         BIGINT NOT NULL,
    epoch         BIGINT NOT NULL,
    verdict       TEXT   NOT NULL,
    base_commit   TEXT   NOT NULL,
    error         TEXT   NOT NULL,
    created       BIGINT NOT NULL,
    updated       BIGINT NOT NULL,
    PRIMARY KEY (id, version)
);
CREATE INDEX series_due ON series (run_at, id, version) WHERE state IN ('incomplete', 'ready');
CREATE INDEX series_state ON series (state);
CREATE INDEX series_created ON series (created);
CREATE INDEX series_error ON series (updated) WHERE error <> '';

-- What one review found; the body is JSON. The epoch of the claim that wrote it tells the reports of a version apart.
CREATE TABLE report (
    series_id   TEXT   NOT NULL,
    version     BIGINT NOT NULL,
    epoch       BIGINT NOT NULL,
    digest      TEXT   NOT NULL,
    verdict     TEXT   NOT NULL,
    base_commit TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    created     BIGINT NOT NULL,
    PRIMARY KEY (series_id, version, epoch),
    FOREIGN KEY (series_id, version) REFERENCES series (id, version) ON DELETE CASCADE
);

-- Every mail the bot wrote, with its final bytes under raw_hash. sent is when the last attempt began, then when it ended.
CREATE TABLE outbox (
    key        TEXT   NOT NULL PRIMARY KEY,
    series_id  TEXT   NOT NULL,
    version    BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    message_id TEXT   NOT NULL,
    sender     TEXT   NOT NULL,
    recipients TEXT   NOT NULL,
    raw_hash   TEXT   NOT NULL,
    state      TEXT   NOT NULL CHECK (state IN ('ready', 'sending', 'sent', 'failed', 'held')),
    run_at     BIGINT NOT NULL,
    attempts   BIGINT NOT NULL,
    probes     BIGINT NOT NULL,
    owner      TEXT   NOT NULL,
    lease      BIGINT NOT NULL,
    epoch      BIGINT NOT NULL,
    queue_id   TEXT   NOT NULL,
    error      TEXT   NOT NULL,
    created    BIGINT NOT NULL,
    sent       BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (state, run_at, key);
CREATE INDEX outbox_message ON outbox (message_id);
CREATE INDEX outbox_series ON outbox (series_id, version);
CREATE INDEX outbox_sent ON outbox (sent);
CREATE INDEX outbox_error ON outbox (created) WHERE error <> '';

-- The bytes of mails by their SHA-256, on PostgreSQL only: beside SQLite they are files, and this table stays empty.
CREATE TABLE raw (
    hash  TEXT  NOT NULL PRIMARY KEY,
    bytes BYTEA NOT NULL
);
