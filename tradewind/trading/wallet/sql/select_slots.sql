SELECT s.nonce, s.purpose, s.plan_id, s.step_index, s.target, s.data, s.deadline, s.description, s.state,
    s.mined_block_number, s.mined_block_hash, s.mined_tx_hash, s.amount_in, s.amount_out, s.gas_used,
    s.effective_gas_price_wei, s.reason, s.detail, s.submitted_at, s.foreign_since,
    s.foreign_acknowledged_at, s.cancel_requested_at, s.cancel_requested_by, s.created_at, s.settled_at,
    ARRAY(
        SELECT (g.generation, g.purpose, g.tx_hash, g.raw, g.gas_limit, g.max_fee_per_gas_wei,
            g.max_priority_fee_per_gas_wei, g.signed_at, g.broadcast_at, g.broadcast_answer)
        FROM generations AS g
        WHERE (g.chain_id, g.address, g.nonce) = (s.chain_id, s.address, s.nonce)
        ORDER BY g.generation
    ) AS generations,
    ARRAY(
        SELECT (r.reorg_index, r.tx_hash, r.block_number, r.block_hash, r.after_settlement, r.seen_at)
        FROM reorgs AS r
        WHERE (r.chain_id, r.address, r.nonce) = (s.chain_id, s.address, s.nonce)
        ORDER BY r.reorg_index
    ) AS reorgs
FROM slots AS s
WHERE s.chain_id = $1 AND s.address = $2
