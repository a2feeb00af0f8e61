"""What trading came to: a curve of cash and of what was bought at its last price, in millionths."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from tradewind.simulation.whatif.folded import MS_A_DAY

PRICE_SCALE: Final = 10**12
WORTH: Final = 10**15
"""Billionths times trillionths are millionths times this."""


type Trade = tuple[int, int, int, int, int, bool, bool]
"""A fill, or a price seen where nothing was bought: time (ms), instrument, bought (billionths,
negative for a sale), paid (millionths of a US dollar, negative for a sale), price (US dollars for a
whole token, times `PRICE_SCALE`), whether it happened, and whether it would have happened."""


class Curve:
    """One portfolio over everything.

    What was held before the range is in no curve, so only what was traded in it counts.
    """

    def __init__(self) -> None:
        self._quantity: dict[int, int] = {}
        self._worth: dict[int, int] = {}
        self._peak = 0
        self.profit = 0
        self.drawdown = 0
        """The deepest fall from a peak so far."""

    def take(self, instrument: int, bought: int, paid: int, price: int, is_traded: bool) -> None:
        """Take a trade, or its price alone."""
        quantity = self._quantity.get(instrument, 0)
        profit = self.profit
        if is_traded:
            quantity += bought
            self._quantity[instrument] = quantity
            profit -= paid
        elif not quantity:
            return
        worth = quantity * price // WORTH
        profit += worth - self._worth.get(instrument, 0)
        self._worth[instrument] = worth
        self.profit = profit
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
    for time_ms, instrument, bought, paid, price, is_before, is_after in trades:
        if time_ms // MS_A_DAY != day:
            told = _close(by_day, day, told, after.profit - before.profit)
            day = time_ms // MS_A_DAY
        before.take(instrument, bought, paid, price, is_before)
        after.take(instrument, bought, paid, price, is_after)
    _close(by_day, day, told, after.profit - before.profit)
    return Profits(before.profit, after.profit, before.drawdown, after.drawdown, by_day)


def _close(by_day: dict[int, int], day: int, told: int, difference: int) -> int:
    if difference != told:
        by_day[day] = difference - told
    return difference
