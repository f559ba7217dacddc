-- name: RewindSeries :execrows
UPDATE series SET run_at = CASE WHEN run_at < CAST(sqlc.arg(never) AS BIGINT) THEN CAST(sqlc.arg(now) AS BIGINT) + run_at - updated ELSE run_at END,
    lease = CASE WHEN lease > CAST(sqlc.arg(latest) AS BIGINT) THEN CAST(sqlc.arg(latest) AS BIGINT) ELSE lease END, updated = CAST(sqlc.arg(now) AS BIGINT)
WHERE state IN ('incomplete', 'ready') AND updated > CAST(sqlc.arg(future) AS BIGINT);

-- name: RewindOutbox :execrows
UPDATE outbox SET
    run_at = CASE WHEN run_at - (CASE WHEN sent > created THEN sent ELSE created END) > CAST(sqlc.arg(longest) AS BIGINT) THEN CAST(sqlc.arg(now) AS BIGINT)
        ELSE CAST(sqlc.arg(now) AS BIGINT) + run_at - (CASE WHEN sent > created THEN sent ELSE created END) END,
    lease = CASE WHEN lease > CAST(sqlc.arg(latest) AS BIGINT) THEN CAST(sqlc.arg(latest) AS BIGINT) ELSE lease END,
    created = CASE WHEN created > CAST(sqlc.arg(now) AS BIGINT) THEN CAST(sqlc.arg(now) AS BIGINT) ELSE created END, sent = CASE WHEN sent > CAST(sqlc.arg(now) AS BIGINT) THEN CAST(sqlc.arg(now) AS BIGINT) ELSE sent END
WHERE state IN ('ready', 'sending') AND run_at < CAST(sqlc.arg(never) AS BIGINT) AND (created > CAST(sqlc.arg(future) AS BIGINT) OR sent > CAST(sqlc.arg(future) AS BIGINT) OR run_at > CAST(sqlc.arg(now) AS BIGINT) + CAST(sqlc.arg(longest) AS BIGINT) OR lease > CAST(sqlc.arg(latest) AS BIGINT));

-- name: RewindLinkJobs :execrows
UPDATE link_job SET run_at = CAST(sqlc.arg(now) AS BIGINT) WHERE run_at > CAST(sqlc.arg(now) AS BIGINT) + CAST(sqlc.arg(longest) AS BIGINT);

-- name: RewindMarks :execrows
UPDATE mark SET run_at = CAST(sqlc.arg(now) AS BIGINT) WHERE run_at > CAST(sqlc.arg(now) AS BIGINT) + CAST(sqlc.arg(longest) AS BIGINT);
