WITH sent AS (
    UPDATE generations SET broadcast_at = clock_timestamp(), broadcast_answer = $4
    WHERE chain_id = $1 AND address = $2 AND tx_hash = $3
    RETURNING chain_id, address, nonce
)
UPDATE slots AS s SET state = 'broadcast', submitted_at = coalesce(s.submitted_at, clock_timestamp())
FROM sent
WHERE (s.chain_id, s.address, s.nonce) = (sent.chain_id, sent.address, sent.nonce)
    AND s.state = 'signed' AND $5
