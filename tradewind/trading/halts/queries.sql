-- Every statement of this room under its name: `-- name: what it is for`, then the statement.

-- hold_gate: Keep every state as it is until the transaction ends; any number of transactions may.
LOCK TABLE trading_gate IN ROW EXCLUSIVE MODE

-- close_gate: Wait for the transactions that hold the gate, and let none hold it until this one ends.
LOCK TABLE trading_gate IN SHARE ROW EXCLUSIVE MODE

-- states: Trading states; other statements add a condition.
SELECT kind, name, state, version, reason, set_by, since, until, needs_person,
    state <> 'active' AND (until IS NULL OR until > clock_timestamp()) AS is_in_force
FROM trading_states

-- select_states_of: The states of some scopes, by kinds and names.
{states}
WHERE (kind, name) IN (SELECT * FROM unnest($1::text[], $2::text[]))

-- select_state: The state of one scope.
{states}
WHERE kind = $1 AND name = $2

-- lock_state: The state of one scope, which nobody else can change until the commit.
{select_state}
FOR UPDATE

-- select_time: The time of the database, to a millisecond as events have it.
SELECT date_trunc('milliseconds', clock_timestamp())

-- select_states: Every state in force, the worst first; with $1, those as well that are not any more. $2 is the most.
{states}
WHERE $1 OR state <> 'active' AND (until IS NULL OR until > clock_timestamp())
ORDER BY is_in_force DESC, state = 'halted' DESC, kind, name LIMIT $2

-- count_states: How many states are in force, by kind and state.
SELECT kind, state, count(*) AS number FROM trading_states
WHERE state <> 'active' AND (until IS NULL OR until > clock_timestamp())
GROUP BY kind, state

-- write_state: Put a state into force.
INSERT INTO trading_states (kind, name, state, version, reason, set_by, since, until, needs_person)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (kind, name) DO UPDATE SET state = EXCLUDED.state, version = EXCLUDED.version, reason = EXCLUDED.reason,
    set_by = EXCLUDED.set_by, since = EXCLUDED.since, until = EXCLUDED.until, needs_person = EXCLUDED.needs_person

-- apply_states: Put recorded states into force where they are newer. Of two with one version the worse stands: a command was
-- answered after the database was restored and before the ledger had read what was in force before.
INSERT INTO trading_states AS s (kind, name, state, version, reason, set_by, since, until, needs_person)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[],
    $9::boolean[]
)
ON CONFLICT (kind, name) DO UPDATE SET state = EXCLUDED.state, version = EXCLUDED.version, reason = EXCLUDED.reason,
    set_by = EXCLUDED.set_by, since = EXCLUDED.since, until = EXCLUDED.until, needs_person = EXCLUDED.needs_person
WHERE s.version < EXCLUDED.version OR s.version = EXCLUDED.version
    AND array_position('{active,reducing,halted}', s.state) < array_position('{active,reducing,halted}', EXCLUDED.state)

-- select_are_held: Whether portfolios ($1) have so much ($4) of tokens ($3) of chains ($2) beside what their intents before some
-- ($5) may still sell, in the order of these.
SELECT coalesce((
        SELECT sum(e.amount) FROM entries AS e
        WHERE e.portfolio_id = s.portfolio_id AND e.chain = s.chain AND e.token = s.token
    ), 0) >= s.amount + coalesce((
        SELECT sum(a.claim_amount - a.used_amount) FROM allocations AS a
        WHERE a.portfolio_id = s.portfolio_id AND a.status = 'claimed' AND a.side = 'dispose' AND a.claim_token = s.token
            AND a.intent_id < s.intent_id
    ), 0)
FROM unnest((SELECT $1::text[]), (SELECT $2::text[]), (SELECT $3::text[]), (SELECT $4::numeric[]), (SELECT $5::text[]))
    WITH ORDINALITY AS s (portfolio_id, chain, token, amount, intent_id, place)
ORDER BY s.place

-- keep_event: Keep the event of a change, which the relay publishes until the ledger has it.
INSERT INTO ingress (event_id, correlation_id, subject, body, request_sha256) VALUES ($1, $2, $3, $4, $5)
