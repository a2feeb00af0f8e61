"""Measures the time machine over a generated ledger: how everything stood after any event."""

import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

import uvloop

from loadtest.bench.findings import Budget, Finding
from loadtest.bench.run import Run
from loadtest.bench.stores import asks_of_stores, fill_stores
from loadtest.generated_ledger import START, STATEMENT_SECONDS, fill
from loadtest.queries import QUERIES
from tradewind.contracts.registry import TOPICS
from tradewind.ledger.history.graph import CorrelationGraphs
from tradewind.ledger.history.search import EventFilter, EventSearch
from tradewind.ledger.history.trades import FILLS, REFUSALS, TradeFilter, Trades
from tradewind.ledger.migrations import upgrade
from tradewind.operations.embedded.servers import start_servers
from tradewind.postgres import Pool, open_pool
from tradewind.readmodels.models.intent import INTENT
from tradewind.readmodels.models.positions import POSITIONS
from tradewind.timeline.moments import Moments
from tradewind.timeline.portfolios import PortfoliosAsOf
from tradewind.timeline.read_models import ReadModelsAsOf
from tradewind.timeline.rebuild import rebuild
from tradewind.timeline.summary import Summaries
from tradewind.trading.portfolios.reader import Seen

NAME: Final = "as-of"
EVENTS_VARIABLE: Final = "TRADEWIND_BENCH_AS_OF_EVENTS"
_EVENTS: Final = 1_000_000
_BETWEEN: Final = timedelta(milliseconds=10)
_ASKED: Final = 40
_SEED: Final = 29
_MOST_PAGE_MS: Final = 1_000
_MOST_ROUTE_MS: Final = 20
"""For a page of what is now, however long the ledger is."""
_EVERYBODY: Final = Seen()

type Ask = Callable[[int], Awaitable[object]]


def run(run: Run) -> list[Finding]:
    """Return how long a page of the time machine takes, and what it takes to write the timeline."""
    wanted = run.scaled(int(os.environ.get(EVENTS_VARIABLE, _EVENTS)))
    with start_servers(run.subdirectory("as-of"), names=("postgres",)) as servers:
        upgrade(servers.postgres_dsn)
        return uvloop.run(_measure(run, servers.postgres_dsn, wanted))


async def _measure(run: Run, dsn: str, wanted: int) -> list[Finding]:
    pool = await open_pool(dsn, writes=True, transaction_seconds=STATEMENT_SECONDS)
    try:
        run.say(f"{NAME}: generating {wanted:,} events")
        events = await fill(pool, wanted)
        run.say(f"{NAME}: writing their timeline")
        began_at = time.monotonic()
        await rebuild(pool)
        seconds = time.monotonic() - began_at
        rows = await fill_stores(pool, events)
        await pool.execute("ANALYZE")
        size = await pool.fetchval(_SIZE)
        what = f"of {events:,} events"
        return [
            Finding(NAME, f"timeline {what} by rebuild", events / seconds, "events/s"),
            Finding(NAME, "its tables and indexes", size / 2**20, "MiB"),
            *[
                await timed(name, ask, events, what)
                for name, ask in (asks(pool) | asks_of_stores(pool, rows)).items()
            ],
        ]
    finally:
        await pool.close()


_SIZE: Final = QUERIES["timeline_size"]


async def timed(name: str, ask: Ask, events: int, what: str) -> Finding:
    """Return the median of asking for random places; the first is not counted."""
    chosen, took = random.Random(_SEED), []
    for _ in range(_ASKED + 1):
        place = chosen.randint(1, events)
        began_at = time.perf_counter()
        await ask(place)
        took.append((time.perf_counter() - began_at) * 1_000)
    took = sorted(took[1:])
    note = f"slowest {took[-1]:.1f} ms"
    budget = Budget(_MOST_PAGE_MS if "as-of" in name or "as_of" in name else _MOST_ROUTE_MS)
    return Finding(NAME, f"{name} {what}, median", statistics.median(took), "ms", budget, note)


def asks(pool: Pool) -> dict[str, Ask]:
    """Return what is asked for by the name of the route, as of a place or before it."""
    return {**_asks_of_the_past(pool), **_asks_of_trades(pool), **_asks_of_events(pool)}


def _asks_of_trades(pool: Pool) -> dict[str, Ask]:
    trades = Trades(pool)

    def page(topics: Sequence[str], wanted: TradeFilter) -> Ask:
        async def ask(place: int) -> None:
            await trades.page(topics, wanted, place, 50)

        return ask

    async def reasons(place: int) -> None:
        until = START + place * _BETWEEN
        await trades.reasons(TradeFilter(since=until - timedelta(days=1), until=until))

    of_strategy, of_pair = TradeFilter(strategy_id="strategy7"), TradeFilter(symbol="WETH-USDC")
    by_reason = TradeFilter(reason="NOTIONAL_LIMIT")
    return {
        "GET /live/fills": page(FILLS, TradeFilter()),
        "GET /live/fills?strategy_id": page(FILLS, of_strategy),
        "GET /live/fills?symbol": page(FILLS, of_pair),
        "GET /live/blocks": page(REFUSALS, TradeFilter()),
        "GET /live/blocks?reason": page(REFUSALS, by_reason),
        "GET /live/blocks?strategy_id": page(REFUSALS, of_strategy),
        "GET /live/block-reasons, a day": reasons,
    }


def _asks_of_events(pool: Pool) -> dict[str, Ask]:
    search, graphs = EventSearch(pool), CorrelationGraphs(pool)

    async def graph(place: int) -> None:
        name = await pool.fetchval("SELECT correlation_id FROM events WHERE global_seq = $1", place)
        await graphs.graph(name)

    def events(wanted: EventFilter) -> Ask:
        async def ask(place: int) -> None:
            await search.page(wanted, place)

        return ask

    fills = sorted(one for one in TOPICS if one.startswith("exec."))
    return {
        "GET /correlations/{id}": graph,
        "GET /agents/events": events(EventFilter()),
        "GET /agents/events?type=exec.*": events(EventFilter(topics=fills)),
        "GET /agents/events?source=gateway": events(EventFilter(producer="gateway")),
        "GET /agents/events?source=nobody": events(EventFilter(producer="nobody")),
        "GET /agents/events?source=test&type=exec.*": events(EventFilter(fills, producer="test")),
    }


def _asks_of_the_past(pool: Pool) -> dict[str, Ask]:
    moments, summaries = Moments(pool), Summaries(pool)

    async def page(place: int) -> None:
        as_of = await moments.at(place)
        await summaries.at(as_of, _EVERYBODY)
        await PortfoliosAsOf(pool, frozenset(), as_of).page("", 201, _EVERYBODY)

    async def at_time(place: int) -> None:
        recorded_at = await pool.fetchval(
            "SELECT recorded_at FROM events WHERE global_seq = $1", place
        )
        await moments.at(recorded_at)

    async def positions(place: int) -> None:
        documents = ReadModelsAsOf(pool, await moments.at(place))
        await documents.read(POSITIONS, f"strategy{place % 24}")

    async def intents(place: int) -> None:
        await ReadModelsAsOf(pool, await moments.at(place)).page(INTENT)

    return {
        "GET /as-of/{sequence}": page,
        "a time looked up": at_time,
        "GET /positions/{id}?as_of": positions,
        "GET /intents?as_of": intents,
    }
