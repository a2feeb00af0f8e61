-- Every statement of this room under its name: `-- name: what it is for`, then the statement.

-- select_obstacles: Return the requests to cancel these intents ($1), and the states of scopes, by kinds ($2) and names ($3).
SELECT
    ARRAY(SELECT asked FROM (
{tradewind.ledger.select_cancellations}
    ) AS asked) AS cancellations,
    ARRAY(SELECT states FROM (
{tradewind.trading.halts.states}
WHERE (kind, name) IN (SELECT * FROM unnest($2::text[], $3::text[]))
    ) AS states) AS states
