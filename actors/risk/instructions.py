"""What risk asks PostgreSQL before every decision: the policy in force, and a request to cancel.

Messages that come together ask in one statement, for both.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.ledger.held_connection import HeldConnection
from tradewind.postgres import Pool, open_pool
from tradewind.queries import load_queries
from tradewind.runtime.shared_calls import SharedCalls
from tradewind.trading.policy.store import NO_POLICY, Application, AppliedPolicy, policy_of

TIMEOUT_SECONDS: Final = 0.75
"""A handler may wait for the statement before its own, too, and both fit into its time limit."""
ANY_INTENT: Final = ""

_SELECT: Final = load_queries("actors.risk")["select_instructions"]

ReadPolicy = Callable[[], Awaitable[AppliedPolicy]]
"""Returns the policy in force."""


class _Answer(NamedTuple):
    policy: Application | None
    cancellation: Cancellation | None


class Instructions:
    """Asks for the version each time, and for the policy itself when it is another one.

    So whatever is decided after a policy was applied is decided by it, in every process. It raises
    DecisionUnavailable when PostgreSQL does not answer: nothing may be decided then.
    """

    def __init__(self, pool: Pool) -> None:
        self._connection = HeldConnection(pool, timeout_seconds=TIMEOUT_SECONDS)
        self._asking = SharedCalls(self._ask)

    async def find_cancellation(self, correlation_id: str) -> Cancellation | None:
        """Return the request to cancel an intent, or None while there is none."""
        return (await self._asking.call(correlation_id)).cancellation

    async def policy(self) -> AppliedPolicy:
        """Return the policy in force."""
        answer = await self._asking.call(ANY_INTENT)
        return await policy_of(self._connection, answer.policy)

    async def _ask(self, correlation_ids: Sequence[str]) -> list[_Answer]:
        asked = list(set(correlation_ids) - {ANY_INTENT})
        ((head, rows),) = await self._connection.fetch(_SELECT, asked)
        policy = None if head is None else Application(*head)
        found = {correlation_id: Cancellation(*rest) for correlation_id, *rest in rows}
        return [_Answer(policy, found.get(one)) for one in correlation_ids]


@asynccontextmanager
async def opened_instructions(dsn: str, role: str) -> AsyncIterator[Instructions]:
    """Open them as a group role; while PostgreSQL is down, they are unavailable."""
    pool = await open_pool(dsn, max_size=1, role=role)
    try:
        yield Instructions(pool)
    finally:
        pool.terminate()


async def no_policy() -> AppliedPolicy:
    """Find no policy; for decisions that are repeated, which have their limits recorded."""
    return NO_POLICY
