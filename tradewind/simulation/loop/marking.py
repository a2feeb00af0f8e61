"""How far the equity is below its peak when an order is decided, for the limit of drawdown."""

from collections.abc import Sequence
from decimal import Decimal

from tradewind.simulation.loop.portfolio_state import Portfolio
from tradewind.simulation.loop.timeline import Timeline
from tradewind.simulation.records import Pair


class Marks:
    """Marks the portfolio at the closes where something is decided.

    The peak is that of all bars of the slices before, and of the decisions since.
    """

    def __init__(self, timeline: Timeline, pairs: Sequence[Pair], portfolio: Portfolio) -> None:
        self._timeline = timeline
        self._pairs = pairs
        self._portfolio = portfolio
        self._peak = int(portfolio.totals.peak * 10 ** pairs[0].quote.decimals)

    def drawdown(self, moment_ms: int) -> Decimal:
        """Return the share of the peak that is lost at a moment, 0 to 1."""
        worth = self._portfolio.book.cash
        parts = zip(self._pairs, self._portfolio.book.holdings, self._timeline.candles, strict=True)
        for pair, holding, candles in parts:
            row = int(candles.close_times_ms.searchsorted(moment_ms, side="right")) - 1
            if holding.position and row >= 0:
                scale = candles.price_decimals + pair.base.decimals
                price = int(candles.close[row])
                worth += holding.position * price * 10**pair.quote.decimals // 10**scale
        self._peak = max(self._peak, worth)
        if self._peak <= 0:
            return Decimal(0)
        return Decimal(max(self._peak - worth, 0)) / Decimal(self._peak)
