"""Events are found page by page, by indexes, whatever is asked for; graphs go across histories."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.arrivals import arrive
from tests.support.histories import History
from tests.support.waiting import PATIENCE_SECONDS
from tradewind.contracts.envelope import AnyEvent
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history.owners import Owner, Owners
from tradewind.ledger.history.search import EventFilter, EventSearch
from tradewind.ledger.queries import QUERIES
from tradewind.ledger.records import RecordedEvent
from tradewind.postgres import Pool

ALPHA = History(1, strategy_id="alpha", portfolio_id="fund")
BETA = History(2, strategy_id="beta")
LARGE = 200_000
HOUR = timedelta(hours=1)


@pytest.fixture
async def search(pool: Pool, ledger: Ledger) -> EventSearch:
    """Record two histories, event by event in turn; return what searches them."""
    for pair in zip(ALPHA.completed(), BETA.completed(), strict=True):
        await ledger.append(arrive(pair))
    return EventSearch(pool)


async def walk(search: EventSearch, wanted: EventFilter, **options: Any) -> list[RecordedEvent]:
    """Return all pages, one after the other."""
    found: list[RecordedEvent] = []
    cursor = None
    while page := await search.page(wanted, cursor, 3, **options):
        assert len(page) <= 3
        found += page
        cursor = page[-1].global_seq
    return found


def ids(events: Sequence[RecordedEvent]) -> list[str]:
    return [one.event.event_id for one in events]


@pytest.mark.parametrize(
    "wanted",
    [
        EventFilter(),
        EventFilter(topics=["exec.step_filled"]),
        EventFilter(topics=["intent.submitted", "exec.completed", "plan.rejected"]),
        EventFilter(topics=[]),
        EventFilter(portfolio_id="fund"),
        EventFilter(portfolio_id="fund", topics=["risk.approved", "exec.completed"]),
        EventFilter(portfolio_id="nobody"),
        EventFilter(correlation_id=BETA.correlation_id),
        EventFilter(correlation_id=BETA.correlation_id, topics=["plan.created"]),
        EventFilter(correlation_id=BETA.correlation_id, portfolio_id="fund"),
    ],
    ids=str,
)
async def test_pages_are_what_a_look_at_everything_finds(
    search: EventSearch, wanted: EventFilter
) -> None:
    pairs = zip(ALPHA.completed(), BETA.completed(), strict=True)
    expected = [one.event_id for pair in pairs for one in pair if is_wanted(one, wanted)]
    assert ids(await walk(search, wanted, newest_first=False)) == expected
    assert ids(await walk(search, wanted)) == expected[::-1]


def is_wanted(event: AnyEvent, wanted: EventFilter) -> bool:
    return (
        (wanted.topics is None or event.topic in wanted.topics)
        and wanted.portfolio_id in (None, event.key.portfolio)
        and wanted.correlation_id in (None, event.correlation_id)
    )


async def test_times_are_those_of_recording(search: EventSearch) -> None:
    every = await walk(search, EventFilter(), newest_first=False)
    times = [one.recorded_at for one in every]
    for moment in (times[0], times[7], times[-1], times[0] - HOUR, times[-1] + HOUR):
        since = await walk(search, EventFilter(since=moment), newest_first=False)
        assert ids(since) == ids([one for one in every if one.recorded_at >= moment])
        until = await walk(search, EventFilter(until=moment), newest_first=False)
        assert ids(until) == ids([one for one in every if one.recorded_at < moment])
    between = EventFilter(["exec.step_filled"], None, None, times[3], times[-1])
    assert ids(await walk(search, between)) == ids(
        [
            one
            for one in reversed(every)
            if one.event.topic == "exec.step_filled" and times[3] <= one.recorded_at < times[-1]
        ]
    )


async def test_an_owner_is_who_the_intent_was_submitted_for(
    search: EventSearch, pool: Pool
) -> None:
    owners = await Owners(pool).of([ALPHA.correlation_id, BETA.correlation_id, "system-1"])
    assert owners == {
        ALPHA.correlation_id: Owner("alpha", "fund"),
        BETA.correlation_id: Owner("beta", "beta"),
    }
    assert await Owners(pool).of([]) == {}


FILL = """
INSERT INTO events (time, event_id, topic, correlation_id, causation_id, payload, version, sequence,
                    instrument, portfolio, producer, global_seq, recorded_at)
SELECT now(), n, CASE WHEN n % 50000 = 7 THEN 'plan.rejected' WHEN n % 11 = 0 THEN 'risk.approved'
        ELSE 'exec.step_filled' END,
    'intent-' || n / 11, 'x', '{"intent": {"strategy_id": "s"}}', 1, n % 11 + 1, 'i',
    CASE WHEN n % 40000 = 3 THEN 'rare' ELSE 'p' || n % 20 END, 'test', n,
    timestamptz '2026-11-01' + n * interval '1 s'
FROM generate_series(1, $1::integer) AS n
"""
TOUCHED = re.compile(r"Buffers: shared hit=(\d+)(?: read=(\d+))?")
MAX_BLOCKS = 1_500


async def test_no_page_reads_more_than_it_shows(pool: Pool) -> None:
    """Given 200,000 events, some of a rare topic or portfolio: no page reads a tenth of them."""
    await pool.execute(FILL, LARGE, timeout=PATIENCE_SECONDS)
    await pool.execute("UPDATE writer SET last_global_seq = $1", LARGE)
    await pool.execute("VACUUM ANALYZE events", timeout=PATIENCE_SECONDS)
    (blocks,) = await pool.fetchrow(
        "SELECT relpages FROM pg_class WHERE oid = 'public.events'::regclass"
    )
    assert blocks > MAX_BLOCKS
    every = (0, 2**63 - 1, 201)
    asked: list[tuple[str, tuple[object, ...]]] = [
        ("select_places", every),
        ("select_places", (LARGE // 2, LARGE // 2 + 500, 201)),
        ("select_places_of_topics", (*every, ["plan.rejected"])),
        ("select_places_of_topics", (*every, ["exec.step_filled", "risk.approved"])),
        ("select_places_of_topics", (*every, ["plan.created"])),
        ("select_places_of_portfolio", (*every, ["exec.step_filled", "plan.created"], "rare")),
        ("select_places_of_portfolio", (*every, ["exec.step_filled", "risk.approved"], "p7")),
        ("select_places_of_history", (*every, "intent-9000", None, None, None)),
        ("select_place_before", (datetime(2026, 11, 2, tzinfo=UTC),)),
        ("select_at", (list(range(1, LARGE, LARGE // 200)),)),
        ("select_owners", ([f"intent-{n}" for n in range(200)],)),
        ("select_caused_histories", (["x", "y"], 50)),
    ]
    for mode in ("force_custom_plan", "force_generic_plan"):
        async with pool.acquire() as connection:
            await connection.execute(f"SET plan_cache_mode = {mode}")
            for name, arguments in asked:
                for direction in ("ASC", "DESC"):
                    query = QUERIES[name].replace(":direction", direction)
                    plan = await connection.fetch(
                        f"EXPLAIN (ANALYZE, BUFFERS, TIMING off) {query}", *arguments
                    )
                    text = "\n".join(row[0] for row in plan)
                    assert "Seq Scan on events" not in text, (mode, text)
                    found = TOUCHED.search(text)
                    assert found is not None, text
                    assert sum(int(part or 0) for part in found.groups()) < MAX_BLOCKS, text
