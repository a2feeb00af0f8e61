INSERT INTO slots (
    chain_id, address, nonce, purpose, plan_id, step_index, target, data, deadline, description
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb)
