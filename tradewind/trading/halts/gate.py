"""The gate: a change of a trading state waits for what signs, and what signs sees the change.

Whoever signs or submits holds the gate until that is committed, and reads the states in a statement
of its own, after it has the gate: a statement that waited for a lock would still see what was
before. Whoever changes a state closes the gate until the change is committed. So from the answer to
a command on, nothing is signed that it forbids.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.system.trading_states import Scope, TradingState
from tradewind.postgres import Connection
from tradewind.trading.halts.errors import TradingStopped
from tradewind.trading.halts.queries import QUERIES
from tradewind.trading.halts.scopes import StateInForce
from tradewind.trading.halts.store import worst_state

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


async def hold_gate(connection: Connection, scopes: Sequence[Scope]) -> StateInForce:
    """Keep the states as they are until the transaction ends; return the worst of some scopes."""
    await connection.execute(_HOLD)
    return await worst_state(connection, scopes)


async def close_gate(connection: Connection) -> None:
    """Wait for the transactions that hold the gate, and keep others from it until this one ends."""
    await connection.execute(_CLOSE)


async def pass_gate(connection: Connection, passage: Passage) -> None:
    """Hold the gate for a step until the transaction ends; TradingStopped where a state forbids it.

    Nobody's work under way may be waited for after this: a command waits for this transaction.
    """
    await _check(connection, await hold_gate(connection, passage.scopes), passage.sale)


async def look_at_gate(connection: Connection, passage: Passage) -> None:
    """Raise TradingStopped where a state forbids a step at the moment; hold nothing."""
    await _check(connection, await worst_state(connection, passage.scopes), passage.sale)


async def _check(connection: Connection, worst: StateInForce, sale: Sale | None) -> None:
    if worst.state is TradingState.ACTIVE:
        return
    if worst.state is TradingState.REDUCING and sale and await _is_held(connection, sale):
        return
    raise TradingStopped(str(worst))


async def _is_held(connection: Connection, sale: Sale) -> bool:
    """Return whether the ledger, as far as it is settled, says that a portfolio has what it sells.

    What its earlier intents may still sell counts as sold, so that two do not sell the same.
    """
    token = sale.token
    is_held: bool = await connection.fetchval(
        _IS_HELD, sale.portfolio_id, token.chain, token.address, sale.amount, sale.intent_id
    )
    return is_held
