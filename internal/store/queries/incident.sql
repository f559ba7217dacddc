-- name: StandIncident :one
INSERT INTO incident (name, since, seen) VALUES (sqlc.arg(name), sqlc.arg(now), sqlc.arg(now))
ON CONFLICT (name) DO UPDATE SET
    since = CASE WHEN incident.seen < sqlc.arg(over) THEN excluded.since ELSE incident.since END, seen = excluded.seen
RETURNING since;

-- name: Unread :many
SELECT m.message_id, m.recorded, s.error FROM series AS s
JOIN message AS m ON m.series_id = s.id AND m.version = s.version
WHERE s.state = 'ready' AND s.cause = '' AND m.recorded < @before
ORDER BY m.recorded, m.message_id LIMIT @most;

-- name: CountUnread :one
SELECT COUNT(*) AS amount FROM series AS s
JOIN message AS m ON m.series_id = s.id AND m.version = s.version
WHERE s.state = 'ready' AND s.cause = '' AND m.recorded < @before;

-- name: HeldOutbox :many
SELECT * FROM outbox WHERE state = 'held' AND kind <> @alert AND error NOT IN (@but, @nor)
ORDER BY run_at, key LIMIT @most;

-- name: FailedOutbox :many
SELECT * FROM outbox WHERE state = 'failed' AND kind <> @alert AND created >= @since
ORDER BY run_at, key LIMIT @most;

-- name: OwnMailSeen :many
SELECT m.key FROM message AS m JOIN outbox AS o ON o.message_id = m.message_id
WHERE m.kind = 'ignored' AND m.reason = @reason LIMIT 1;
