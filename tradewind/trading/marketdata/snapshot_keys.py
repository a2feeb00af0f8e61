"""The keys of the PERP_SNAPSHOTS bucket."""

from typing import Final

CONTEXT_PREFIX: Final = "ctx."
BOOK_PREFIX: Final = "book."
CANDLES_PREFIX: Final = "candles."
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
