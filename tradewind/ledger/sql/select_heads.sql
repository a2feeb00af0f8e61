SELECT correlation_id, last_sequence FROM correlation_head WHERE correlation_id = ANY($1::text[])
