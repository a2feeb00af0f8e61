"""What the planner asks PostgreSQL before it plans: what is to be cancelled, or may not be signed.

It looks without the gate, which signing passes: a state that comes a moment later is seen there.
Messages that come together ask in one statement, for requests to cancel and trading states.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from tradewind.contracts.envelope import Event
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.intents.payloads import IntentAccepted
from tradewind.contracts.system.trading_states import Scope, TradingState
from tradewind.ledger.held_connection import HeldConnection
from tradewind.postgres import Pool, open_pool
from tradewind.queries import load_queries
from tradewind.runtime.shared_calls import SharedCalls
from tradewind.trading.halts.gate import Sale, are_held
from tradewind.trading.halts.records import KeptState
from tradewind.trading.halts.scopes import StateInForce, scopes_of
from tradewind.trading.halts.store import columns_of, worst_of
from tradewind.trading.venue_settings import VenueChoice

TIMEOUT_SECONDS: Final = 0.75
"""A handler may wait for the statement before its own, too, and both fit into its time limit."""

_SELECT: Final = load_queries("actors.planner")["select_obstacles"]


class Obstacle(NamedTuple):
    """What keeps an intent from being planned, if anything does."""

    cancellation: Cancellation | None = None
    """The request to cancel it."""
    stop: StateInForce | None = None
    """The state that forbids it at the moment."""


FindObstacle = Callable[[Event[IntentAccepted]], Awaitable[Obstacle]]
"""Returns what keeps an intent from being planned."""


async def nothing_in_the_way(_: Event[IntentAccepted]) -> Obstacle:
    """Find nothing, although something may stand in the way; for decisions that are repeated."""
    return Obstacle()


class _Question(NamedTuple):
    """Those that are asked at once share a statement."""

    correlation_id: str
    scopes: Sequence[Scope]


class _Answer(NamedTuple):
    cancellation: Cancellation | None
    states: Sequence[KeptState]


class Obstacles:
    """What keeps intents from being planned.

    DecisionUnavailable when PostgreSQL does not answer: nothing may be planned then.
    """

    def __init__(self, pool: Pool, venues: VenueChoice) -> None:
        self._connection = HeldConnection(pool, timeout_seconds=TIMEOUT_SECONDS)
        self._venues = venues
        self._asking = SharedCalls(self._ask)
        self._holding = SharedCalls(self._are_held)

    async def find(self, event: Event[IntentAccepted]) -> Obstacle:
        """Return who asked for an intent to be cancelled, and what forbids it."""
        intent, portfolio_id = event.payload.intent, event.key.portfolio
        venue = self._venues.venue_of(intent.strategy_id)
        scopes = scopes_of(intent, portfolio_id, venue=venue)
        asked = await self._asking.call(_Question(event.correlation_id, scopes))
        return Obstacle(asked.cancellation, await self._stop_of(event, worst_of(asked.states)))

    async def _stop_of(
        self, event: Event[IntentAccepted], worst: StateInForce
    ) -> StateInForce | None:
        """Return what forbids an intent; while it is reducing, a sale of what is held may go on."""
        if worst.state is TradingState.ACTIVE:
            return None
        intent, intent_id = event.payload.intent, event.payload.intent_id
        if worst.state is TradingState.REDUCING and intent.intent_type == "dispose":
            sale = Sale(event.key.portfolio, intent.base, intent.amount_base_units, intent_id)
            if await self._holding.call(sale):
                return None
        return worst

    async def _ask(self, questions: Sequence[_Question]) -> list[_Answer]:
        intents = [one.correlation_id for one in questions]
        scopes = sorted({scope for one in questions for scope in one.scopes})
        (answer,) = await self._connection.fetch(_SELECT, intents, *columns_of(scopes))
        rows, kept = answer
        found = {correlation_id: Cancellation(*rest) for correlation_id, *rest in rows}
        states = [KeptState.of(row) for row in kept]
        return [
            _Answer(
                found.get(one.correlation_id),
                [state for state in states if state.scope in one.scopes],
            )
            for one in questions
        ]

    async def _are_held(self, sales: Sequence[Sale]) -> list[bool]:
        return await are_held(self._connection, sales)


@asynccontextmanager
async def opened_obstacles(dsn: str, role: str, venues: VenueChoice) -> AsyncIterator[Obstacles]:
    """Open them as a group role; while PostgreSQL is down, they are unavailable."""
    pool = await open_pool(dsn, max_size=1, role=role)
    try:
        yield Obstacles(pool, venues)
    finally:
        pool.terminate()
