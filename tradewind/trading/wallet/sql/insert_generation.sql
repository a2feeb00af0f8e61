INSERT INTO generations (
    chain_id, address, nonce, generation, purpose, tx_hash, raw, gas_limit, max_fee_per_gas_wei,
    max_priority_fee_per_gas_wei
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
