-- name: InsertOutbox :execrows
INSERT INTO outbox (key, series_id, version, kind, message_id, sender, recipients, raw_hash, state, run_at, attempts,
    probes, owner, lease, epoch, queue_id, error, created, sent, released, occasion)
VALUES (@key, @series_id, @version, @kind, @message_id, @sender, @recipients, @raw_hash, @state, @run_at, 0,
    0, '', 0, 0, '', @error, @created, 0, 0, @occasion)
ON CONFLICT (key) DO NOTHING;

-- name: OutboxByKey :one
SELECT * FROM outbox WHERE key = @key;

-- name: OutboxByMessageID :one
SELECT * FROM outbox WHERE message_id = @message_id ORDER BY created, key LIMIT 1;

-- name: OutboxOfSeries :many
SELECT * FROM outbox WHERE series_id = @series_id AND version = @version ORDER BY created, key;

-- name: OutboxByState :many
SELECT * FROM outbox WHERE state = @state ORDER BY run_at, key LIMIT @most;

-- name: FailingOutbox :many
SELECT * FROM outbox WHERE error <> '' AND state NOT IN ('sent', 'unsent') ORDER BY created DESC, key LIMIT @most;

-- name: CountOutbox :many
SELECT state, COUNT(*) AS amount FROM outbox GROUP BY state ORDER BY state;

-- name: ClaimOutbox :one
UPDATE outbox SET owner = @owner, lease = @lease, epoch = epoch + 1
WHERE key = (
        SELECT o.key FROM outbox AS o
        WHERE o.state = @state AND o.run_at <= @now AND o.lease < @now
        ORDER BY o.run_at, o.key LIMIT 1 /* on postgresql: for update skip locked */)
    AND state = @state AND run_at <= @now AND lease < @now
RETURNING *;

-- name: UnknownOutbox :many
SELECT * FROM outbox WHERE state = 'sending' AND lease < @now ORDER BY run_at, key;

-- name: RenewOutbox :execrows
UPDATE outbox SET lease = @lease WHERE key = @key AND epoch = @epoch AND owner = @owner;

-- name: MarkSending :execrows
UPDATE outbox SET state = 'sending', attempts = attempts + 1, probes = 0, sent = @now
WHERE key = @key AND epoch = @epoch AND owner = @owner AND state = 'ready';

-- name: MoveOutbox :execrows
UPDATE outbox SET state = @state, run_at = @run_at, probes = probes + @probes, queue_id = @queue_id, error = @error,
    sent = @sent, owner = '', lease = 0
WHERE key = @key AND epoch = @epoch AND owner = @owner AND (state IN ('ready', 'sending') OR state = @state);

-- name: ConfirmOutbox :one
UPDATE outbox SET state = 'sent', sent = @now, error = ''
WHERE key = @key AND attempts > 0 AND state <> 'sent'
RETURNING *;

-- name: ReleaseOutbox :one
UPDATE outbox SET state = 'ready', run_at = @now, released = @now, error = '', owner = '', lease = 0
WHERE key = @key AND state = 'held'
RETURNING *;

-- name: DropOutbox :one
UPDATE outbox SET state = 'unsent', error = @error, owner = '', lease = 0
WHERE key = @key AND state = 'held'
RETURNING *;

-- name: FreeOutbox :execrows
UPDATE outbox SET owner = '', lease = 0 WHERE owner <> '' OR lease > 0;

-- name: NextOutbox :one
SELECT CAST(COALESCE(MIN(CASE WHEN lease >= run_at THEN lease + 1 ELSE run_at END), @never) AS BIGINT) AS due
FROM outbox WHERE state IN ('ready', 'sending') AND run_at < @never;

-- name: SentSince :one
SELECT COUNT(*) AS amount FROM outbox AS o LEFT JOIN series AS s ON s.id = o.series_id AND s.version = o.version
WHERE o.sent >= @since AND o.state IN ('sending', 'sent') AND o.kind <> 'moderator'
    AND (CAST(@author AS TEXT) = '' OR s.author_email = @author);

-- name: NoticesSince :one
SELECT COUNT(*) AS amount FROM outbox WHERE sent >= @since AND state IN ('sending', 'sent') AND kind = 'moderator';

-- name: SentOfSeries :one
SELECT COUNT(*) AS amount FROM outbox WHERE series_id = @series_id AND sent >= @since AND state IN ('sending', 'sent')
    AND kind <> 'moderator';
