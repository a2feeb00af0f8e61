"""What has to be sold to close positions of a portfolio. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.instruments.assets import instrument_key
from tradewind.contracts.intents.model import MAX_AMOUNT_BASE_UNITS, Intent, IntentConstraints
from tradewind.contracts.portfolio.closing import (
    MAX_CLOSED,
    MAX_LEFT_OUT,
    LeftOut,
    LeftOutPosition,
    Sale,
)
from tradewind.trading.accounting.accounts import Accounts, Position
from tradewind.trading.accounting.keys import token_key


class Holdings(NamedTuple):
    """What a portfolio has, and what is already being spent of it."""

    accounts: Accounts
    version: int
    """The version of its book: it grows when something is claimed or settled."""
    claimed: Mapping[str, int]
    """Base units that approved intents may still spend, by the token's address."""
    traders: Mapping[str, str]
    """The strategy whose intent was last approved, by pair."""
    strategies: tuple[str, ...] = ()
    """Whose the portfolio is."""


class Closing(NamedTuple):
    """What to sell, and what stays and why."""

    sales: Sequence[Sale]
    left_out: Sequence[LeftOutPosition]


def plan_closing(
    holdings: Holdings, instrument: str | None, strategy_id: str | None = None
) -> Closing:
    """Return what closes one position, or all of them.

    No more is sold of a token than the portfolio has and is not already selling: two requests in
    a row sell it once.
    """
    sales: list[Sale] = []
    left_out: list[LeftOutPosition] = []
    spent = dict(holdings.claimed)
    for position in _open(holdings.accounts, instrument):
        base, quote, quantity, *_ = position.holding
        name = instrument_key(base, quote)
        free = holdings.accounts.balance(token_key(base)) - spent.get(base.address, 0)
        units = min(quantity, free)
        reason = _left_out(quantity, units, len(sales))
        if reason is not None:
            left_out.append(LeftOutPosition(instrument=name, reason=reason))
            continue
        spent[base.address] = spent.get(base.address, 0) + units
        trader = strategy_id or holdings.traders.get(name, holdings.accounts.portfolio_id)
        amount = from_base_units(units, base.decimals)
        sales.append(Sale(base=base, quote=quote, amount=amount, strategy_id=trader))
    return Closing(sales, left_out[:MAX_LEFT_OUT])


def intent_of(sale: Sale, portfolio_id: str, constraints: IntentConstraints) -> Intent:
    """Return the intent of a sale."""
    return Intent(
        strategy_id=sale.strategy_id,
        portfolio_id=portfolio_id,
        intent_type="dispose",
        assets=(sale.base, sale.quote),
        amount=sale.amount,
        constraints=constraints,
    )


def open_instruments(accounts: Accounts) -> list[str]:
    """Return the pairs of which something is held."""
    return [instrument_key(*position.holding[:2]) for position in _open(accounts, None)]


def _open(accounts: Accounts, instrument: str | None) -> list[Position]:
    return [
        position
        for _, position in sorted(accounts.positions.items())
        if position.holding.quantity and instrument in (None, instrument_key(*position.holding[:2]))
    ]


def _left_out(quantity: int, units: int, planned: int) -> LeftOut | None:
    if quantity < 0:
        return LeftOut.SHORT
    if units <= 0:
        return LeftOut.UNDER_WAY
    if units >= MAX_AMOUNT_BASE_UNITS:
        return LeftOut.AMOUNT_LIMIT
    return LeftOut.PAGE_LIMIT if planned >= MAX_CLOSED else None
