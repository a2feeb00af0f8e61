"""What has to be sold to close positions of a portfolio. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.instruments.assets import Asset, instrument_key
from tradewind.contracts.intents.model import MAX_AMOUNT_BASE_UNITS, Intent, IntentConstraints
from tradewind.trading.accounting.accounts import Accounts, Position
from tradewind.trading.accounting.keys import token_key

MAX_CLOSED: Final = 50
"""How many positions one request closes; another one closes the next."""


class LeftOut(StrEnum):
    """Why a position is not closed."""

    SHORT = "SHORT"
    """More was sold than bought: there is nothing to sell."""
    UNDER_WAY = "UNDER_WAY"
    """All of it may already be sold by intents that have not ended, or belongs to another pair."""
    AMOUNT_LIMIT = "AMOUNT_LIMIT"
    """It is more than an intent can name; close it in parts."""
    PAGE_LIMIT = "PAGE_LIMIT"
    """One request closes 50 positions. Ask again, with another Idempotency-Key."""


class Holdings(NamedTuple):
    """What a portfolio has, and what is already being spent of it."""

    accounts: Accounts
    version: int
    """The version of its book: it grows when something is claimed or settled."""
    claimed: Mapping[str, int]
    """Base units that approved intents may still spend, by the token's address."""
    traders: Mapping[str, str]
    """The strategy whose intent was last approved, by pair."""


class Disposal(NamedTuple):
    """A sale of what is held of a pair."""

    instrument: str
    base: Asset
    quote: Asset
    amount: Decimal
    """Whole tokens of base."""
    strategy_id: str

    def intent(self, portfolio_id: str, constraints: IntentConstraints) -> Intent:
        """Return the intent of the sale."""
        return Intent(
            strategy_id=self.strategy_id,
            portfolio_id=portfolio_id,
            intent_type="dispose",
            assets=(self.base, self.quote),
            amount=self.amount,
            constraints=constraints,
        )


class Closing(NamedTuple):
    """What to sell, and what stays and why, by pair."""

    disposals: Sequence[Disposal]
    left_out: Mapping[str, LeftOut]


def plan_closing(
    holdings: Holdings, instrument: str | None, strategy_id: str | None = None
) -> Closing:
    """Return what closes one position, or all of them.

    No more is sold of a token than the portfolio has and is not already selling: two requests in
    a row sell it once.
    """
    disposals: list[Disposal] = []
    left_out: dict[str, LeftOut] = {}
    spent = dict(holdings.claimed)
    for position in _open(holdings.accounts, instrument):
        base, quote, quantity, *_ = position.holding
        name = instrument_key(base, quote)
        free = holdings.accounts.balance(token_key(base)) - spent.get(base.address, 0)
        units = min(quantity, free)
        reason = _left_out(quantity, units, len(disposals))
        if reason is not None:
            left_out[name] = reason
            continue
        spent[base.address] = spent.get(base.address, 0) + units
        trader = strategy_id or holdings.traders.get(name, holdings.accounts.portfolio_id)
        amount = from_base_units(units, base.decimals)
        disposals.append(Disposal(name, base, quote, amount, trader))
    return Closing(disposals, left_out)


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
