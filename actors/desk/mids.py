"""The newest mid of every coin, from the bucket that the feed of market data keeps."""

from contextlib import suppress
from typing import Final

from pydantic import ValidationError

from tradewind.contracts.market.model import BookLevel, ObservedBook, ObservedContext
from tradewind.contracts.precision import PRICE
from tradewind.trading.signal_outcomes.marking import ObservedMid

CONTEXT: Final = "ctx"
BOOK: Final = "book"


class Mids:
    """Takes the values of the bucket; one that cannot be read is no price."""

    def __init__(self) -> None:
        self._found: dict[str, ObservedMid] = {}

    def apply(self, key: str, value: bytes) -> None:
        """Take a value, and forget the one before where the new one has no mid."""
        mid: ObservedMid | None = None
        with suppress(ValidationError):
            if key.startswith(f"{CONTEXT}."):
                mid = _of_context(ObservedContext.model_validate_json(value))
            elif key.startswith(f"{BOOK}."):
                mid = _of_book(ObservedBook.model_validate_json(value))
        if mid is None:
            self.remove(key)
        else:
            self._found[key] = mid

    def remove(self, key: str) -> None:
        """Forget a value."""
        self._found.pop(key, None)

    def of(self, coin: str) -> ObservedMid | None:
        """Return the newest mid of a coin, of its context or its book; None without one."""
        found = [self._found.get(f"{kind}.{coin}") for kind in (CONTEXT, BOOK)]
        known = [one for one in found if one is not None]
        return max(known, key=lambda one: one.observed_at, default=None)


def _of_context(observed: ObservedContext) -> ObservedMid | None:
    price = observed.context.mid_price
    return None if price is None else ObservedMid(price, observed.observed_at)


def _of_book(observed: ObservedBook) -> ObservedMid | None:
    """Return the mid between the best prices, unless they are those of aggregated levels."""
    bid, ask = observed.book.best_bid, observed.book.best_ask
    if not isinstance(bid, BookLevel) or not isinstance(ask, BookLevel):
        return None
    return ObservedMid(PRICE.divide(PRICE.add(bid.price, ask.price), 2), observed.observed_at)
