"""As of any event, everything is what a ledger says that was cut after this event."""

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.arrivals import arrive
from tests.support.histories import History
from tradewind.contracts.envelope import AnyEvent, first_event
from tradewind.contracts.execution.payloads import StepFilled
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.registry import resting_topics
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.system.payloads import TradingStateChanged
from tradewind.contracts.system.trading_states import EVERYTHING, TradingState
from tradewind.failpoints import VARIABLE as FAILPOINTS
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history.graph import CorrelationGraphs
from tradewind.ledger.history.reader import LedgerReader
from tradewind.postgres import Pool, open_pool
from tradewind.readmodels.models.intent import INTENT
from tradewind.readmodels.models.intent_history import INTENT_HISTORY
from tradewind.readmodels.models.plan import PLAN
from tradewind.readmodels.models.positions import (
    POSITIONS,
    Positions,
    evolve_positions,
    to_document,
)
from tradewind.readmodels.reader import FoldedReadModels
from tradewind.timeline import historian as writing
from tradewind.timeline.historian import Historian
from tradewind.timeline.moments import Moments, SequenceInFuture, TimelineBehind
from tradewind.timeline.portfolios import accounts_at
from tradewind.timeline.read_models import ReadModelsAsOf
from tradewind.timeline.rebuild import rebuild, verify
from tradewind.timeline.summary import Summaries, Summary
from tradewind.trading.accounting.settle import book_events
from tradewind.trading.accounting.snapshot import to_json
from tradewind.trading.accounting.store import read_accounts
from tradewind.trading.portfolios.reader import Seen

EVERYBODY = Seen()
STRATEGIES = ("demo", "alpha")
LATER = datetime(2026, 11, 22, tzinfo=UTC)
FOLLOWING = """
import asyncio, sys
from tradewind.postgres import open_pool
from tradewind.timeline import historian

async def follow():
    historian.COUNTED_EVENTS = 16
    pool = await open_pool(sys.argv[1], max_size=1)
    while not (await historian.Historian(pool).advance(16)).is_whole:
        pass

asyncio.run(follow())
"""
"""A historian as a process of its own."""


def histories() -> list[list[AnyEvent]]:
    """Return histories of every kind of end, and some that are still open."""
    made = []
    for number in range(1, 25):
        one = History(
            number,
            strategy_id=STRATEGIES[number % 2],
            portfolio_id="fund" if number % 3 else None,
            intent_type="acquire" if number % 3 else "dispose",
        )
        planned = one.until_submitted()
        made.append(
            [
                one.completed(fills=1 + number % 2),
                one.events(one.screened(), one.rejected()),
                one.events(*planned, one.step_reorged()),
                one.events(*one.until_planned(), one.expiry()),
                one.events(*planned, one.failure("not_submitted")),
                one.completed(),
            ][number % 6]
        )
    return [*made, *(halt(number) for number in (1, 2))]


def halt(number: int) -> list[AnyEvent]:
    """Return a change of the trading state of a history of its own."""
    state = (TradingState.HALTED, TradingState.ACTIVE)[number % 2]
    changed = TradingStateChanged(
        scope=EVERYTHING, state=state, reason="drill", by="operator", needs_person=False
    )
    correlation = make_correlation_id(CorrelationKind.SYSTEM, f"state-everything{number}")
    return [
        first_event(
            changed, correlation_id=correlation, key=EventKey(), producer="gateway", at=LATER
        )
    ]


def mixed(seed: int = 7) -> list[AnyEvent]:
    """Return the events of all histories, each in order, the histories mixed."""
    queues = histories()
    chosen = random.Random(seed)
    events: list[AnyEvent] = []
    while queues:
        queue = chosen.choice(queues)
        events.append(queue.pop(0))
        queues = [one for one in queues if one]
    return events


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    """Return a pool of connections to a fresh, migrated database."""
    pool = await open_pool(database_dsn)
    yield pool
    await pool.close()


@pytest.fixture
async def recorded(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> list[AnyEvent]:
    """Record events and write the timeline in stretches of any size; counts are kept often."""
    monkeypatch.setattr(writing, "COUNTED_EVENTS", 16)
    events, ledger, historian, chosen = mixed(), Ledger(pool), Historian(pool), random.Random(3)
    for start in range(0, len(events), 20):
        await ledger.append(arrive(events[start : start + 20], start + 1))
        await historian.advance(chosen.randint(1, 25))
    while not (await historian.advance(chosen.randint(1, 25))).is_whole:
        pass
    await book(pool, events)
    return events


async def book(pool: Pool, events: Sequence[AnyEvent]) -> None:
    """Book all of it, as settlement does."""
    page = await LedgerReader(pool).events_after(0)
    async with pool.acquire() as connection, connection.transaction():
        await book_events(connection, page)
    assert len(page) == len(events)


def open_in(events: Sequence[AnyEvent]) -> Counter[tuple[str, str]]:
    """Count the histories that are open after these events, by kind and last topic."""
    last = {one.correlation_id: one.topic for one in events}
    return Counter(
        (name.partition("-")[0], topic)
        for name, topic in last.items()
        if topic not in resting_topics()
    )


async def is_summed_up(summary: Summary, events: Sequence[AnyEvent]) -> None:
    """Check flows, counts, positions and states against the events."""
    shown = {(one.kind, one.topic): one.flows for one in summary.open_flows}
    assert shown == open_in(events)
    assert summary.counts.by_topic == Counter(one.topic for one in events)
    folds = positions_in(events)
    held = {
        (name, holding.base.symbol): holding
        for name, fold in folds.items()
        for holding in (one.holding for one in fold.series.values())
    }
    assert {
        (one.strategy_id, one.holding.base.symbol): one.holding for one in summary.positions
    } == held
    changes = [one.payload for one in events if isinstance(one.payload, TradingStateChanged)]
    halted = [one for one in changes if one.state is not TradingState.ACTIVE]
    assert len(summary.states) == len(halted)


def positions_in(events: Sequence[AnyEvent]) -> dict[str, Positions]:
    """Fold what strategies hold after these events."""
    folds: dict[str, Positions] = {}
    for place, one in enumerate(events, 1):
        if isinstance(one.payload, StepFilled):
            name = one.payload.strategy_id or one.key.portfolio
            folds[name] = evolve_positions(folds.get(name) or Positions(name), one, place)
    return folds


async def everything(pool: Pool) -> dict[str, list[str]]:
    """Return every row that is kept."""
    tables = ("flows", "positions", "counters", "links", "decisions", "trades")
    return {
        one: sorted(map(str, await pool.fetch(f"TABLE timeline.{one}")))
        for one in (*tables, "position_keys")
    }


async def test_as_of_any_event_is_as_a_ledger_cut_there(
    pool: Pool, recorded: list[AnyEvent]
) -> None:
    moments, summaries = Moments(pool), Summaries(pool)
    chosen = random.Random(11)
    places = [0, 1, len(recorded), *chosen.sample(range(2, len(recorded)), 20)]
    for place in places:
        as_of, cut = await moments.at(place), recorded[:place]
        await is_summed_up(await summaries.at(as_of, EVERYBODY), cut)
        documents = ReadModelsAsOf(pool, as_of)
        for name, fold in positions_in(cut).items():
            assert await documents.read(POSITIONS, name) == to_document(fold, as_of.incarnation)
        names = [one.correlation_id for one in cut if one.topic == "intent.submitted"]
        for name in chosen.sample(names, min(3, len(names))):
            folded = INTENT_HISTORY.fold(
                (one for one in cut if one.correlation_id == name), as_of.incarnation
            )
            assert folded.intent is not None
            assert await documents.read(INTENT, folded.intent.intent_id) == folded.intent
        page = await documents.page(INTENT, limit=200)
        assert sorted(f"intent-{one.intent_id}" for one in page.items) == sorted(names)


async def test_accounts_are_those_of_a_ledger_cut_there(
    pool: Pool, recorded: list[AnyEvent]
) -> None:
    page = await LedgerReader(pool).events_after(0)
    for place in random.Random(5).sample(range(1, len(recorded)), 6):
        async with pool.acquire() as connection:
            then = {
                name: to_json(await accounts_at(connection, name, place))
                for name in ("fund", "demo")
            }
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute(
                "TRUNCATE fills, entries, accounts, account_snapshots, positions, balances"
            )
            await book_events(connection, page[:place])
            cut = {
                name: to_json(await read_accounts(connection, name)) for name in ("fund", "demo")
            }
            await transaction.rollback()
        assert then == cut


async def test_the_head_is_what_is_shown_now(pool: Pool, recorded: list[AnyEvent]) -> None:
    as_of, now = await Moments(pool).at(len(recorded)), FoldedReadModels(LedgerReader(pool))
    then = ReadModelsAsOf(pool, as_of)
    for name in STRATEGIES:
        assert await then.read(POSITIONS, name) == await now.read(POSITIONS, name)
    intents = await now.page(INTENT, limit=50)
    assert await then.page(INTENT, limit=50) == intents
    plans = [one.latest_plan_id for one in intents.items if one.latest_plan_id]
    assert plans
    for plan_id in plans:
        assert await then.read(PLAN, plan_id) == await now.read(PLAN, plan_id)


async def test_a_time_is_the_place_of_the_last_event_recorded_by_then(
    pool: Pool, recorded: list[AnyEvent]
) -> None:
    moments = Moments(pool)
    at = await pool.fetchval("SELECT recorded_at FROM events WHERE global_seq = 20")
    later = await pool.fetchval(
        "SELECT max(global_seq) FROM events WHERE recorded_at < $1", at + timedelta(milliseconds=1)
    )
    assert (await moments.at(at + timedelta(milliseconds=1))).sequence == later
    with pytest.raises(SequenceInFuture):
        await moments.at(len(recorded) + 1)


async def test_a_timeline_is_made_again_and_compared(pool: Pool, recorded: list[AnyEvent]) -> None:
    assert (await verify(pool)).wrong == 0
    before = await everything(pool)
    assert await rebuild(pool) == len(recorded)
    assert await everything(pool) == before
    assert (await verify(pool)).wrong == 0
    await pool.execute("UPDATE timeline.flows SET closed_seq = NULL WHERE closed_seq IS NOT NULL")
    await pool.execute("DELETE FROM timeline.positions WHERE fills = 2")
    await pool.execute("UPDATE timeline.decisions SET verdict = 'other'")
    await pool.execute("UPDATE timeline.trades SET reason = 'other' WHERE NOT is_fill")
    found = await verify(pool)
    assert min(found.flows, found.positions, found.decisions, found.trades) > 0


async def test_a_killed_historian_leaves_a_stretch_whole_or_unwritten(
    pool: Pool, database_dsn: str, recorded: list[AnyEvent]
) -> None:
    """Given a kill -9 after the rows of a stretch and before its mark, then its heir goes on."""
    before, historian = await everything(pool), Historian(pool)
    await historian.begin_again()
    killed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", FOLLOWING, database_dsn),
        env=os.environ | {FAILPOINTS: f"{writing.WRITTEN}=kill:3"},
    )
    assert await killed.wait() == -signal.SIGKILL
    assert await pool.fetchval("SELECT global_seq FROM timeline.watermark") == 2 * 16
    while not (await historian.advance(16)).is_whole:
        pass
    assert await everything(pool) == before


async def test_a_timeline_that_is_whole_is_looked_at_without_its_lock(
    pool: Pool, recorded: list[AnyEvent]
) -> None:
    async with pool.acquire() as other, other.transaction():
        await other.execute("SELECT FROM timeline.watermark FOR UPDATE")
        async with asyncio.timeout(30):
            advance = await Historian(pool).advance()
    assert advance == (len(recorded), len(recorded), 0)
    assert advance.is_whole


async def test_a_ledger_that_is_another_one_is_followed_from_its_beginning(
    pool: Pool, recorded: list[AnyEvent]
) -> None:
    await pool.execute("UPDATE timeline.watermark SET event_id = 'of a history that is no more'")
    await pool.execute("UPDATE timeline.flows SET strategy_id = 'gone'")
    await pool.execute("UPDATE writer SET incarnation = incarnation || '-restored'")
    with pytest.raises(TimelineBehind):
        await Moments(pool).at(1)
    while not (await Historian(pool).advance(50)).is_whole:
        pass
    assert (await verify(pool)).wrong == 0
    assert not await pool.fetchval("SELECT count(*) FROM timeline.flows WHERE strategy_id = 'gone'")
    assert (await Moments(pool).at(1)).incarnation.endswith("-restored")


async def test_a_graph_has_what_payloads_name(pool: Pool, recorded: list[AnyEvent]) -> None:
    fill = next(one for one in recorded if isinstance(one.payload, StepFilled))
    other = next(one for one in recorded if one.correlation_id != fill.correlation_id)
    await pool.execute(
        "INSERT INTO timeline.links VALUES ($1, $2, 'settled', 1)", fill.event_id, other.event_id
    )
    graph = await CorrelationGraphs(pool).graph(fill.correlation_id)
    assert graph is not None
    assert [node.event_id for node in graph.linked] == [other.event_id]
    assert (fill.event_id, other.event_id, "settled") in [(*edge,) for edge in graph.edges]
    assert all(node.correlation_id == fill.correlation_id for node in graph.nodes)
