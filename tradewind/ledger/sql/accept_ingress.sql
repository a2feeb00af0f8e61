INSERT INTO ingress (event_id, correlation_id, subject, body, idempotency_key, request_sha256)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING
RETURNING event_id
