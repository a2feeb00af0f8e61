"""What trading came to: a curve of cash and of what was bought at its last price, in millionths."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from tradewind.simulation.whatif.folded import MS_A_DAY

PRICE_SCALE: Final = 10**12
_WORTH: Final = 10**15
"""Billionths times trillionths are millionths times this."""


class Trade(NamedTuple):
    """A fill, or a price seen where nothing was bought."""

    time_ms: int
    instrument: int
    bought_billionths: int
    """Negative for a sale."""
    paid_millionths: int
    """US dollars, negative for a sale."""
    price: int
    """US dollars for a whole token, times `PRICE_SCALE`."""
    is_before: bool
    """Whether it happened."""
    is_after: bool
    """Whether it would have happened under the changed limits."""


class Curve:
    """One portfolio over everything: since positions from before are in neither, only what was
    traded in the range counts."""

    def __init__(self) -> None:
        self._quantity: dict[int, int] = defaultdict(int)
        self._worth: dict[int, int] = defaultdict(int)
        self._cash = 0
        self._held = 0
        self._peak = 0
        self.drawdown = 0
        """The deepest fall from a peak so far."""

    @property
    def profit(self) -> int:
        return self._cash + self._held

    def take(self, trade: Trade, is_traded: bool) -> None:
        """Take a trade, or its price alone."""
        instrument = trade.instrument
        if is_traded:
            self._quantity[instrument] += trade.bought_billionths
            self._cash -= trade.paid_millionths
        if quantity := self._quantity.get(instrument):
            worth = quantity * trade.price // _WORTH
        elif is_traded:
            worth = 0
        else:
            return
        self._held += worth - self._worth[instrument]
        self._worth[instrument] = worth
        profit = self._cash + self._held
        if profit > self._peak:
            self._peak = profit
        elif self._peak - profit > self.drawdown:
            self.drawdown = self._peak - profit


class Profits(NamedTuple):
    """Profit and deepest fall, before and after, and what each day changed; millionths of a USD."""

    before: int
    after: int
    drawdown_before: int
    drawdown_after: int
    by_day: Mapping[int, int]
    """By days since 1970: how much more the day would have brought."""


def profits(trades: Iterable[Trade]) -> Profits:
    """Return what trades in order of time come to."""
    before, after = Curve(), Curve()
    by_day: dict[int, int] = {}
    told, day = 0, -1
    for trade in trades:
        if trade.time_ms // MS_A_DAY != day:
            told = _close(by_day, day, told, after.profit - before.profit)
            day = trade.time_ms // MS_A_DAY
        before.take(trade, trade.is_before)
        after.take(trade, trade.is_after)
    _close(by_day, day, told, after.profit - before.profit)
    return Profits(before.profit, after.profit, before.drawdown, after.drawdown, by_day)


def _close(by_day: dict[int, int], day: int, told: int, difference: int) -> int:
    if difference != told:
        by_day[day] = difference - told
    return difference
