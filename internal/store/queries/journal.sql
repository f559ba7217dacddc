-- name: InsertStep :exec
INSERT INTO step (seq, writer, at, message_id, series_id, version, event, detail)
VALUES (@seq, @writer, @at, @message_id, @series_id, @version, @event, @detail);

-- name: LastStep :one
SELECT CAST(COALESCE(MAX(seq), 0) AS BIGINT) AS seq FROM step;

-- name: StepsOfMessage :many
SELECT s.* FROM step AS s WHERE s.message_id = @message_id
UNION
SELECT s.* FROM (
    SELECT m.series_id, m.version FROM message_ref AS r JOIN message AS m ON m.key = r.message_key
    WHERE r.id = @message_id AND m.message_id = @message_id AND m.series_id <> ''
    UNION
    SELECT o.series_id, o.version FROM outbox AS o WHERE o.message_id = @message_id AND o.series_id <> ''
) AS v JOIN step AS s ON s.series_id = v.series_id AND s.version = v.version
ORDER BY at, seq, writer;

-- name: StepsOfSeries :many
SELECT * FROM step WHERE series_id = @series_id AND version = @version ORDER BY at, seq, writer;
