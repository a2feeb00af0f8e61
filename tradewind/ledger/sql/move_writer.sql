-- Locks the row, as lock_writer does, and notes how far into the stream the transaction goes.
UPDATE writer SET commits = commits + 1, stream_created = $1,
    stream_sequence = CASE WHEN stream_created = $1 THEN greatest(stream_sequence, $2) ELSE $2 END
WHERE id = 1
RETURNING incarnation, epoch, last_global_seq, commits
