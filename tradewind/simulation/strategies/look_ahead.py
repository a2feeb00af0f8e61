"""Refuses a vectorised strategy whose past changes when the future is taken away.

The function is called on seven shorter histories. Four of them are cut at even distances, before it
has seen the whole, so that nothing it keeps can help it; three are cut right after one of its
signals, where a look at the very next bar shows at once. A stepped strategy needs none of this.
"""

from collections.abc import Callable
from typing import Any, Final

from tradewind.contracts.backtests.payloads import BacktestFailure
from tradewind.simulation.errors import InvalidRun, SimulationFailed
from tradewind.simulation.inputs import COLUMNS, Candles
from tradewind.simulation.strategies.columns import Signals, checked
from tradewind.simulation.strategies.loading import Strategy

EVEN_CUTS: Final = 4
CUTS_AT_SIGNALS: Final = 3
CUTS: Final = EVEN_CUTS + CUTS_AT_SIGNALS
MAX_DETAIL_CHARACTERS: Final = 500


def signals_of(strategy: Strategy, candles: Candles, params: dict[str, Any]) -> Signals:
    """Return what a `signals` function says of a history; SimulationFailed where it fails."""
    for name in COLUMNS:
        getattr(candles, name).flags.writeable = False
    try:
        found = strategy.function(candles, **params)
    except (SimulationFailed, InvalidRun):
        raise
    except Exception as error:  # whatever an operator's function raises is its failure
        detail = f"{strategy.name}: {type(error).__name__}: {error}"[:MAX_DETAIL_CHARACTERS]
        raise SimulationFailed(BacktestFailure.STRATEGY_FAILED, detail) from error
    return checked(found, len(candles))


def honest_signals(strategy: Strategy, candles: Candles, params: dict[str, Any]) -> Signals:
    """Return what a function says of a whole history, after seven shorter ones said the same."""

    def said(bars: int) -> Signals:
        return signals_of(strategy, candles.until(bars), params)

    length = len(candles)
    even = sorted({length * part // (EVEN_CUTS + 1) for part in range(1, EVEN_CUTS + 1)} - {0})
    before = [(cut, said(cut)) for cut in even]
    whole = said(length)
    for cut, shorter in before:
        _compare(strategy, whole, shorter, cut, said)
    for cut in _after_signals(whole, length):
        _compare(strategy, whole, said(cut), cut, said)
    return whole


def _after_signals(whole: Signals, length: int) -> list[int]:
    """Return cuts right after signals, spread over them."""
    count = len(whole)
    if not count:
        return []
    places = {count * part // (CUTS_AT_SIGNALS + 1) for part in range(1, CUTS_AT_SIGNALS + 1)}
    cuts = {int(whole.rows[place]) + 1 for place in places}
    return sorted(cut for cut in cuts if cut < length)


def _compare(
    strategy: Strategy,
    whole: Signals,
    shorter: Signals,
    cut: int,
    said: Callable[[int], Signals],
) -> None:
    row = whole.between(0, cut).difference(shorter)
    if row is None:
        return
    if shorter.difference(said(cut)) is not None:
        detail = f"{strategy.name}: says something else each time it is asked"
        raise SimulationFailed(BacktestFailure.STRATEGY_FAILED, detail)
    detail = (
        f"{strategy.name} changes what it says of bar {row} when the history ends after bar "
        f"{cut - 1}: it knows what comes later"
    )
    raise SimulationFailed(BacktestFailure.LOOKS_AHEAD, detail, f"bar {row}, cut {cut}")
