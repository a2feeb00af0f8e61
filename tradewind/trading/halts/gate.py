"""The gate: a change of a trading state waits for what signs, and what signs sees the change.

Whoever signs or submits holds the gate until that is committed, and reads the states in a statement
of its own, after it has the gate: a statement that waited for a lock would still see what was
before. Whoever changes a state closes the gate until the change is committed. So from the answer to
a command on, nothing is signed that it forbids.
"""

from collections.abc import Mapping, Sequence
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
_IS_HELD: Final = QUERIES["select_is_held"]


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


class Guard(Protocol):
    """Knows what else has to be true before a step passes, and reads the states with that."""

    async def states(self, connection: Connection, passage: Passage) -> list[KeptState]:
        """Return the states of those of its scopes that ever had one, in the step's transaction.

        Raises TradingStopped unless the rest is true: only then are they what the ledger says.
        """
        ...


class Unguarded:
    """Lets states alone decide: for venues that are tried without a platform."""

    async def states(self, connection: Connection, passage: Passage) -> list[KeptState]:
        """Return the states of those of its scopes that ever had one."""
        return await states_of(connection, passage.scopes)


class Gate:
    """The gate as a process that signs or submits uses it.

    It remembers the versions of the states it saw: a database that knows an earlier one was
    restored to what it was before, and what was in force since then may come back at any moment.
    """

    def __init__(self, guard: Guard | None = None) -> None:
        self._guard = guard or Unguarded()
        self._seen: dict[Scope, int] = {}

    async def enter(self, connection: Connection, passage: Passage) -> None:
        """Hold the gate for a step until the transaction ends.

        Raises TradingStopped where a state forbids the step. Nobody's work under way may be waited
        for after this: a command waits for this transaction.
        """
        await hold_gate(connection)
        await self.look(connection, passage)

    async def look(self, connection: Connection, passage: Passage) -> None:
        """Raise TradingStopped where a state forbids a step at the moment; hold nothing."""
        states = await self._guard.states(connection, passage)
        self._check_versions(passage.scopes, {one.scope: one.version for one in states})
        worst = worst_of(states)
        if worst.state is TradingState.ACTIVE:
            return
        is_reducing = worst.state is TradingState.REDUCING
        if is_reducing and passage.sale and await is_held(connection, passage.sale):
            return
        raise TradingStopped(str(worst))

    def _check_versions(self, scopes: Sequence[Scope], versions: Mapping[Scope, int]) -> None:
        for scope in scopes:
            seen, version = self._seen.get(scope, 0), versions.get(scope, 0)
            if version < seen:
                raise TradingStopped(
                    f"{scope} has version {version}, and had {seen}: the database was restored, "
                    "and the ledger has not put its states back yet"
                )
        self._seen |= versions


async def hold_gate(connection: Connection) -> None:
    """Keep states, and requests to cancel, as they are until the transaction ends."""
    await connection.execute(_HOLD)


async def close_gate(connection: Connection) -> None:
    """Wait for the transactions that hold the gate, and keep others from it until this one ends."""
    await connection.execute(_CLOSE)


async def is_held(connection: Fetching, sale: Sale) -> bool:
    """Return whether the ledger, as far as it is settled, says that a portfolio has what it sells.

    What its earlier intents may still sell counts as sold, so that two do not sell the same.
    """
    token = sale.token
    (row,) = await connection.fetch(
        _IS_HELD, sale.portfolio_id, token.chain, token.address, sale.amount, sale.intent_id
    )
    return bool(row[0])
