UPDATE writer SET epoch = epoch + 1, holder = $1,
    lease_until = clock_timestamp() + $2::float8 * interval '1 second'
WHERE id = 1 AND lease_until < clock_timestamp()
RETURNING incarnation, epoch, last_global_seq, commits
