-- name: MailboxByName :one
SELECT * FROM mailbox WHERE name = @name;

-- name: Mailboxes :many
SELECT * FROM mailbox ORDER BY name;

-- name: SetMailbox :exec
INSERT INTO mailbox (name, uid_validity, uid, moved) VALUES (@name, @uid_validity, @uid, @moved)
ON CONFLICT (name) DO UPDATE SET uid_validity = excluded.uid_validity, uid = excluded.uid, moved = excluded.moved;

-- name: AdvanceMailbox :exec
INSERT INTO mailbox (name, uid_validity, uid, moved) VALUES (@name, @uid_validity, @uid, @moved)
ON CONFLICT (name) DO UPDATE SET
    uid = CASE WHEN mailbox.uid_validity = excluded.uid_validity AND mailbox.uid > excluded.uid
               THEN mailbox.uid ELSE excluded.uid END,
    uid_validity = excluded.uid_validity,
    moved = excluded.moved;

-- name: InsertMessage :execrows
INSERT INTO message (key, message_id, body_hash, raw_hash, mailbox, uid_validity, uid, size, arrived, recorded,
    author, subject, kind, reason, detail, wiki, list, refs, series_id, version, position)
VALUES (@key, @message_id, @body_hash, @raw_hash, @mailbox, @uid_validity, @uid, @size, @arrived, @recorded,
    @author, @subject, @kind, @reason, @detail, @wiki, @list, @refs, @series_id, @version, 0)
ON CONFLICT (key) DO NOTHING;

-- name: TakeMessage :execrows
UPDATE message SET raw_hash = @raw_hash, mailbox = @mailbox, uid_validity = @uid_validity, uid = @uid, size = @size,
    arrived = @arrived, recorded = @recorded, author = @author, subject = @subject, kind = @kind, reason = @reason,
    detail = @detail, wiki = @wiki, list = @list, refs = @refs, series_id = @series_id, version = @version
WHERE key = @key AND kind NOT IN ('patch', 'cover');

-- name: MessageByKey :one
SELECT * FROM message WHERE key = @key;

-- name: MessagesByRef :many
SELECT m.* FROM message_ref AS r JOIN message AS m ON m.key = r.message_key
WHERE r.id = @id ORDER BY m.arrived, m.key LIMIT @most;

-- name: MessagesOfAuthor :many
SELECT * FROM message
WHERE wiki = @wiki AND author = @author AND arrived BETWEEN @since AND @until AND kind IN ('patch', 'cover')
ORDER BY ABS(arrived - CAST(@around AS BIGINT)), key LIMIT @most;

-- name: MessagesOfSeries :many
SELECT * FROM message WHERE series_id = @series_id AND version = @version AND kind IN ('patch', 'cover')
ORDER BY position, key;

-- name: KeysOfSeries :many
SELECT key FROM message WHERE series_id = @series_id AND version = @version AND kind IN ('patch', 'cover')
ORDER BY position, key;

-- name: LooseMessages :many
SELECT * FROM message WHERE series_id = '' AND kind IN ('patch', 'cover') ORDER BY recorded, key;

-- name: SeriesOfMessage :one
SELECT series_id, version FROM message WHERE key = @key;

-- name: DetachMessages :exec
UPDATE message SET series_id = '', version = 0, position = 0
WHERE series_id = @series_id AND version = @version AND kind IN ('patch', 'cover');

-- name: AttachMessage :execrows
UPDATE message SET series_id = @series_id, version = @version, position = @position WHERE key = @key;

-- name: InsertRef :exec
INSERT INTO message_ref (id, message_key) VALUES (@id, @message_key) ON CONFLICT (id, message_key) DO NOTHING;

-- name: RefsOfMessage :many
SELECT id FROM message_ref WHERE message_key = @message_key ORDER BY id;

-- name: LastRecorded :one
SELECT CAST(COALESCE(MAX(recorded), 0) AS BIGINT) AS recorded FROM message;

-- name: CountMessages :many
SELECT kind, COUNT(*) AS amount FROM message GROUP BY kind ORDER BY kind;

-- name: InsertRaw :exec
INSERT INTO raw (hash, bytes) VALUES (@hash, @bytes) ON CONFLICT (hash) DO NOTHING;

-- name: RawByHash :one
SELECT bytes FROM raw WHERE hash = @hash;
