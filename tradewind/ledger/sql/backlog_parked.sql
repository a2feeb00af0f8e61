SELECT count(*)::bigint, coalesce(extract(epoch FROM clock_timestamp() - min(parked_at)), 0)::float8
FROM (SELECT parked_at FROM parked ORDER BY parked_at LIMIT $1) AS oldest
