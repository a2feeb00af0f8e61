-- Every statement of this room under its name: `-- name: what it is for`, then the statement.

-- select_worst_state: The worst state in force of some scopes, by kinds and names. A lock goes last among equals.
SELECT state, kind, name, reason FROM trading_states
WHERE (kind, name) IN (SELECT * FROM unnest($1::text[], $2::text[]))
    AND state <> 'active' AND (until IS NULL OR until > clock_timestamp())
ORDER BY state = 'halted' DESC, kind = 'lock', kind, name LIMIT 1
