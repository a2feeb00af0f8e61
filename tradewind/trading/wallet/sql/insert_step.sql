INSERT INTO steps (plan_id, step_index, outcome, reason, detail, chain_id, address, nonce)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (plan_id, step_index) DO NOTHING
RETURNING plan_id, step_index, outcome, reason, detail, address, nonce, decided_at
