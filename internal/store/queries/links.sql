-- name: Link :one
SELECT * FROM link WHERE key = @key;

-- name: SetLink :exec
INSERT INTO link (key, class, cause, status, looks, evidence, target, vain, looked, until)
VALUES (@key, @class, @cause, @status, @looks, @evidence, @target, @vain, @looked, @until)
ON CONFLICT (key) DO UPDATE SET class = excluded.class, cause = excluded.cause, status = excluded.status,
    looks = excluded.looks, evidence = excluded.evidence, target = excluded.target, vain = excluded.vain,
    looked = excluded.looked, until = excluded.until
WHERE link.looked <= excluded.looked;

-- name: ForgetLinks :execrows
DELETE FROM link WHERE until < @before;

-- name: LinksUsed :one
INSERT INTO link_use (sender, day, amount) VALUES (@sender, @day, 0)
ON CONFLICT (sender, day) DO UPDATE SET amount = link_use.amount
RETURNING amount;

-- name: UseLinks :exec
UPDATE link_use SET amount = amount + @more WHERE sender = @sender AND day = @day;

-- name: ForgetLinkUse :exec
DELETE FROM link_use WHERE day < @before;

-- name: PutLinkJob :exec
INSERT INTO link_job (series_id, version, round, body, run_at, attempts, owner, lease, epoch, error)
VALUES (@series_id, @version, 0, @body, @run_at, 0, '', 0, 0, '')
ON CONFLICT (series_id, version) DO UPDATE SET round = 0, body = excluded.body, run_at = excluded.run_at, attempts = 0,
    owner = '', lease = 0, epoch = link_job.epoch + 1, error = '';

-- name: ClaimLinkJob :one
UPDATE link_job SET owner = @owner, lease = @lease, epoch = epoch + 1, attempts = attempts + 1
WHERE (series_id, version) = (
        SELECT j.series_id, j.version FROM link_job AS j
        WHERE j.run_at <= @now AND j.lease < @now
        ORDER BY j.run_at, j.series_id, j.version LIMIT 1 /* on postgresql: for update skip locked */)
    AND run_at <= @now AND lease < @now
RETURNING *;

-- name: MoveLinkJob :execrows
UPDATE link_job SET round = round + 1, body = @body, run_at = @run_at, attempts = 0, error = '', owner = '', lease = 0
WHERE series_id = @series_id AND version = @version AND epoch = @epoch AND owner = @owner;

-- name: ReleaseLinkJob :execrows
UPDATE link_job SET run_at = @run_at, error = @error, owner = '', lease = 0
WHERE series_id = @series_id AND version = @version AND epoch = @epoch AND owner = @owner;

-- name: EndLinkJob :execrows
DELETE FROM link_job WHERE series_id = @series_id AND version = @version AND epoch = @epoch AND owner = @owner;

-- name: DropLinkJob :exec
DELETE FROM link_job WHERE series_id = @series_id AND version = @version;

-- name: FreeLinkJobs :execrows
UPDATE link_job SET owner = '', lease = 0 WHERE owner <> '' OR lease > 0;

-- name: NextLinkJob :one
SELECT CAST(COALESCE(MIN(CASE WHEN lease >= run_at THEN lease + 1 ELSE run_at END), @never) AS BIGINT) AS due
FROM link_job;

-- name: AmendReport :exec
UPDATE report SET body = @body, verdict = @verdict
WHERE (series_id, version, epoch) = (
    SELECT r.series_id, r.version, r.epoch FROM report AS r
    WHERE r.series_id = @series_id AND r.version = @version ORDER BY r.epoch DESC LIMIT 1);

-- name: AmendVerdict :exec
UPDATE series SET verdict = @verdict WHERE id = @id AND version = @version;

-- name: CountLinkJobs :one
SELECT COUNT(*) AS amount FROM link_job;
