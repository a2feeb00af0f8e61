WITH counted AS (
    SELECT count(*) AS histories
    FROM correlation_head
    WHERE correlation_id > $1 AND correlation_id < $2
)
SELECT correlation_id
FROM correlation_head
WHERE correlation_id > $1 AND correlation_id < $2
ORDER BY correlation_id
OFFSET (SELECT histories / 2 FROM counted)
LIMIT 1
