"""What the planner asks about trading states: nothing is planned that may not be signed.

It looks without the gate, which signing passes: a state that comes a moment later is seen there.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from tradewind.contracts.envelope import Event
from tradewind.contracts.intents.payloads import IntentAccepted
from tradewind.contracts.system.trading_states import Scope, TradingState
from tradewind.ledger.held_connection import HeldConnection
from tradewind.postgres import Pool, open_pool
from tradewind.runtime.shared_calls import SharedCalls
from tradewind.trading.halts.gate import Sale, is_held
from tradewind.trading.halts.records import KeptState
from tradewind.trading.halts.scopes import StateInForce, scopes_of
from tradewind.trading.halts.store import states_of, worst_of
from tradewind.trading.venue_settings import VenueChoice

TIMEOUT_SECONDS: Final = 0.75
"""A handler may wait for the statement before its own, too, and both fit into its time limit."""

FindStop = Callable[[Event[IntentAccepted]], Awaitable[StateInForce | None]]
"""Returns the state that forbids an intent at the moment, or None while it may be planned."""


async def nothing_stopped(_: Event[IntentAccepted]) -> None:
    """Find no state; for decisions that are repeated, which were made when nothing forbade them."""


class TradingStates:
    """Reads states, those that messages ask for at the same time in one statement.

    DecisionUnavailable when PostgreSQL does not answer: nothing may be planned then.
    """

    def __init__(self, pool: Pool, venues: VenueChoice) -> None:
        self._connection = HeldConnection(pool, timeout_seconds=TIMEOUT_SECONDS)
        self._venues = venues
        self._looking = SharedCalls(self._look)
        self._holding = SharedCalls(self._are_held)

    async def find_stop(self, event: Event[IntentAccepted]) -> StateInForce | None:
        """Return what forbids an intent; while it is reducing, a sale of what is held may go on."""
        intent, portfolio_id = event.payload.intent, event.key.portfolio
        venue = self._venues.venue_of(intent.strategy_id)
        scopes = scopes_of(intent, portfolio_id, venue=venue)
        worst = worst_of(await self._looking.call(scopes))
        if worst.state is TradingState.ACTIVE:
            return None
        if worst.state is TradingState.REDUCING and intent.intent_type == "dispose":
            sale = Sale(
                portfolio_id, intent.base, intent.amount_base_units, event.payload.intent_id
            )
            if await self._holding.call(sale):
                return None
        return worst

    async def _look(self, asked: Sequence[Sequence[Scope]]) -> list[list[KeptState]]:
        scopes = sorted({scope for one in asked for scope in one})
        states = await states_of(self._connection, scopes)
        return [[state for state in states if state.scope in one] for one in asked]

    async def _are_held(self, sales: Sequence[Sale]) -> list[bool]:
        return [await is_held(self._connection, sale) for sale in sales]


@asynccontextmanager
async def opened_trading_states(
    dsn: str, role: str, venues: VenueChoice
) -> AsyncIterator[TradingStates]:
    """Open the states as a group role; while PostgreSQL is down, they are unavailable."""
    pool = await open_pool(dsn, max_size=1, role=role)
    try:
        yield TradingStates(pool, venues)
    finally:
        pool.terminate()
