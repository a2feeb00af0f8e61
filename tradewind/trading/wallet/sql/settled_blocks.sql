SELECT DISTINCT mined_block_number, mined_block_hash FROM slots
WHERE chain_id = $1 AND address = $2 AND settled_at IS NOT NULL AND mined_block_number > $3
ORDER BY mined_block_number
