SELECT chain_id, address, first_block_hash, next_nonce, halted_reason, halted_at, registered_at FROM wallets
WHERE chain_id = $1 AND address = $2
FOR UPDATE
