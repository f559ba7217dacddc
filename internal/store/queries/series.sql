-- name: LockWiki :exec
INSERT INTO wiki (name, turns) VALUES (@name, 1) ON CONFLICT (name) DO UPDATE SET turns = wiki.turns + 1;

-- name: SeriesVersion :one
SELECT * FROM series WHERE id = @id AND version = @version;

-- name: SeriesVersions :many
SELECT * FROM series WHERE id = @id ORDER BY version;

-- name: OpenSeries :many
SELECT * FROM series WHERE state IN ('incomplete', 'ready') ORDER BY run_at, id, version LIMIT @most;

-- name: RecentSeries :many
SELECT r.* FROM series AS r
WHERE r.created < @before AND r.created >= COALESCE((
    SELECT s.created FROM series AS s WHERE s.created < @before ORDER BY s.created DESC LIMIT 1 OFFSET @others), 0)
ORDER BY r.created DESC, r.id, r.version;

-- name: FailingSeries :many
SELECT * FROM series WHERE error <> '' ORDER BY updated DESC, id, version LIMIT @most;

-- name: CountSeries :many
SELECT CAST(CASE WHEN state = 'done' AND applied <> '' THEN 'applied' ELSE state END AS TEXT) AS state, COUNT(*) AS amount
FROM series GROUP BY 1 ORDER BY 1;

-- name: InsertSeries :execrows
INSERT INTO series (wiki, list, prefix, total, subject, author_name, author_email, root, digest, state,
    superseded_by, run_at, created, updated, id, version, attempts, owner, lease, epoch, verdict, base_commit, error,
    cause, applied)
VALUES (@wiki, @list, @prefix, @total, @subject, @author_name, @author_email, @root, @digest, @state,
    @superseded_by, @run_at, @now, @now, @id, @version, 0, '', 0, 0, '', '', '', '', '')
ON CONFLICT (id, version) DO NOTHING;

-- name: ChangeSeries :exec
UPDATE series SET wiki = @wiki, list = @list, prefix = @prefix, total = @total, subject = @subject,
    author_name = @author_name, author_email = @author_email, root = @root, digest = @digest, state = @state,
    superseded_by = @superseded_by, run_at = @run_at, updated = @now, attempts = 0, owner = '', lease = 0,
    epoch = epoch + 1, error = '', cause = '', applied = ''
WHERE id = @id AND version = @version;

-- name: SupersedeSeries :execrows
UPDATE series SET state = 'superseded', superseded_by = @superseded_by, owner = '', lease = 0, epoch = epoch + 1,
    error = '', updated = @now
WHERE id = @id AND version = @version
    AND (state <> 'superseded' OR superseded_by < CAST(@superseded_by AS BIGINT));

-- name: ClaimSeries :one
UPDATE series SET owner = @owner, lease = @lease, epoch = epoch + 1, attempts = attempts + 1, updated = @now
WHERE (id, version) = (
        SELECT s.id, s.version FROM series AS s
        WHERE s.state IN ('incomplete', 'ready') AND s.run_at <= @now AND s.lease < @now
        ORDER BY s.run_at, s.id, s.version LIMIT 1 /* on postgresql: for update skip locked */)
    AND state IN ('incomplete', 'ready') AND run_at <= @now AND lease < @now
RETURNING *;

-- name: RenewSeries :execrows
UPDATE series SET lease = @lease WHERE id = @id AND version = @version AND epoch = @epoch AND owner = @owner;

-- name: ReleaseSeries :execrows
UPDATE series SET run_at = @run_at, error = @error, owner = '', lease = 0, updated = @now
WHERE id = @id AND version = @version AND epoch = @epoch AND owner = @owner;

-- name: FinishSeries :execrows
UPDATE series SET state = @state, verdict = @verdict, base_commit = @base_commit, run_at = @run_at, attempts = 0,
    error = @error, cause = '', applied = @applied, owner = '', lease = 0, updated = @now
WHERE id = @id AND version = @version AND epoch = @epoch AND owner = @owner;

-- name: FreeSeries :execrows
UPDATE series SET owner = '', lease = 0 WHERE owner <> '' OR lease > 0;

-- name: NextSeries :one
SELECT CAST(COALESCE(MIN(CASE WHEN lease >= run_at THEN lease + 1 ELSE run_at END), @never) AS BIGINT) AS due
FROM series WHERE state IN ('incomplete', 'ready') AND run_at < @never;

-- name: InsertReport :exec
INSERT INTO report (series_id, version, epoch, digest, verdict, base_commit, body, created)
SELECT s.id, s.version, s.epoch, s.digest, @verdict, @base_commit, @body, @created FROM series AS s
WHERE s.id = @series_id AND s.version = @version;

-- name: LastReport :one
SELECT * FROM report WHERE series_id = @series_id AND version = @version ORDER BY epoch DESC LIMIT 1;

-- name: ReportsOfSeries :many
SELECT * FROM report WHERE series_id = @series_id ORDER BY version, epoch;
