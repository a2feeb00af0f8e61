"""Gauges of the ledger during a fault, and after it."""

import asyncio
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from actors.coordinator.monitoring import Monitor as LedgerMonitor
from actors.sweeper.monitoring import Monitor as SweeperMonitor
from tests.integration.ledger.harness import LedgerHarness
from tests.support.arrivals import arrive
from tests.support.histories import History
from tests.support.waiting import wait_until
from tradewind.contracts.roles import COORDINATOR_GROUP, PLANNER_WORKERS, RISK_WORKERS
from tradewind.contracts.streams import DEAD_LETTERS_STREAM, EVENTS_STREAM
from tradewind.contracts.system.dead_letters import DeadLetter
from tradewind.contracts.system.trading_states import Scope, TradingState
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.upkeep.backlogs import Backlogs
from tradewind.ledger.upkeep.ingress import IngressJournal, Request
from tradewind.ledger.upkeep.stalled import StalledHistories
from tradewind.readmodels.documents.store import DocumentStore
from tradewind.readmodels.projection.projector import Projector
from tradewind.runtime import clock
from tradewind.runtime.broker_stats import BrokerSilent
from tradewind.trading.halts.journal import StateJournal
from tradewind.trading.halts.records import StateChange

COORDINATOR = {"stream": EVENTS_STREAM, "durable": COORDINATOR_GROUP.durable}
PENDING = "tradewind_consumer_pending_messages"
DUPLICATES = "tradewind_duplicate_events_total"


def value(name: str, **labels: str) -> float:
    """Return the value of a metric in this process; 0 before it was first set."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def monitor(harness: LedgerHarness) -> LedgerMonitor:
    """Return the monitor of the coordinator."""
    return LedgerMonitor(harness.reader, DocumentStore(harness.redis), Backlogs(harness.pool))


@pytest.fixture
def sweeping(harness: LedgerHarness) -> SweeperMonitor:
    """Return the monitor of the sweeper, with short times until a history is stalled."""
    updates = {"stalled_after_seconds": 0.05, "stalled_max_attempts": 1, "relay_after_seconds": 0}
    settings = harness.settings.model_copy(update=updates)
    return SweeperMonitor(
        Backlogs(harness.pool),
        StalledHistories(harness.pool),
        StateJournal(harness.pool),
        harness.connection,
        settings,
    )


async def test_states_and_locks_in_force_are_counted(
    harness: LedgerHarness, sweeping: SweeperMonitor
) -> None:
    journal = StateJournal(harness.pool)
    fund = Scope.parse("portfolio:fund")
    for state, shown in ((TradingState.HALTED, 1), (TradingState.ACTIVE, 0)):
        await journal.change(StateChange(fund, state, "drill", "ada"), "test")
        await sweeping.observe_ledger()
        assert value("tradewind_trading_states", kind="portfolio", state="halted") == shown


async def test_parked_events_and_late_documents_show_and_go(
    harness: LedgerHarness, monitor: LedgerMonitor
) -> None:
    """Given a gap and no read models, when both are mended, then the gauges are 0 again."""
    ledger, events = Ledger(harness.pool), arrive(History(1).completed())
    await ledger.append([*events[:2], *events[3:5]])
    await monitor.observe()
    assert value("tradewind_ledger_waiting_events") == 2
    assert value("tradewind_ledger_oldest_waiting_seconds") > 0
    assert value("tradewind_projection_lag_events") == 2
    assert value("tradewind_projection_lag_seconds") > 0
    await ledger.append(events[2:3])
    await Projector(harness.reader, DocumentStore(harness.redis)).catch_up()
    await monitor.observe()
    assert value("tradewind_ledger_waiting_events") == 0
    assert value("tradewind_ledger_oldest_waiting_seconds") == 0
    assert value("tradewind_projection_lag_events") == 0
    assert value("tradewind_projection_lag_seconds") == 0


async def test_read_models_are_late_while_redis_is_away(
    harness: LedgerHarness, monitor: LedgerMonitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lag must grow: a gauge that stopped at its last value would hide the outage."""
    ledger, events = Ledger(harness.pool), arrive(History(1).completed())
    await ledger.append(events[:2])
    await Projector(harness.reader, DocumentStore(harness.redis)).catch_up()
    await monitor.observe()

    async def fail(*_: object) -> None:
        raise OSError("no route")

    monkeypatch.setattr(harness.redis, "get", fail)
    await ledger.append(events[2:5])
    await monitor.observe()
    assert value("tradewind_projection_lag_events") == 3
    assert value("tradewind_projection_lag_seconds") > 0


async def test_the_lease_and_the_incarnation_of_the_writer_show(harness: LedgerHarness) -> None:
    async with harness.coordinator():
        await wait_until(lambda: value("tradewind_ledger_is_writer") == 1)
        await wait_until(lambda: value("tradewind_ledger_incarnation_timestamp_seconds") > 0)
        assert value("tradewind_ledger_epoch") >= 1
        lease = harness.settings.ledger_lease_seconds
        assert 0 < value("tradewind_ledger_lease_remaining_seconds") <= lease
        held = value("tradewind_ledger_lease_held_seconds")
        assert value("tradewind_ledger_lease_held_seconds") > held > 0
    names = ("is_writer", "lease_held_seconds", "lease_remaining_seconds")
    assert [value(f"tradewind_ledger_{name}") for name in names] == [0, 0, 0]


async def test_copies_are_counted_by_who_noticed(harness: LedgerHarness) -> None:
    """The second copy is told by Redis; without Redis, the third one by PostgreSQL."""
    event = History(1).completed()[0]
    hints, ledger = (value(DUPLICATES, source=name) for name in ("hint", "ledger"))
    async with harness.coordinator():
        await harness.publish(event)
        await harness.drained()
        await harness.publish(event)
        await wait_until(lambda: value(DUPLICATES, source="hint") == hints + 1)
        await harness.redis.flushall()
        await harness.publish(event)
        await wait_until(lambda: value(DUPLICATES, source="ledger") == ledger + 1)


async def test_what_is_delivered_again_is_counted(harness: LedgerHarness) -> None:
    name = "tradewind_consumer_redelivered_messages_total"
    before = value(name, **COORDINATOR)
    async with harness.coordinator():
        await harness.publish(History(1).completed()[0])
        await harness.drained()
    assert value(name, **COORDINATOR) == before
    subscription = await harness.connection.jetstream.pull_subscribe_bind(
        COORDINATOR_GROUP.durable, EVENTS_STREAM
    )
    await harness.publish(*History(1).completed()[1:3])
    for message in await subscription.fetch(2):
        await message.nak()
    async with harness.coordinator():
        await harness.drained()
    assert value(name, **COORDINATOR) == before + 2


async def test_lag_of_a_durable_shows_once_there_is_one(
    harness: LedgerHarness, sweeping: SweeperMonitor
) -> None:
    await harness.publish(*History(1).completed()[:3])
    await sweeping.observe_broker()
    assert REGISTRY.get_sample_value(PENDING, COORDINATOR) is None
    async with harness.coordinator():
        await harness.drained()
    await harness.publish(*History(2).completed()[:2])
    await sweeping.observe_broker()
    assert value(PENDING, **COORDINATOR) == 2
    assert value("tradewind_consumer_unacknowledged_messages", **COORDINATOR) == 0
    assert value("tradewind_broker_stream_bytes", stream=EVENTS_STREAM) > 1_000
    assert value("tradewind_broker_stream_limit_bytes", stream=DEAD_LETTERS_STREAM) > 0
    await harness.connection.jetstream.delete_consumer(EVENTS_STREAM, COORDINATOR_GROUP.durable)
    await sweeping.observe_broker()
    assert REGISTRY.get_sample_value(PENDING, COORDINATOR) is None


async def test_a_broker_that_errs_is_silent(
    harness: LedgerHarness, sweeping: SweeperMonitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(type(harness.connection.jetstream), "stream_info", fail)
    with pytest.raises(BrokerSilent, match="stream EVENTS: TimeoutError"):
        await sweeping.observe_broker()


async def test_what_stands_still_shows_whoever_has_the_turn(
    harness: LedgerHarness, sweeping: SweeperMonitor
) -> None:
    await Ledger(harness.pool).append(arrive(History(1).completed()[:3]))
    (lost,) = History(2).completed()[:1]
    expires_at = clock.now() + timedelta(hours=1)
    await IngressJournal(harness.pool).accept(lost, Request(None, bytes(32)), expires_at)
    letters = [
        DeadLetter(name, "intent.submitted.a.b", "BUG", "e", 1, b"x", 1)
        for name in (RISK_WORKERS.name, "stranger.1", "stranger.2")
    ]
    await Ledger(harness.pool).record_dead_letters(letters)
    await asyncio.sleep(0.1)
    await sweeping.observe_ledger()
    assert value("tradewind_stalled_histories") == 1
    assert value("tradewind_stalled_given_up_histories") == 0
    assert value("tradewind_stalled_oldest_seconds") > 0
    assert value("tradewind_ingress_pending_events") == 1
    assert value("tradewind_ingress_oldest_pending_seconds") > 0
    assert value("tradewind_dead_letters_open", durable=RISK_WORKERS.durable) == 1
    assert value("tradewind_dead_letters_open", durable=PLANNER_WORKERS.durable) == 0
    assert value("tradewind_dead_letters_open", durable="other") == 2
    await harness.pool.execute("UPDATE dead_letters SET state = 'resolved'")
    histories = StalledHistories(harness.pool)
    (stalled,) = await histories.all(0.05)
    await histories.note_sweep(stalled)
    await sweeping.observe_ledger()
    assert value("tradewind_stalled_given_up_histories") == 1
    assert value("tradewind_dead_letters_open", durable="other") == 0
