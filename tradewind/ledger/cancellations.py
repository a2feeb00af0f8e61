"""Requests to cancel intents: a row each, kept before anybody is told, and read at every decision.

A row is never changed nor removed, so whoever has seen a request goes on seeing it.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from tradewind.contracts.envelope import Event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.intents.payloads import IntentCancelRequested
from tradewind.ledger.held_connection import HeldConnection
from tradewind.ledger.queries import QUERIES
from tradewind.postgres import Pool
from tradewind.runtime.shared_calls import SharedCalls

FindCancellation = Callable[[str], Awaitable[Cancellation | None]]
"""Returns the request to cancel the intent with this correlation, or None while there is none."""

TIMEOUT_SECONDS: Final = 0.75
"""A handler may wait for the statement before its own, too, and both fit into its time limit."""

_SELECT: Final = QUERIES["select_cancellations"]
_KEEP: Final = QUERIES["keep_cancellation"]


class Cancellations:
    """Reads requests, those that messages ask for at the same time in one statement.

    It holds a connection of the pool that reads, and one that writes where anybody does.
    DecisionUnavailable when PostgreSQL does not answer: nothing may be decided then.
    """

    def __init__(self, pool: Pool) -> None:
        self._reading = HeldConnection(pool, timeout_seconds=TIMEOUT_SECONDS)
        self._writing = HeldConnection(pool, timeout_seconds=TIMEOUT_SECONDS)
        self._finding = SharedCalls(self._find_all)

    async def find(self, correlation_id: str) -> Cancellation | None:
        """Return the request to cancel an intent, or None while there is none."""
        return await self._finding.call(correlation_id)

    async def keep(self, request: Event[IntentCancelRequested]) -> None:
        """Keep a request that came as an event; a restored database may have lost its row."""
        payload = request.payload
        correlation_id = make_correlation_id(CorrelationKind.INTENT, payload.intent_id)
        await self._writing.fetch(
            _KEEP, correlation_id, request.event_id, payload.requested_by, request.timestamp
        )

    async def _find_all(self, correlation_ids: Sequence[str]) -> list[Cancellation | None]:
        rows = await self._reading.fetch(_SELECT, list(correlation_ids))
        found = {correlation_id: Cancellation(*rest) for correlation_id, *rest in rows}
        return [found.get(one) for one in correlation_ids]


async def nothing_cancelled(_: str) -> None:
    """Find no request; for decisions that are repeated, which were made although one may exist."""
