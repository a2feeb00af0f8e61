"""What the dashboard asks for all the time reads as little of a large ledger as of a small one."""

import itertools
import re
from collections.abc import Sequence
from typing import Any

import pytest

from tradewind.contracts.ids import make_ulid
from tradewind.ledger.history.intent_counts import (
    AT_VENUE,
    ENDS_WITH_REASON,
    IntentCounts,
    Seen,
)
from tradewind.ledger.history.lookup import Lookup, Named, Transaction
from tradewind.ledger.history.stages import STAGE_OF_TOPIC
from tradewind.ledger.queries import QUERIES
from tradewind.postgres import Connection, Pool

INTENTS, EVENTS_EACH = 5_000, 10
LOOKED_AT = 100
"""How many intents a count looks at here; it would look at more of so few."""
BLOCKS_EACH = 16
"""Of its head, of the event that opened it, and of all its events, with their indexes."""
BLOCKS_BESIDE = 60
FILL = """
WITH topics (topic, sequence) AS (
    SELECT * FROM unnest(
        ARRAY['intent.submitted', 'risk.screened', 'risk.approved', 'intent.accepted', 'plan.created',
            'exec.started', 'exec.step_signed', 'exec.step_submitted', 'exec.step_filled', 'exec.completed']
    ) WITH ORDINALITY AS t (topic, sequence)
), rows AS (
    SELECT n, 'intent-' || $2 || lpad(n::text, 16, '0') AS name, t.sequence, n * 10 + t.sequence AS place,
        CASE WHEN t.sequence = 10 AND n % 5 = 0 THEN 'exec.failed' ELSE t.topic END AS topic
    FROM generate_series(0, $1 - 1) AS n CROSS JOIN topics AS t
), indexed AS (
    INSERT INTO event_index (event_id, correlation_id, sequence, body_sha256, global_seq)
    SELECT 'E' || place, name, sequence, sha256(name::bytea), place FROM rows
), heads AS (
    INSERT INTO correlation_head (correlation_id, last_sequence, last_topic, is_open)
    SELECT name, sequence, topic, n % 10 = 7 FROM rows WHERE sequence = 10
)
INSERT INTO events (time, event_id, topic, correlation_id, causation_id, payload, version, sequence,
    instrument, portfolio, producer, global_seq)
SELECT now() - interval '20 hours' + place * interval '1 ms', 'E' || place, topic, name, 'E' || place - 1,
    jsonb_build_object('intent', jsonb_build_object('strategy_id', 's' || n % 7), 'reason', 'SLIPPAGE',
        'planId', 'P' || n, 'txHash', 'H' || n, 'final', 'true', 'filler', repeat('x', 300)),
    1, sequence, 'ethereum-WETH-USDC', 'p' || n % 7, 'test', place
FROM rows
"""  # noqa: E501
PREFIX = make_ulid(1_763_600_000_000, bytes(10))[:10]
LOWEST = f"{PREFIX}{'0' * 16}"
ALL, ONE, NOBODY = Seen(), Seen(["s3"]), Seen(["nobody"], ["p%"])
COUNTS: Sequence[tuple[str, str, Sequence[Any]]] = [
    ("count_intents", "newest_intents", ([f"intent-{LOWEST}"],)),
    ("count_open_intents", "open_intents", (AT_VENUE,)),
    ("count_reasons", "newest_intents", (ENDS_WITH_REASON, LOOKED_AT)),
    ("time_stages", "newest_intents", (LOOKED_AT, [*STAGE_OF_TOPIC], [*STAGE_OF_TOPIC.values()])),
]
LOOKUPS: Sequence[tuple[str, Sequence[Any]]] = [
    ("select_has_history", (f"intent-{PREFIX}{7:016}",)),
    ("select_history_of_event", ("E70",)),
    ("select_plan_correlation", ("P7",)),
    ("select_history_of_transaction", ("H7",)),
    ("select_wallet_of_transaction", ("H7",)),
    ("select_strategies", (1_000,)),
    ("select_strategies_of", (1_000, ["p%"])),
]
MODES = ("force_custom_plan", "force_generic_plan")
TOUCHED = re.compile(r"Buffers: shared hit=(\d+)(?: read=(\d+))?")
SCAN = re.compile(r"Seq Scan on (events|event_index|correlation_head)\b")


@pytest.fixture
async def filled(pool: Pool) -> Pool:
    """Return a pool of a ledger that has many intents with long payloads."""
    await pool.execute(FILL, INTENTS, PREFIX, timeout=300)
    await pool.execute("UPDATE writer SET last_global_seq = $1", INTENTS * EVENTS_EACH)
    await pool.execute("ANALYZE", timeout=300)
    (blocks,) = await pool.fetchrow(
        "SELECT relpages FROM pg_class WHERE oid = 'public.events'::regclass"
    )
    assert blocks > 2 * (LOOKED_AT * BLOCKS_EACH + BLOCKS_BESIDE)
    return pool


async def blocks_of(connection: Connection, statement: str, *arguments: object) -> int:
    """Return how many blocks a statement touches; no scan of a table is among it."""
    asked = f"EXPLAIN (ANALYZE, BUFFERS, TIMING off) {statement}"
    plan = "\n".join(row[0] for row in await connection.fetch(asked, *arguments))
    assert not SCAN.search(plan), plan
    touched = TOUCHED.search(plan.partition("\nPlanning:")[0])
    return sum(int(part or 0) for part in touched.groups()) if touched else 0


async def test_a_count_reads_what_it_looks_at(filled: Pool) -> None:
    async with filled.acquire() as connection:
        for mode, (name, source, arguments) in itertools.product(MODES, COUNTS):
            await connection.execute(f"SET plan_cache_mode = {mode}")
            for seen in (ALL, ONE, NOBODY):
                intents = QUERIES[source if seen.is_all else f"{source}_of"]
                blocks = await blocks_of(
                    connection, QUERIES[name].replace(":intents", intents),
                    f"intent-{LOWEST}", "intent.", LOOKED_AT, *seen, *arguments,
                )  # fmt: skip
                assert blocks < LOOKED_AT * BLOCKS_EACH + BLOCKS_BESIDE, (name, seen, blocks)


async def test_a_search_reads_what_it_finds(filled: Pool) -> None:
    async with filled.acquire() as connection:
        for mode, (name, arguments) in itertools.product(MODES, LOOKUPS):
            await connection.execute(f"SET plan_cache_mode = {mode}")
            blocks = await blocks_of(connection, QUERIES[name], *arguments)
            assert blocks < BLOCKS_BESIDE, (name, blocks)


async def test_what_is_read_is_right(filled: Pool) -> None:
    counts = await IntentCounts(filled).count([LOWEST], LOWEST, ALL)
    assert sum(one.intents for one in counts.buckets) == INTENTS
    assert sum(counts.open.by_state.values()) == INTENTS // 10
    assert (counts.reasons_read, counts.is_truncated) == (INTENTS // 5, False)
    own = await IntentCounts(filled).count([LOWEST], LOWEST, ONE)
    assert sum(one.intents for one in own.buckets) == len(range(3, INTENTS, 7))
    lookup, seventh = Lookup(filled), f"intent-{PREFIX}{7:016}"
    assert await lookup.named("P7") == Named(seventh, None)
    assert await lookup.transaction("H7") == Transaction(seventh, None)
    assert await lookup.strategies() == [f"s{number}" for number in range(7)]
