-- name: PutMark :exec
INSERT INTO mark (series_id, version, body, put_at, run_at, attempts, owner, lease, epoch, error)
VALUES (@series_id, @version, @body, @put_at, @put_at, 0, '', 0, 0, '')
ON CONFLICT (series_id, version) DO UPDATE SET body = excluded.body, put_at = excluded.put_at, run_at = excluded.run_at,
    attempts = 0, epoch = mark.epoch + 1, error = '';

-- name: ClaimMark :one
UPDATE mark SET owner = @owner, lease = @lease, epoch = epoch + 1, attempts = attempts + 1
WHERE (series_id, version) = (
        SELECT j.series_id, j.version FROM mark AS j
        WHERE j.run_at <= @now AND j.lease < @now
        ORDER BY j.run_at, j.series_id, j.version LIMIT 1 /* on postgresql: for update skip locked */)
    AND run_at <= @now AND lease < @now
RETURNING *;

-- name: ReleaseMark :execrows
UPDATE mark SET run_at = @run_at, error = @error, owner = '', lease = 0
WHERE series_id = @series_id AND version = @version AND epoch = @epoch AND owner = @owner;

-- name: PostponeMark :execrows
UPDATE mark SET run_at = @run_at, put_at = @run_at, attempts = 0, error = '', owner = '', lease = 0
WHERE series_id = @series_id AND version = @version AND epoch = @epoch AND owner = @owner;

-- name: EndMark :execrows
DELETE FROM mark WHERE series_id = @series_id AND version = @version AND epoch = @epoch AND owner = @owner;

-- name: LeaveMark :exec
UPDATE mark SET owner = '', lease = 0
WHERE series_id = @series_id AND version = @version AND epoch > @epoch AND owner = @owner;

-- name: FreeMarks :execrows
UPDATE mark SET owner = '', lease = 0 WHERE owner <> '' OR lease > 0;

-- name: NextMark :one
SELECT CAST(COALESCE(MIN(CASE WHEN lease >= run_at THEN lease + 1 ELSE run_at END), @never) AS BIGINT) AS due
FROM mark;

-- name: FailingMarks :many
SELECT * FROM mark WHERE error <> '' ORDER BY run_at, series_id, version LIMIT @most;
