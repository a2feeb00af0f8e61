"""No exception ends a lasting loop for good: one is planted in each, and each goes on.

The table names every loop of a process, so that one nobody thought of fails the test.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count

import pytest

from actors.__main__ import serve
from actors.backtester import ports as backtester_ports
from actors.recorder import loop as recorder_loop
from tests.settings import Settings
from tests.support.factories import submitted
from tests.support.waiting import wait_until
from tradewind import failpoints
from tradewind.contracts.ordering import durables_of
from tradewind.contracts.roles import PORTFOLIO_WORKERS, RISK_WORKERS, Role
from tradewind.contracts.system.dead_letters import DeadLetter
from tradewind.runtime import NatsConnection, Publisher
from tradewind.runtime.loops import loop_states

PULLING = {
    role: {f"consumer {durable}" for durable in durables_of(group.name, group.order)}
    for role, group in ((Role.RISK, RISK_WORKERS), (Role.PORTFOLIO, PORTFOLIO_WORKERS))
}
"""A loop for each partition of an ordered group."""
LOOPS = {
    Role.MARKET: {"pool snapshots", "ticks"},
    Role.RECORDER: {"recorder", "consumer recorder", "datasets of days"},
    Role.FEEDS: {
        "feed lease",
        "perp snapshots",
        "perp snapshots written",
        "provider candles",
        "provider stream",
        "ticks",
    },
    Role.EVALUATOR: {"consumer evaluator-workers", "budgets gauges"},
    Role.RISK: {*PULLING[Role.RISK], "pool snapshots", "instruments"},
    Role.PORTFOLIO: {
        *PULLING[Role.PORTFOLIO],
        "pool snapshots",
        "portfolio settlement",
        "approvals",
    },
    Role.DESK: {"consumer desk-workers", "perp snapshots", "signal marks"},
    Role.PLANNER: {"consumer planner-workers", "pool snapshots"},
    Role.ENRICHER: {"consumer enricher-workers", "perp snapshots"},
    Role.ORCHESTRATOR: {"consumer orchestrator-workers", "pool snapshots", "proof of the ledger"},
    Role.COORDINATOR: {"read models", "ledger gauges", "consumer coordinator", "ledger life"},
    Role.TREASURY: {"treasury"},
    Role.HISTORIAN: {"timeline"},
    Role.BACKTESTER: {
        "consumer backtester-workers",
        "consumer backtester-sweeps",
        "reaping",
        "announcing",
    },
    Role.STRATEGIST: {"live strategies", "perp snapshots"},
    Role.SWEEPER: {"sweep", "histories gauges", "broker gauges", "instruments"},
}
ENDING = {
    Role.COORDINATOR: {
        "ledger lease",
        "ledger reading",
        "ledger recording",
        "ledger acknowledging",
        "dead letters",
    }
}
"""Loops whose defects end the process: what was not committed is redelivered to the next one."""
EVERY_PROCESS = {"heartbeat"}
ARRIVALS_NEEDED = 3


@asynccontextmanager
async def served(role: Role, settings: Settings) -> AsyncIterator[asyncio.Task[None]]:
    stopped = asyncio.Event()
    running = asyncio.create_task(serve((role,), settings, stopped))
    try:
        yield running
    finally:
        stopped.set()
        await asyncio.gather(running, return_exceptions=True)


def planted(loop: str, arrivals: Counter[str]) -> Callable[[], None]:
    def act() -> None:
        arrivals[loop] += 1
        if arrivals[loop] == 2:
            raise failpoints.InjectedFault(loop)

    return act


def planted_in(error: BaseException | None) -> list[str]:
    """Return the loops in which the faults were planted that ended a process."""
    if isinstance(error, BaseExceptionGroup):
        return [loop for one in error.exceptions for loop in planted_in(one)]
    return [str(error)] if isinstance(error, failpoints.InjectedFault) else []


@pytest.mark.parametrize("role", LOOPS)
async def test_every_loop_goes_on_after_an_exception_nobody_expects(
    role: Role, settings: Settings, connection: NatsConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REAP_SECONDS", "ANNOUNCE_SECONDS"):
        monkeypatch.setattr(backtester_ports, name, 0.2)
    monkeypatch.setattr(recorder_loop, "DAY_PAUSE_SECONDS", 0.2)
    loops = LOOPS[role] | EVERY_PROCESS
    arrivals: Counter[str] = Counter()
    for loop in loops:
        monkeypatch.setitem(failpoints.ACTIONS, f"loop.{loop}", planted(loop, arrivals))
    async with served(role, settings) as running:
        await wait_until(
            lambda: running.done() or all(arrivals[loop] >= ARRIVALS_NEEDED for loop in loops)
        )
        assert not running.done(), running
        assert {state.name for state in loop_states()} == loops | ENDING.get(role, set())
        assert not any(state.is_stalled for state in loop_states())
        assert not running.done()


@pytest.mark.parametrize(
    ("role", "loop"), [(role, loop) for role, loops in ENDING.items() for loop in sorted(loops)]
)
async def test_a_loop_that_must_not_go_on_ends_its_process(
    role: Role,
    loop: str,
    settings: Settings,
    connection: NatsConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(failpoints.ACTIONS, f"loop.{loop}", planted(loop, Counter()))
    publisher, numbers = Publisher(connection), count(1)

    async def has_ended() -> bool:
        event = submitted(next(numbers))
        await publisher.publish(event)
        letter = DeadLetter(
            "risk.workers", event.subject, "TIME_LIMIT", "slow", 1, event.to_bytes(), next(numbers)
        )
        await publisher.publish_raw(letter.dead_letter_subject, letter.raw, letter.headers())
        return running.done()

    async with served(role, settings) as running:
        await wait_until(has_ended)
    await publisher.close()
    assert planted_in(running.exception()) == [loop]
