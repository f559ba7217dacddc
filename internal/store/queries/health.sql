-- name: SetHealth :exec
INSERT INTO health (name, ok, detail, since, at)
VALUES (sqlc.arg(name), sqlc.arg(ok), sqlc.arg(detail), sqlc.arg(at), sqlc.arg(at))
ON CONFLICT (name) DO UPDATE SET
    since = CASE WHEN health.ok = excluded.ok THEN health.since ELSE excluded.since END,
    ok = excluded.ok, detail = excluded.detail, at = excluded.at;

-- name: Health :many
SELECT * FROM health ORDER BY name;
