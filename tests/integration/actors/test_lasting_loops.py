"""No exception ends a lasting loop for good: one is planted in each, and each goes on.

The table names every loop of a process, so that one nobody thought of fails the test.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from actors.__main__ import serve
from tests.settings import Settings
from tests.support.waiting import wait_until
from tradewind import failpoints
from tradewind.contracts.roles import Role
from tradewind.runtime.loops import loop_states

LOOPS = {
    Role.MARKET: {"pool snapshots"},
    Role.RISK: {"consumer risk-workers", "pool snapshots"},
    Role.PLANNER: {"consumer planner-workers", "pool snapshots"},
    Role.ORCHESTRATOR: {"consumer orchestrator-workers", "pool snapshots"},
    Role.SWEEPER: {"sweep", "histories gauges", "broker gauges"},
}
EVERY_PROCESS = {"heartbeat"}
ARRIVALS_NEEDED = 3


@asynccontextmanager
async def served(role: Role, settings: Settings) -> AsyncIterator[None]:
    stopped = asyncio.Event()
    running = asyncio.create_task(serve((role,), settings, stopped))
    try:
        yield
    finally:
        stopped.set()
        await running


def planted(loop: str, arrivals: Counter[str]) -> Callable[[], None]:
    def act() -> None:
        arrivals[loop] += 1
        if arrivals[loop] == 2:
            raise failpoints.InjectedFault(loop)

    return act


@pytest.mark.parametrize("role", LOOPS)
async def test_every_loop_goes_on_after_an_exception_nobody_expects(
    role: Role, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    loops = LOOPS[role] | EVERY_PROCESS
    arrivals: Counter[str] = Counter()
    for loop in loops:
        monkeypatch.setitem(failpoints.ACTIONS, f"loop.{loop}", planted(loop, arrivals))
    async with served(role, settings):
        await wait_until(lambda: all(arrivals[loop] >= ARRIVALS_NEEDED for loop in loops))
        assert {state.name for state in loop_states()} == loops
        assert not any(state.is_stalled for state in loop_states())
