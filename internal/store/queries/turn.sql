-- name: MoveTip :execrows
INSERT INTO wiki (name, turns, tip) VALUES (@name, 0, @tip)
ON CONFLICT (name) DO UPDATE SET tip = EXCLUDED.tip WHERE wiki.tip <> EXCLUDED.tip;

-- name: TurnSeries :execrows
UPDATE series SET state = 'ready', cause = @cause, run_at = @now, attempts = 0, owner = '', lease = 0, epoch = epoch + 1,
    error = '', updated = @now
WHERE state = 'done' AND wiki = @wiki AND applied = '' AND superseded_by = 0 AND base_commit <> ''
    AND base_commit <> @tip AND created >= @since;

-- name: HoldSeries :execrows
UPDATE series SET updated = updated WHERE id = @id AND version = @version AND state <> 'superseded';

-- name: AskSeries :exec
UPDATE series SET state = CASE WHEN state = 'incomplete' THEN state ELSE 'ready' END, cause = @cause, run_at = @now,
    attempts = 0, owner = '', lease = 0, epoch = epoch + 1, error = '', updated = @now
WHERE id = @id AND version = @version;

-- name: CountSteps :one
SELECT COUNT(*) AS amount FROM step WHERE series_id = @series_id AND event = @event AND at >= @since;

-- name: CommandSettled :one
SELECT COUNT(*) AS amount FROM step WHERE message_id = @message_id AND event IN ('command', 'command-refused');

-- name: OpenCommands :many
SELECT m.* FROM message AS m
WHERE m.kind = 'command' AND NOT EXISTS (
    SELECT 1 FROM step AS t WHERE t.message_id = m.message_id AND t.event IN ('command', 'command-refused'))
ORDER BY m.recorded, m.key;
