"""Reads the trading states in force, and puts those right that the ledger knows better."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.system.payloads import TradingStateChanged
from tradewind.contracts.system.trading_states import Scope, ScopeKind
from tradewind.postgres import Connection, Pool
from tradewind.trading.halts.queries import QUERIES
from tradewind.trading.halts.records import KeptState
from tradewind.trading.halts.scopes import NOTHING_IN_FORCE, StateInForce

MAX_LISTED: Final = 1_000

_OF_SCOPES: Final = QUERIES["select_states_of"]
_STATES: Final = QUERIES["select_states"]
_APPLY: Final = QUERIES["apply_states"]


class Recorded(Protocol):
    """An event of the ledger."""

    @property
    def event(self) -> AnyEvent: ...


class Fetching(Protocol):
    """Runs a statement: a connection does."""

    async def fetch(self, query: str, *args: Any) -> list[Any]: ...


async def worst_state(connection: Fetching, scopes: Sequence[Scope]) -> StateInForce:
    """Return the worst state in force of some scopes, by the clock of the database."""
    return worst_of(await states_of(connection, scopes))


async def states_of(connection: Fetching, scopes: Sequence[Scope]) -> list[KeptState]:
    """Return the states of those of some scopes that ever had one."""
    return [KeptState.of(row) for row in await connection.fetch(_OF_SCOPES, *columns_of(scopes))]


def columns_of(scopes: Sequence[Scope]) -> tuple[list[str], list[str]]:
    """Return kinds and names of scopes, as statements take them."""
    return [str(one.kind) for one in scopes], [one.name for one in scopes]


def worst_of(states: Iterable[KeptState]) -> StateInForce:
    """Return the worst of some states that is in force; a lock goes last among equals."""
    in_force = [one for one in states if one.is_in_force]
    if not in_force:
        return NOTHING_IN_FORCE
    worst = min(in_force, key=_rank)
    return StateInForce(worst.state, worst.scope, worst.reason)


def _rank(one: KeptState) -> tuple[int, bool, Scope]:
    return -one.state.severity, one.scope.kind is ScopeKind.LOCK, one.scope


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
