"""The keys of the PERP_SNAPSHOTS bucket."""

from datetime import datetime
from typing import Final

CONTEXT_PREFIX: Final = "ctx."
BOOK_PREFIX: Final = "book."
CANDLES_PREFIX: Final = "candles."
INTEREST_PREFIX: Final = "interest."
INTEREST_SLOTS: Final = 32
"""Hours for which open interest is kept, each in a slot that is taken again after so many."""
LEASE_KEY: Final = "feed.lease"
"""Who is the one feed that works."""
WEIGHT_KEY: Final = "feed.weight"
"""What it spent within the last minute."""


def context_key(coin: str) -> str:
    """Return `ctx.<coin>`."""
    return f"{CONTEXT_PREFIX}{coin}"


def book_key(coin: str) -> str:
    """Return `book.<coin>`."""
    return f"{BOOK_PREFIX}{coin}"


def candles_key(coin: str, interval: str) -> str:
    """Return `candles.<coin>.<interval>`."""
    return f"{CANDLES_PREFIX}{coin}.{interval}"


def interest_key(coin: str, at: datetime) -> str:
    """Return `interest.<coin>.<slot>`, the slot of the hour of a time."""
    return f"{INTEREST_PREFIX}{coin}.{hour_of(at) % INTEREST_SLOTS}"


def hour_of(at: datetime) -> int:
    """Return the whole hours since 1970."""
    return int(at.timestamp()) // 3_600
