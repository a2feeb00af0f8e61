SELECT payload ->> 'txHash' AS tx_hash, (payload ->> 'nonce')::bigint AS nonce
FROM events
WHERE topic = 'exec.step_signed' AND payload ->> 'planId' = $1 AND (payload ->> 'stepIndex')::integer = $2
LIMIT 1
