UPDATE slots
SET state = $4, mined_tx_hash = $5, mined_block_number = $6, mined_block_hash = $7, amount_in = $8,
    amount_out = $9, gas_used = $10, effective_gas_price_wei = $11, reason = $12, detail = $13,
    submitted_at = coalesce(submitted_at, clock_timestamp()), settled_at = clock_timestamp()
WHERE chain_id = $1 AND address = $2 AND nonce = $3 AND settled_at IS NULL
