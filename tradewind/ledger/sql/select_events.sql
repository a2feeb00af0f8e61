SELECT e.event_id, e.time, e.topic, e.correlation_id, e.causation_id, e.payload, e.version, e.sequence,
    e.instrument, e.portfolio, e.producer, e.global_seq, e.recorded_at, i.body, i.body_sha256
FROM events AS e
JOIN event_index AS i USING (event_id)
