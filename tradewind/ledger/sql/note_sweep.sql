INSERT INTO sweeps (correlation_id, sequence, attempts, swept_at)
VALUES ($1, $2, 1, clock_timestamp())
ON CONFLICT (correlation_id) DO UPDATE
SET attempts = CASE WHEN sweeps.sequence = EXCLUDED.sequence THEN sweeps.attempts + 1 ELSE 1 END,
    sequence = EXCLUDED.sequence, swept_at = EXCLUDED.swept_at
