-- name: InsertNeed :exec
INSERT INTO need (series_id, version, ref) VALUES (@series_id, @version, @ref)
ON CONFLICT (series_id, version, ref) DO NOTHING;

-- name: DropNeeds :exec
DELETE FROM need WHERE series_id = @series_id AND version = @version;

-- name: WhoNeeds :many
SELECT s.id, s.version FROM need AS n JOIN series AS s ON s.id = n.series_id AND s.version = n.version
WHERE n.ref = @ref AND s.wiki = @wiki AND s.superseded_by = 0 ORDER BY s.id, s.version LIMIT @most;

-- name: TurnNeedy :execrows
UPDATE series SET state = 'ready', cause = @cause, run_at = @run_at, attempts = 0, owner = '', lease = 0,
    epoch = epoch + 1, error = '', updated = @now
WHERE id = @id AND version = @version AND superseded_by = 0 AND applied = ''
    AND (state = 'done' OR (state = 'ready' AND lease > 0));
