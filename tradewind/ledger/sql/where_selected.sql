WHERE e.global_seq > $1 AND e.correlation_id IN (
    SELECT o.correlation_id FROM events AS o
    WHERE ($2::text IS NULL OR o.correlation_id = $2)
        AND ($3::timestamptz IS NULL OR o.recorded_at >= $3)
        AND ($4::timestamptz IS NULL OR o.recorded_at < $4)
)
ORDER BY e.global_seq
LIMIT $5
