SELECT correlation_id FROM events
WHERE topic = 'plan.created' AND payload ->> 'planId' = $1
ORDER BY global_seq
LIMIT 1
