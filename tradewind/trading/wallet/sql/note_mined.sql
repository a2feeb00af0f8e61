UPDATE slots
SET state = 'mined', mined_tx_hash = $4, mined_block_number = $5, mined_block_hash = $6,
    foreign_since = NULL, submitted_at = coalesce(submitted_at, clock_timestamp())
WHERE chain_id = $1 AND address = $2 AND nonce = $3 AND state IN ('signed', 'broadcast')
