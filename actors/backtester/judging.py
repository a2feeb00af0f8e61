"""Judges the runs of a sweep. Pure: of how many were tried, and of what the best is worth."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from actors.backtester.sweep_plan import Planned
from tradewind.contracts.backtests.results import Metrics
from tradewind.contracts.precision import PRICE
from tradewind.trading.backtests.records import EndedRun

RETURN_STEP: Final = Decimal("0.000001")
LEAST: Final = Decimal(-(10**12))


class Judgement(NamedTuple):
    """What is to be thought of the best run; None with a reason where it cannot be said."""

    deflated_sharpe: Decimal | None
    overfitting_probability: Decimal | None
    out_of_sample_return: Decimal | None
    undefined: dict[str, str]


def best_of(trials: Sequence[Planned], ended: Mapping[str, EndedRun]) -> Planned | None:
    """Return the run with the highest Sharpe ratio, the first among equals; None without results.

    Runs without one, which are too short for it, are compared by their return below all others.
    """
    ranked = [
        (_rank(ended[one.run_id].parsed_results().metrics), -place, one)
        for place, one in enumerate(trials)
        if one.run_id in ended and ended[one.run_id].is_completed
    ]
    return max(ranked, key=lambda entry: entry[:2])[2] if ranked else None


def chosen_of(trials: Sequence[Planned], ended: Mapping[str, EndedRun]) -> tuple[int, ...]:
    """Return the number of the best run of each window; 0 where none has a result."""
    windows = sorted({one.window for one in trials})
    best = (best_of([one for one in trials if one.window == window], ended) for window in windows)
    return tuple(0 if one is None else one.number for one in best)


def judge(
    trials: Sequence[Planned],
    tests: Sequence[Planned],
    ended: Mapping[str, EndedRun],
    curves: Mapping[str, Sequence[str]],
) -> Judgement:
    """Return the judgement of all runs.

    `curves` has the rows of each trial's equity as JSON arrays, from which daily returns are made.
    """
    undefined: dict[str, str] = {}
    return Judgement(None, None, joined_return(tests, ended, undefined), undefined)


def joined_return(
    tests: Sequence[Planned], ended: Mapping[str, EndedRun], undefined: dict[str, str]
) -> Decimal | None:
    """Return what the test windows yielded one after the other; each begins with the same money."""
    if not tests:
        return None
    product = Decimal(1)
    for one in tests:
        metrics = _metrics(ended.get(one.run_id))
        if metrics is None or metrics.total_return is None:
            undefined["out_of_sample_return"] = f"window {one.window} has no result"
            return None
        product = PRICE.multiply(product, 1 + metrics.total_return)
    return (product - 1).quantize(RETURN_STEP, context=PRICE)


def _metrics(ended: EndedRun | None) -> Metrics | None:
    return ended.parsed_results().metrics if ended is not None and ended.is_completed else None


def _rank(metrics: Metrics) -> tuple[bool, Decimal]:
    if metrics.sharpe is not None:
        return True, metrics.sharpe
    return False, LEAST if metrics.total_return is None else metrics.total_return
