-- Every statement of this room under its name: `-- name: what it is for`, then the statement.

-- create_paper_transaction: Keep what the simulated venue did, once; no row when it is kept already.
INSERT INTO paper_transactions (tx_hash, record) VALUES ($1, $2)
ON CONFLICT (tx_hash) DO NOTHING
RETURNING 1

-- create_execution: Keep what the venue executes of a plan ($1 to $3), once; no row when it is kept already, when the ledger
-- does not have the plan in an open history, or when its intent is to be cancelled.
INSERT INTO paper_transactions (tx_hash, record)
SELECT $4::text, $5::bytea
FROM (
{tradewind.trading.wallet.select_ledger_head}
) AS head (is_recorded, last_sequence, last_topic, is_open, cancellation_id, requested_by)
WHERE is_recorded AND is_open AND cancellation_id IS NULL
ON CONFLICT (tx_hash) DO NOTHING
RETURNING 1

-- select_paper_transaction: What was kept.
SELECT record FROM paper_transactions WHERE tx_hash = $1

-- select_followed: What was kept of transactions ($1), and the requests to cancel their intents ($2), in this order; by one plan
-- for any number of them, because the planner cannot count what comes out of a subquery.
SELECT t.record, c.cancellation_id, c.requested_by, c.requested_at
FROM unnest((SELECT $1::text[]), (SELECT $2::text[])) WITH ORDINALITY AS followed (tx_hash, correlation_id, place)
LEFT JOIN paper_transactions AS t USING (tx_hash)
LEFT JOIN cancellations AS c USING (correlation_id)
ORDER BY place
