SELECT queue_group, count(*)::bigint
FROM (SELECT queue_group FROM dead_letters WHERE state = 'open' LIMIT $1) AS letters
GROUP BY queue_group
