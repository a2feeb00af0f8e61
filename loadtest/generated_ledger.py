"""Fills a ledger with millions of events by SQL: flows of an intent, thousands open at a time.

The events have the bytes and hashes of real ones, with other ids, so that everything that reads a
ledger reads this one. Nothing wrote it: what a writer, a book or Redis would have beside is absent.
"""

from datetime import UTC, datetime
from typing import Final

import orjson

from tests.support.histories import History
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.registry import resting_topics
from tradewind.postgres import Connection, Pool

STRATEGIES: Final = 24
REJECTED_EVERY: Final = 10
"""Every so many flows, risk refuses one."""
OPEN_FLOWS: Final = 512
"""How many flows run at the same time."""
FLOWS_AT_ONCE: Final = 8_192
"""How many flows one statement writes."""
EVENTS_OF_A_FLOW: Final = 9
STATEMENT_SECONDS: Final = 600.0
_DIGITS: Final = "@NNNNNNNNNNN@"
"""Stands for the number of a flow; before it stands the time at which the flow began."""
_TIME: Final = "@TTTTTTTT@"

_TEMPLATES: Final = """
CREATE TABLE IF NOT EXISTS generated_templates (
    strategy integer, is_rejected boolean, sequence integer, body text,
    PRIMARY KEY (strategy, is_rejected, sequence)
)
"""
_FILL: Final = """
WITH flows AS MATERIALIZED (
    SELECT n, n / $2 AS block, n % $2 AS place_in_block, (
        SELECT string_agg(
            substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', ((ms >> bits) & 31)::integer + 1, 1), ''
            ORDER BY bits DESC
        )
        FROM generate_series(0, 45, 5) AS bits
    ) AS began
    FROM generate_series($1::bigint, $1::bigint + $3 - 1) AS n
    CROSS JOIN LATERAL (
        SELECT (extract(epoch FROM $11::timestamptz) * 1000)::bigint
            + ($8::bigint + (n - $1::bigint) * $5) * 10 AS ms
    ) AS time
), rows AS MATERIALIZED (
    SELECT n, t.sequence, f.block * $2 * $5 + (t.sequence - 1) * $2 + f.place_in_block AS place,
        replace(replace(t.body, $6, lpad(n::text, 13, '0')), $10, f.began) AS body
    FROM flows AS f
    JOIN generated_templates AS t ON t.strategy = n % $4 AND t.is_rejected = (n % $7 = 0)
), placed AS MATERIALIZED (
    SELECT n, sequence, body, $8::bigint + row_number() OVER (ORDER BY place) AS global_seq
    FROM rows
), parsed AS MATERIALIZED (
    SELECT n, sequence, global_seq, body::jsonb AS event,
        sha256(convert_to(body, 'UTF8')) AS body_sha256
    FROM placed
), indexed AS (
    INSERT INTO event_index (event_id, correlation_id, sequence, body_sha256, global_seq)
    SELECT event ->> 'eventId', event ->> 'correlationId', sequence, body_sha256, global_seq
    FROM parsed
), heads AS (
    INSERT INTO correlation_head (correlation_id, last_sequence, last_topic, is_open)
    SELECT DISTINCT ON (n) event ->> 'correlationId', sequence, event ->> 'topic',
        event ->> 'topic' <> ALL ($9::text[])
    FROM parsed ORDER BY n, sequence DESC
), moved AS (
    UPDATE writer SET last_global_seq = (SELECT max(global_seq) FROM parsed) WHERE id = 1
)
INSERT INTO events (time, event_id, topic, correlation_id, causation_id, payload, version,
    sequence, instrument, portfolio, producer, global_seq, recorded_at)
SELECT (event ->> 'timestamp')::timestamptz, event ->> 'eventId', event ->> 'topic',
    event ->> 'correlationId', event ->> 'causationId', event -> 'payload', 1, sequence,
    event #>> '{key,instrument}', event #>> '{key,portfolio}', event ->> 'producer', global_seq,
    $11::timestamptz + global_seq * interval '10 ms'
FROM parsed
"""
START: Final = datetime(2026, 1, 1, tzinfo=UTC)


async def fill(pool: Pool, events: int) -> int:
    """Append about so many events to an empty ledger, and return how many there are."""
    await pool.execute(_TEMPLATES)
    await pool.executemany(
        "INSERT INTO generated_templates VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", _rows()
    )
    resting, flow, last = sorted(resting_topics()), 0, 0
    while last < events:
        async with pool.acquire() as connection:
            await _fill(connection, flow, last, resting)
            last = await connection.fetchval("SELECT last_global_seq FROM writer")
        flow += FLOWS_AT_ONCE
    await pool.execute("DROP TABLE generated_templates")
    await pool.execute("VACUUM ANALYZE", timeout=STATEMENT_SECONDS)
    return int(last)


async def _fill(connection: Connection, flow: int, last: int, resting: list[str]) -> None:
    await connection.execute(
        _FILL, flow, OPEN_FLOWS, FLOWS_AT_ONCE, STRATEGIES, EVENTS_OF_A_FLOW, _DIGITS,
        REJECTED_EVERY, last, resting, _TIME, START, timeout=STATEMENT_SECONDS,
    )  # fmt: skip


def _rows() -> list[tuple[int, bool, int, str]]:
    rows = []
    for strategy in range(STRATEGIES):
        history = History(
            7,
            strategy_id=f"strategy{strategy}",
            intent_type="acquire" if strategy % 2 else "dispose",
        )
        rejected = history.events(history.screened(), history.rejected())
        for is_rejected, events in ((False, history.completed()), (True, rejected)):
            rows += [
                (strategy, is_rejected, one.sequence, _template(history, events, one))
                for one in events
            ]
    return rows


def _template(history: History, events: list[AnyEvent], event: AnyEvent) -> str:
    """Return the bytes of an event, with digits in its ids that a flow's number replaces."""
    body = event.to_bytes().decode()
    assert orjson.dumps(orjson.loads(body)).decode() == body
    names = [history.intent_id, history.plan_id, *(one.event_id for one in events)]
    for number, name in enumerate(names):
        body = body.replace(name, f"{_TIME}{number:03}{_DIGITS}")
    return body
