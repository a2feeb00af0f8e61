SELECT event_id, body_sha256 FROM event_index WHERE event_id = ANY($1::text[])
