SELECT p.event_id, p.correlation_id, p.sequence, p.subject, p.stream_sequence, p.parked_at,
    clock_timestamp() - p.parked_at AS waiting, coalesce(h.last_sequence, 0) AS last_sequence
FROM parked AS p
LEFT JOIN correlation_head AS h USING (correlation_id)
ORDER BY p.parked_at, p.event_id
LIMIT $1
