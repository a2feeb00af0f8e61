-- Every statement of this room under its name: `-- name: what it is for`, then the statement.

-- create_paper_transaction: Keep what the simulated venue did, once; no row when it is kept already, or when the intent $3
-- is to be cancelled.
INSERT INTO paper_transactions (tx_hash, record)
SELECT $1::text, $2::bytea
WHERE NOT EXISTS (SELECT FROM cancellations WHERE correlation_id = $3::text)
ON CONFLICT (tx_hash) DO NOTHING
RETURNING 1

-- select_paper_transaction: What was kept.
SELECT record FROM paper_transactions WHERE tx_hash = $1
