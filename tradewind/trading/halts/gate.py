"""The gate: a change of a trading state waits for what signs, and what signs sees the change.

Whoever signs or submits holds the gate until that is committed, and reads the states in a statement
of its own, after it has the gate: a statement that waited for a lock would still see what was
before. Whoever changes a state closes the gate until the change is committed. So from the answer to
a command on, nothing is signed that it forbids.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.system.trading_states import Scope, TradingState
from tradewind.postgres import Connection
from tradewind.trading.halts.errors import TradingStopped
from tradewind.trading.halts.queries import QUERIES
from tradewind.trading.halts.records import KeptState
from tradewind.trading.halts.store import Fetching, states_of, worst_of

_HOLD: Final = QUERIES["hold_gate"]
_CLOSE: Final = QUERIES["close_gate"]
_ARE_HELD: Final = QUERIES["select_are_held"]


class Sale(NamedTuple):
    """The sale of some of a portfolio's base tokens, in base units."""

    portfolio_id: str
    token: Asset
    amount: int
    intent_id: str


class Passage(NamedTuple):
    """What has to pass the gate: one step, before it is signed or submitted."""

    scopes: Sequence[Scope]
    sale: Sale | None = None
    """Set where it sells base. If that is held, it may be done while a scope is reducing."""
    claim: str | None = None
    """The intent that has to have an open claim; None for one of a release without claims."""


type Sight = list[KeptState] | TradingStopped
"""The states of those of a step's scopes that ever had one, or what stops it whatever they are."""


class Guard(Protocol):
    """Knows what else has to be true before a step passes, and reads the states with that."""

    async def sights(self, connection: Connection, passages: Sequence[Passage]) -> list[Sight]:
        """Return what is seen of each of some steps at one moment, in their transaction.

        Raises TradingStopped unless the rest is true that concerns them all: only then are the
        states what the ledger says.
        """
        ...


class Unguarded:
    """Lets states alone decide: for venues that are tried without a platform."""

    async def sights(self, connection: Connection, passages: Sequence[Passage]) -> list[Sight]:
        """Return the states of each step's scopes."""
        return states_by_passage(await states_of(connection, scopes_of(passages)), passages)


def scopes_of(passages: Sequence[Passage]) -> list[Scope]:
    """Return the scopes of some steps, each once."""
    return list(dict.fromkeys(scope for one in passages for scope in one.scopes))


def states_by_passage(states: Iterable[KeptState], passages: Sequence[Passage]) -> list[Sight]:
    """Return for each step those of the states that are of its scopes."""
    known = {one.scope: one for one in states}
    return [[known[scope] for scope in one.scopes if scope in known] for one in passages]


class Gate:
    """The gate as a process that signs or submits uses it.

    It remembers the versions of the states it saw: a database that knows an earlier one was
    restored to what it was before, and what was in force since then may come back at any moment.
    """

    def __init__(self, guard: Guard | None = None) -> None:
        self._guard = guard or Unguarded()
        self._seen: dict[Scope, int] = {}

    async def enter(
        self, connection: Connection, passages: Sequence[Passage]
    ) -> list[TradingStopped | None]:
        """Hold the gate for steps until the transaction ends; return what stops each, if anything.

        Raises TradingStopped where it stops them all. Nobody's work under way may be waited for
        after this: a command waits for this transaction.
        """
        await hold_gate(connection)
        sights = await self._guard.sights(connection, passages)
        return await self._stops(connection, passages, sights)

    async def look(self, connection: Connection, passage: Passage) -> None:
        """Raise TradingStopped where a state forbids a step at the moment; hold nothing."""
        sights = await self._guard.sights(connection, [passage])
        (stop,) = await self._stops(connection, [passage], sights)
        if stop is not None:
            raise stop

    async def _stops(
        self, connection: Connection, passages: Sequence[Passage], sights: Sequence[Sight]
    ) -> list[TradingStopped | None]:
        found = list(map(self._stop, passages, sights))
        sales = [sale for _, sale in found if sale is not None]
        held = iter(await are_held(connection, sales) if sales else [])
        return [None if sale is not None and next(held) else stop for stop, sale in found]

    def _stop(self, passage: Passage, sight: Sight) -> tuple[TradingStopped | None, Sale | None]:
        """Return what stops a step, and the sale that passes all the same if it is held."""
        if isinstance(sight, TradingStopped):
            return sight, None
        if regress := self._find_regress(passage.scopes, {one.scope: one.version for one in sight}):
            return TradingStopped(regress), None
        worst = worst_of(sight)
        if worst.state is TradingState.ACTIVE:
            return None, None
        is_reducing = worst.state is TradingState.REDUCING
        return TradingStopped(str(worst)), passage.sale if is_reducing else None

    def _find_regress(self, scopes: Sequence[Scope], versions: Mapping[Scope, int]) -> str:
        """Return which scope was changed less often than it had been before; empty for none."""
        for scope in scopes:
            seen, version = self._seen.get(scope, 0), versions.get(scope, 0)
            if version < seen:
                return (
                    f"{scope} has version {version}, and had {seen}: the database was restored, "
                    "and the ledger has not put its states back yet"
                )
        self._seen |= versions
        return ""


async def hold_gate(connection: Connection) -> None:
    """Keep states, and requests to cancel, as they are until the transaction ends."""
    await connection.execute(_HOLD)


async def close_gate(connection: Connection) -> None:
    """Wait for the transactions that hold the gate, and keep others from it until this one ends."""
    await connection.execute(_CLOSE)


async def are_held(connection: Fetching, sales: Sequence[Sale]) -> list[bool]:
    """Return whether the ledger, as far as it is settled, says that portfolios have what they sell.

    What its earlier intents may still sell counts as sold, so that two do not sell the same.
    """
    rows = [
        (one.portfolio_id, one.token.chain, one.token.address, one.amount, one.intent_id)
        for one in sales
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    return [bool(is_held) for (is_held,) in await connection.fetch(_ARE_HELD, *columns)]
