"""Begins and ends waits in the transactions of the book, and finds those that something ends."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.intents.payloads import IntentCancelled, IntentExpired
from tradewind.contracts.risk.payloads import (
    RiskApprovalAnswered,
    RiskApprovalRequired,
    RiskApproved,
    RiskRejected,
)
from tradewind.postgres import Connection, Pool, outage_is_transient
from tradewind.trading.approvals.queries import QUERIES
from tradewind.trading.approvals.records import Wait

REST_SECONDS: Final = 1.0
"""After so long what the ledger lacks is published again, and twice as long each further time."""
ENDS: Final = frozenset(
    one.topic for one in (RiskApproved, RiskRejected, IntentExpired, IntentCancelled)
)
"""What ends a wait. It is also told of intents that never waited, of which nothing is found."""
_OF_WAITS: Final = (RiskApprovalRequired, RiskApprovalAnswered)

_PORTFOLIO: Final = QUERIES["select_portfolio_of"]
_LOCK: Final = QUERIES["lock_wait"]
_CANCELLATION: Final = QUERIES["select_cancellation"]
_INSERT: Final = QUERIES["insert_wait"]
_KEEP_END: Final = QUERIES["keep_end"]
_FOLLOW: Final = QUERIES["follow_answers"]
_END: Final = QUERIES["end_waits"]
_IS_ANY_OPEN: Final = QUERIES["is_any_open"]
_DUE: Final = QUERIES["select_due"]
_UNRECORDED: Final = QUERIES["take_unrecorded"]
_MEASURE: Final = QUERIES["measure"]


class Recorded(Protocol):
    """An event of the ledger, with the bytes its producer published."""

    @property
    def event(self) -> AnyEvent: ...

    @property
    def body(self) -> bytes: ...


class Ended(NamedTuple):
    """The events around the end of a wait, as lines of bytes."""

    required: bytes
    decision: bytes
    fencing_token: str
    """The life of the database in which they are kept."""


class WaitFigures(NamedTuple):
    """How many intents wait, how long the oldest does, and what the ledger lacks."""

    waiting: int
    oldest_seconds: float
    unrecorded: int


async def keep_wait(
    connection: Connection, event: Event[RiskApprovalRequired], body: bytes
) -> None:
    """Begin the wait of an intent whose allocation is kept, unless it began before."""
    payload = event.payload
    await connection.execute(
        _INSERT,
        *(payload.intent_id, event.key.portfolio, payload.screened.intent.strategy_id),
        *(body, event.timestamp, payload.expires_at),
    )


async def portfolio_of(connection: Connection, intent_id: str) -> str:
    """Return the portfolio of an intent that waits."""
    return str(await connection.fetchval(_PORTFOLIO, intent_id))


async def lock_wait(connection: Connection, intent_id: str) -> tuple[Wait, Cancellation | None]:
    """Return a wait, which nobody answers until the commit, and a request to cancel the intent.

    The caller has the lock of the portfolio.
    """
    wait = Wait.of(await connection.fetchrow(_LOCK, intent_id))
    correlation_id = make_correlation_id(CorrelationKind.INTENT, intent_id)
    row = await connection.fetchrow(_CANCELLATION, correlation_id)
    return wait, None if row is None else Cancellation(*row)


async def keep_end(connection: Connection, intent_id: str, decision: bytes) -> None:
    """Keep the bytes of what ends a wait."""
    await connection.execute(_KEEP_END, intent_id, decision, REST_SECONDS)


async def is_of_waits(connection: Connection, page: Sequence[Recorded]) -> bool:
    """Return whether a page says something of waits that nobody noted yet.

    A wait is kept before anything that ends it can be recorded, or by who follows the ledger.
    """
    if any(isinstance(one.event.payload, _OF_WAITS) for one in page):
        return True
    ended = [one.event.payload.intent_id for one in page if one.event.topic in ENDS]
    return bool(ended) and bool(await connection.fetchval(_IS_ANY_OPEN, ended))


async def follow_waits(connection: Connection, page: Iterable[Recorded]) -> None:
    """Take over what a page of legal, recorded events says of waits, whose allocations are kept.

    A restored database may lack that an intent waits, and what was answered.
    """
    answered: list[str] = []
    ended: list[str] = []
    for recorded in page:
        event = recorded.event
        if isinstance(event.payload, RiskApprovalRequired):
            await keep_wait(connection, event, recorded.body)
        if isinstance(event.payload, _OF_WAITS):
            answered.append(event.payload.intent_id)
        elif event.topic in ENDS:
            ended.append(event.payload.intent_id)
    if answered:
        await connection.execute(_FOLLOW, answered)
    if ended:
        await connection.execute(_END, ended)


class Waits:
    """The waits of all portfolios. Every method raises TransientError during an outage."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def due(self, at: datetime, limit: int) -> list[str]:
        """Return intents whose wait something ends at this time, the longest waiting first."""
        with outage_is_transient():
            return [row["intent_id"] for row in await self._pool.fetch(_DUE, at, limit)]

    async def take_unrecorded(self, limit: int) -> list[Ended]:
        """Return what ended waits and has to be published again, because the ledger lacks it."""
        with outage_is_transient():
            rows = await self._pool.fetch(_UNRECORDED, limit, REST_SECONDS)
        return [
            Ended(bytes(required), bytes(decision), token) for required, decision, token in rows
        ]

    async def measure(self) -> WaitFigures:
        """Return the figures."""
        with outage_is_transient():
            return WaitFigures(*await self._pool.fetchrow(_MEASURE))
