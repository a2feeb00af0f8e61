INSERT INTO reorgs (
    chain_id, address, nonce, reorg_index, tx_hash, block_number, block_hash, after_settlement
)
SELECT $1, $2, $3, count(*), $4, $5, $6, $7 FROM reorgs
WHERE chain_id = $1 AND address = $2 AND nonce = $3
