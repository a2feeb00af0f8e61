-- Locks the row until the transaction ends, and counts the transaction.
UPDATE writer SET commits = commits + 1
WHERE id = 1
RETURNING incarnation, epoch, last_global_seq, commits
