"""The answers to what a token is worth in US dollars."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple


class PriceQuote(NamedTuple):
    """US dollars per whole token, and the oldest pool state used."""

    price_usd: Decimal
    block_number: int
    block_time: datetime
    moved_ticks: int | None = None
    """How far the pools it comes from are from their last minutes, added up; None where the past of
    one is not known."""


class NoPrice(NamedTuple):
    """The pools say nothing of a token that can be believed."""

    why: str = ""
    """Empty when no pool that is recent enough leads to a pegged token."""

    def explain(self, name: str) -> str:
        """Return a sentence about the token of this name."""
        return f"no fresh US dollar price of {name}" + (f": {self.why}" if self.why else "")


def fresh_price(
    price: PriceQuote | NoPrice, now: datetime, max_age_seconds: int
) -> PriceQuote | NoPrice:
    """Return the price, or that there is none where it rests on an older pool state."""
    if isinstance(price, NoPrice) or is_fresh(price.block_time, now, max_age_seconds):
        return price
    is_ahead = price.block_time > now
    return NoPrice(describe_age(price.block_time, now, max_age_seconds) if is_ahead else "")


def is_fresh(block_time: datetime, now: datetime, max_age_seconds: int) -> bool:
    """Return whether a state is recent enough; a future block time is refused like an old one."""
    return abs(now - block_time) <= timedelta(seconds=max_age_seconds)


def describe_age(block_time: datetime, now: datetime, max_age_seconds: int) -> str:
    """Say how old a state is that is not fresh; one of the future means that clocks disagree."""
    age_seconds = int((now - block_time).total_seconds())
    if age_seconds >= 0:
        return f"snapshot is {age_seconds} s old, {max_age_seconds} s are allowed"
    return (
        f"the chain's clock is {-age_seconds} s ahead of this machine's, {max_age_seconds} s are "
        "allowed: compare both with the time"
    )
