"""What the run's own trades do to the price that later ones meet."""

from typing import Final

from tradewind.contracts.backtests.model import ExecutionTerms
from tradewind.simulation.loop.moments import shifts_of
from tradewind.simulation.markets.modelled import NO_SHIFTS, Shifts
from tradewind.simulation.trading.desk import Moment
from tradewind.simulation.trading.totals import Totals
from tradewind.trading.pricing.swap.tick_math import Q96

NEGLIGIBLE: Final = Q96 // 10**9
"""A shift below this is forgotten: a millionth of a basis point is 10**-10 of a price."""


UNSHIFTED: Final[tuple[Shifts, Shifts]] = (NO_SHIFTS, NO_SHIFTS)


class OwnImpact:
    """Nothing where impact is transient: arbitrage has restored the price by the next order."""

    def __init__(self, terms: ExecutionTerms, totals: Totals) -> None:
        self.lasts = terms.own_impact == "persistent"
        self._half_life = terms.impact_half_life_bars
        self._totals = totals

    def at(self, instrument: int, decided: int, arrived: int) -> tuple[Shifts, Shifts]:
        """Return the shifts that hold at two bars of an instrument."""
        if not self.lasts:
            return UNSHIFTED
        found = self._of(instrument)
        return (
            shifts_of(found, decided, self._half_life),
            shifts_of(found, arrived, self._half_life),
        )

    def moved(
        self, instrument: int, bar: int, moment: Moment, fill: tuple[int, int], then: Shifts
    ) -> None:
        """Keep where a fill left the price of its pool, against where the candle has it."""
        if not self.lasts:
            return
        place, after_x96 = fill
        model_x96 = moment.arrival.roots[place] * Q96 // then.get(place, Q96)
        ratio = after_x96 * Q96 // model_x96
        key = f"{instrument}.{place}"
        self._totals.shifts.pop(key, None)
        if abs(ratio - Q96) > NEGLIGIBLE:
            self._totals.shifts[key] = [ratio, bar]

    def _of(self, instrument: int) -> dict[int, tuple[int, int]]:
        found = {}
        for key, (ratio, bar) in self._totals.shifts.items():
            index, _, place = key.partition(".")
            if int(index) == instrument:
                found[int(place)] = (ratio, bar)
        return found
