"""Keys of the bucket in which a feed keeps what a provider says of perpetual contracts.

Each value is JSON: of an ObservedContext, an ObservedBook, an ObservedCandles, or, for the open
interest that was recorded in an hour, a PastInterest.
"""

from datetime import datetime
from typing import Final

CONTEXT_KIND: Final = "ctx"
BOOK_KIND: Final = "book"
CANDLES_KIND: Final = "candles"
INTEREST_KIND: Final = "interest"
HOUR_SECONDS: Final = 3_600


def context_key(coin: str) -> str:
    """Return the key of the state of a contract: `ctx.ETH`."""
    return f"{CONTEXT_KIND}.{coin}"


def book_key(coin: str) -> str:
    """Return the key of an order book: `book.ETH`."""
    return f"{BOOK_KIND}.{coin}"


def candles_key(coin: str, interval: str) -> str:
    """Return the key of the closed candles of a time frame: `candles.ETH.15m`."""
    return f"{CANDLES_KIND}.{coin}.{interval}"


def interest_key(coin: str, at: datetime) -> str:
    """Return the key of the open interest of an hour: `interest.ETH.495648`, hours since 1970."""
    return f"{INTEREST_KIND}.{coin}.{hour_of(at)}"


def hour_of(at: datetime) -> int:
    """Return the whole hours since 1970."""
    return int(at.timestamp()) // HOUR_SECONDS
