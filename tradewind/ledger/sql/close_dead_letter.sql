INSERT INTO dead_letters (dead_letter_id, state, note) VALUES ($1, $2, $3)
ON CONFLICT (dead_letter_id) DO UPDATE
SET state = EXCLUDED.state, note = EXCLUDED.note, changed_at = now()
