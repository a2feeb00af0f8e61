SELECT correlation_id, last_sequence
FROM correlation_head
WHERE correlation_id > $1 AND correlation_id < $2
ORDER BY correlation_id
LIMIT $3
