-- A later incarnation sorts after an earlier one ($2), whatever the clock says.
UPDATE writer SET
    incarnation = lpad(greatest(
        to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS')::numeric,
        CASE WHEN $2 ~ '^\d{20}-' THEN substr($2, 1, 20)::numeric + 1 ELSE 0 END,
        CASE WHEN incarnation ~ '^\d{20}-' THEN substr(incarnation, 1, 20)::numeric + 1 ELSE 0 END
    )::text, 20, '0') || '-' || substr(md5(random()::text), 1, 8),
    stream_created = $3, stream_sequence = 0
WHERE id = 1 AND epoch = $1
RETURNING incarnation, epoch, last_global_seq, commits
