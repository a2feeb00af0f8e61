"""What the port answers beside the documents of `contracts.market`. Prices are in US dollars."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from tradewind.contracts.market.model import BookLevel


class ListedCoin(NamedTuple):
    """A row of the provider's list."""

    coin: str
    size_decimals: int
    is_delisted: bool


class BestPrices(NamedTuple):
    """The best bid and ask, of every price by itself."""

    coin: str
    time_ms: int
    """When the provider made it, Unix milliseconds."""
    bid: BookLevel
    ask: BookLevel


class Ticker(NamedTuple):
    """The price of a perpetual now."""

    coin: str
    bid: Decimal
    ask: Decimal
    mid: Decimal
    time_ms: int
    observed_at: datetime


class FundingRate(NamedTuple):
    """What longs pay shorts."""

    coin: str
    rate_hourly: Decimal
    """A fraction for one hour, which is also the current prediction."""
    premium: Decimal | None
    next_at: datetime
    """The next whole hour: the provider names the settlement that just happened."""
    observed_at: datetime


class OpenInterest(NamedTuple):
    """How much is held."""

    coin: str
    coins: Decimal
    usd: Decimal
    """At the mark price."""
    observed_at: datetime
