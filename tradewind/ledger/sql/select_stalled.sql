SELECT h.correlation_id, h.last_sequence, h.last_topic, h.changed_at,
    coalesce(s.attempts, 0) AS attempts, s.swept_at, clock_timestamp() AS now
FROM correlation_head AS h
LEFT JOIN sweeps AS s ON s.correlation_id = h.correlation_id AND s.sequence = h.last_sequence
WHERE h.is_open AND h.changed_at < clock_timestamp() - $1::float8 * interval '1 second'
    AND NOT EXISTS (SELECT FROM imports AS i WHERE i.correlation_id = h.correlation_id)
    AND ($2::integer IS NULL OR (coalesce(s.attempts, 0) < $2 AND coalesce(
        s.swept_at < clock_timestamp() - $1::float8 * power(2, s.attempts) * interval '1 second', true
    )))
ORDER BY h.changed_at
LIMIT $3
