-- Every statement of this room under its name: `-- name: what it is for`, then the statement.

-- select_instructions: Return which policy is in force, and the requests to cancel these intents ($1).
SELECT
    (SELECT head FROM (
{tradewind.trading.policy.select_head}
    ) AS head) AS policy,
    ARRAY(SELECT asked FROM (
{tradewind.ledger.select_cancellations}
    ) AS asked) AS cancellations
