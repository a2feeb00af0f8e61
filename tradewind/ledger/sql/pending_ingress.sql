SELECT i.event_id, i.correlation_id, i.subject, i.body, i.relayed
FROM ingress AS i
WHERE i.recorded_at IS NULL AND i.withdrawn_at IS NULL
    AND i.received_at < clock_timestamp() - $1::float8 * interval '1 second'
ORDER BY i.received_at
LIMIT $2
