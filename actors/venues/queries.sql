-- Every statement of this room under its name: `-- name: what it is for`, then the statement.

-- create_paper_transaction: Keep what the simulated venue did, once; no row when it is kept already.
INSERT INTO paper_transactions (tx_hash, record) VALUES ($1, $2)
ON CONFLICT (tx_hash) DO NOTHING
RETURNING 1

-- create_executions: Keep what the venue executes of plans ($1 to $3) by keys ($4) and records ($5), once; return the keys of what
-- was kept now. It is not when it is kept already, when the ledger does not have the plan in an open history, or when its intent is
-- to be cancelled. They are kept in the order of their keys, so that no two who do so wait for each other.
INSERT INTO paper_transactions (tx_hash, record)
SELECT e.tx_hash, e.record
FROM (
{tradewind.trading.wallet.select_ledger_heads}
) AS head (place, is_recorded, last_sequence, last_topic, is_open, cancellation_id, requested_by)
JOIN unnest((SELECT $4::text[]), (SELECT $5::bytea[])) WITH ORDINALITY AS e (tx_hash, record, place) USING (place)
WHERE is_recorded AND is_open AND cancellation_id IS NULL
ORDER BY e.tx_hash
ON CONFLICT (tx_hash) DO NOTHING
RETURNING tx_hash

-- select_paper_transaction: What was kept.
SELECT record FROM paper_transactions WHERE tx_hash = $1

-- select_followed: What was kept of transactions ($1), and the requests to cancel their intents ($2), in this order; by one plan
-- for any number of them, because the planner cannot count what comes out of a subquery.
SELECT t.record, c.cancellation_id, c.requested_by, c.requested_at
FROM unnest((SELECT $1::text[]), (SELECT $2::text[])) WITH ORDINALITY AS followed (tx_hash, correlation_id, place)
LEFT JOIN paper_transactions AS t USING (tx_hash)
LEFT JOIN cancellations AS c USING (correlation_id)
ORDER BY place
