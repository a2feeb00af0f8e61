"""What accounts are worth at given prices. Pure; exact until a figure is rounded for a reader."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from tradewind.contracts.instruments.assets import Asset
from tradewind.trading.accounting.accounts import Accounts
from tradewind.trading.accounting.keys import TokenKey

type Marks = Mapping[TokenKey, Decimal]
"""US dollars for a whole token. A token that is missing has no price; none is ever made up."""


class Exposure(NamedTuple):
    """What there is of one token, and its value; None where it has no price."""

    token: Asset
    amount: int
    price_usd: Decimal | None
    value_usd: Decimal | None
    is_pegged: bool


class Valuation(NamedTuple):
    """Accounts at prices. What needs a price that is missing is None, never 0."""

    exposures: tuple[Exposure, ...]
    gross_usd: Decimal | None
    net_usd: Decimal | None
    cash_usd: Decimal | None
    equity_usd: Decimal | None
    unrealised_usd: Decimal | None
    day_profit_usd: Decimal | None
    peak_equity_usd: Decimal | None
    """The peak, this equity included."""
    unpriced: tuple[str, ...]
    """The symbols of tokens that are held and have no price."""


def value_accounts(
    accounts: Accounts, marks: Marks, pegged: Collection[TokenKey], now: datetime
) -> Valuation:
    """Return what the accounts are worth at these prices, and the profit of the UTC day of `now`."""
    del accounts, marks, pegged, now
    return Valuation((), None, None, None, None, None, None, None, ())
