SELECT event_id, subject, stream_sequence, body FROM parked WHERE correlation_id = ANY($1::text[])
