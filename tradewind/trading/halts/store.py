"""Reads the trading states in force, and puts those right that the ledger knows better."""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.system.payloads import TradingStateChanged
from tradewind.contracts.system.trading_states import Scope, ScopeKind, TradingState
from tradewind.postgres import Connection, Pool
from tradewind.trading.halts.queries import QUERIES
from tradewind.trading.halts.records import KeptState
from tradewind.trading.halts.scopes import NOTHING_IN_FORCE, StateInForce

MAX_LISTED: Final = 1_000

_WORST: Final = QUERIES["select_worst_state"]
_STATES: Final = QUERIES["select_states"]
_APPLY: Final = QUERIES["apply_states"]


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
    """Put the states of a page of recorded events into force where they are newer.

    The command that changed a state has written it already, so this changes something only after
    the database was restored to what it was before.
    """
    newest: dict[Scope, KeptState] = {}
    for recorded in page:
        if recorded.event.topic == TradingStateChanged.topic:
            state = KeptState.of_event(recorded.event)
            newest[state.scope] = max(newest.get(state.scope, state), state, key=_version)
    if newest:
        rows = sorted((state.row for state in newest.values()), key=lambda row: row[:2])
        await connection.execute(_APPLY, *map(list, zip(*rows, strict=True)))


def _version(state: KeptState) -> int:
    return state.version


async def read_states(
    connection: Connection | Pool, *, with_past: bool = False, limit: int = MAX_LISTED
) -> list[KeptState]:
    """Return the states in force, the worst first, and those that are not any more `with_past`."""
    return [KeptState.of(row) for row in await connection.fetch(_STATES, with_past, limit)]
