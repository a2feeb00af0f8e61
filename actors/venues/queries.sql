-- Every statement of this room under its name: `-- name: what it is for`, then the statement.

-- create_paper_transaction: Keep what the simulated venue did, once; no row when it is kept already.
INSERT INTO paper_transactions (tx_hash, record) VALUES ($1, $2)
ON CONFLICT (tx_hash) DO NOTHING
RETURNING 1

-- select_paper_transaction: What was kept.
SELECT record FROM paper_transactions WHERE tx_hash = $1
