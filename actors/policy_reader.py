"""Reads the policy in force before every decision, messages that come together in one statement."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from tradewind.ledger.held_connection import HeldConnection
from tradewind.postgres import Pool, open_pool
from tradewind.runtime.shared_calls import SharedCalls
from tradewind.trading.policy.store import NO_POLICY, AppliedPolicy, current_policy

TIMEOUT_SECONDS: Final = 0.75
"""A handler may wait for the statement before its own, too, and both fit into its time limit."""

ReadPolicy = Callable[[], Awaitable[AppliedPolicy]]
"""Returns the policy in force."""


class PolicyReader:
    """Asks for the version each time, and for the policy itself when it is another one.

    So whatever is decided after a policy was applied is decided by it, in every process. It raises
    DecisionUnavailable when PostgreSQL does not answer: nothing may be decided then.
    """

    def __init__(self, pool: Pool) -> None:
        self._connection = HeldConnection(pool, timeout_seconds=TIMEOUT_SECONDS)
        self._reading = SharedCalls(self._read_for_all)

    async def current(self) -> AppliedPolicy:
        """Return the policy in force."""
        return await self._reading.call(None)

    async def _read_for_all(self, callers: Sequence[None]) -> list[AppliedPolicy]:
        return [await current_policy(self._connection)] * len(callers)


@asynccontextmanager
async def opened_policies(dsn: str, role: str) -> AsyncIterator[PolicyReader]:
    """Open the policies as a group role; while PostgreSQL is down, they are unavailable."""
    pool = await open_pool(dsn, max_size=1, role=role)
    try:
        yield PolicyReader(pool)
    finally:
        pool.terminate()


async def no_policy() -> AppliedPolicy:
    """Find no policy; for decisions that are repeated, which have their limits recorded."""
    return NO_POLICY
