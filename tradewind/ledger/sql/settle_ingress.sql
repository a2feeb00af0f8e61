UPDATE ingress AS i SET recorded_at = clock_timestamp()
FROM event_index AS e
WHERE e.event_id = i.event_id AND i.recorded_at IS NULL AND i.withdrawn_at IS NULL
    AND i.received_at < clock_timestamp() - $1::float8 * interval '1 second'
