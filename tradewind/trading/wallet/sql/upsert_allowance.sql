INSERT INTO allowances (chain_id, address, token, spender, projected)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (chain_id, address, token, spender) DO UPDATE SET projected = EXCLUDED.projected
