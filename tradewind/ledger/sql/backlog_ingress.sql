-- The oldest rows first, whatever became of them: what is recorded is not noted at once.
SELECT count(*)::bigint, coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0)::float8
FROM (
    SELECT event_id, received_at FROM ingress
    WHERE recorded_at IS NULL AND withdrawn_at IS NULL
        AND received_at < clock_timestamp() - $2::float8 * interval '1 second'
    ORDER BY received_at
    LIMIT $1
) AS oldest
WHERE NOT EXISTS (SELECT FROM event_index AS e WHERE e.event_id = oldest.event_id)
