"""Turns the size of a signal, or the run's own, into what an order trades."""

from collections.abc import Sequence
from decimal import Decimal

from tradewind.contracts.backtests.model import Sizing
from tradewind.simulation.inputs import DISPOSE
from tradewind.simulation.records import Pair
from tradewind.simulation.strategies.columns import invalid, scaled
from tradewind.simulation.trading.desk import FRACTION_UNIT, Size


class SizeOf:
    """The size of each order; a fraction is of the cash of a purchase, the position of a sale."""

    def __init__(self, sizing: Sizing, pairs: Sequence[Pair]) -> None:
        self._is_fraction = sizing.kind == "fraction"
        self._value = sizing.value
        self._units = [
            FRACTION_UNIT if self._is_fraction else 10**pair.base.decimals for pair in pairs
        ]
        self._known: dict[tuple[int, Decimal], Size] = {}

    def __call__(self, instrument: int, side: int, size: Decimal | None) -> Size:
        """Return the size; SimulationFailed for a fraction above 1."""
        value = self._value if size is None else size
        known = self._known.get((instrument, value))
        if known is not None:
            return known
        if self._is_fraction and value > 1:
            raise invalid(f"sizes: a fraction is at most 1, not {value}")
        assert side >= DISPOSE
        made = Size(self._is_fraction, scaled(value, self._units[instrument]))
        if len(self._known) < 65_536:
            self._known[instrument, value] = made
        return made
