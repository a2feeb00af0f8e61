UPDATE writer SET lease_until = clock_timestamp() + $2::float8 * interval '1 second'
WHERE id = 1 AND epoch = $1
RETURNING epoch
