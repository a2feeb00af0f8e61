-- Every statement of this room under its name: `-- name: what it is for`, then the statement.

-- lock_instruments: Let one change at a time look at all names; readers do not wait.
SELECT pg_advisory_xact_lock(hashtext('tradewind instruments'))

-- select_instruments: Return the version in force of every instrument, by key.
SELECT DISTINCT ON (instrument) body FROM instruments ORDER BY instrument, version DESC

-- select_instrument: Return the version in force of one instrument.
SELECT body FROM instruments WHERE instrument = $1 ORDER BY version DESC LIMIT 1

-- digest_instruments: Return what is another value after any change, for those who look every second.
SELECT md5(coalesce(string_agg(concat_ws(' ', instrument, version, xmin::text), ',' ORDER BY instrument, version), '')) FROM instruments

-- insert_instrument: Put a version into force; no row when there is one of that number already.
INSERT INTO instruments (instrument, version, event_id, body) VALUES ($1, $2, $3, $4)
ON CONFLICT (instrument, version) DO NOTHING
RETURNING version

-- correct_instrument: Put the version into force that the ledger recorded, whatever a row said; no row where it said so.
INSERT INTO instruments AS i (instrument, version, event_id, body) VALUES ($1, $2, $3, $4)
ON CONFLICT (instrument, version) DO UPDATE SET event_id = excluded.event_id, body = excluded.body
WHERE i.body <> excluded.body
RETURNING version

-- select_unrecorded: Return the events of versions that the ledger does not have, each history in order.
SELECT i.body FROM instruments AS i
WHERE NOT EXISTS (SELECT FROM event_index AS e WHERE e.event_id = i.event_id)
ORDER BY i.instrument, i.version
LIMIT $1
