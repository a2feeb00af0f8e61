"""What an order book says: mid, spread, microprice, and imbalance within a distance of the mid."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from tradewind.contracts.market.model import BookLevel, OrderBook
from tradewind.contracts.precision import PRICE
from tradewind.contracts.signals.features import BookImbalance
from tradewind.trading.indicators.rounding import known

ONE: Final = Decimal(1)
BASIS_POINTS: Final = Decimal(10_000)


class BestPrices(NamedTuple):
    """The best price of each side, in US dollars, and what is offered at it, in units of base."""

    bid: BookLevel
    ask: BookLevel

    @property
    def mid(self) -> Decimal:
        return PRICE.divide(PRICE.add(self.bid.price, self.ask.price), Decimal(2))

    @property
    def is_sane(self) -> bool:
        """Whether prices and sizes are positive and nobody bids more than is asked."""
        is_positive = all(
            price > 0 and size > 0
            for price, size in (
                (self.bid.price, self.bid.size),
                (self.ask.price, self.ask.size),
            )
        )
        return is_positive and self.bid.price < self.ask.price

    @property
    def spread_bps(self) -> Decimal:
        """The distance of the two in hundredths of a percent of the mid."""
        return PRICE.divide((self.ask.price - self.bid.price) * BASIS_POINTS, self.mid)

    @property
    def microprice(self) -> Decimal:
        """The mid, nearer to the side where less is offered (Gatheral and Oomen, 2010)."""
        weighed = self.bid.price * self.ask.size + self.ask.price * self.bid.size
        return PRICE.divide(weighed, self.bid.size + self.ask.size)


def best_prices(book: OrderBook) -> BestPrices | None:
    """Return the best prices, or None while a side is empty."""
    bid = book.best_bid or next(iter(book.bids), None)
    ask = book.best_ask or next(iter(book.asks), None)
    return None if bid is None or ask is None else BestPrices(bid, ask)


def imbalance(book: OrderBook, mid: Decimal, within_bps: int) -> BookImbalance:
    """Return (bids − asks) / (bids + asks) of the sizes at most `within_bps` from the mid.

    A book that ends before that distance on either side does not cover it, and has no value: what
    lies beyond its last level is not known.
    """
    share = PRICE.divide(Decimal(within_bps), BASIS_POINTS)
    lowest, highest = PRICE.multiply(mid, ONE - share), PRICE.multiply(mid, ONE + share)
    covers = bool(book.bids and book.asks) and (
        book.bids[-1].price <= lowest and book.asks[-1].price >= highest
    )
    if not covers:
        return BookImbalance(within_bps=within_bps, covers=False)
    bids = _size([level for level in book.bids if level.price >= lowest])
    asks = _size([level for level in book.asks if level.price <= highest])
    if bids + asks <= 0:
        return BookImbalance(within_bps=within_bps, covers=True)
    value = known(PRICE.divide(bids - asks, bids + asks))
    return BookImbalance(within_bps=within_bps, value=value, covers=True)


def _size(levels: Sequence[BookLevel]) -> Decimal:
    return sum((level.size for level in levels), Decimal(0))
