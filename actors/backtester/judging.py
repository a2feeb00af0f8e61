"""Judges the runs of a sweep. Pure: of how many were tried, and of what the best is worth."""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from actors.backtester.sweep_plan import Planned
from tradewind.contracts.backtests.results import Metrics
from tradewind.contracts.precision import PRICE
from tradewind.simulation.metrics.overfitting import probability_of_overfitting
from tradewind.simulation.metrics.ratios import Undefined, daily_sharpe, deflated_sharpe, shown
from tradewind.simulation.records import EquityRow
from tradewind.trading.backtests.records import EndedRun

RETURN_STEP: Final = Decimal("0.000001")
LEAST: Final = Decimal(-(10**12))
NO_SINGLE_BEST: Final = "there is no single best run of the whole period"


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
    returns = {run_id: _daily(rows) for run_id, rows in curves.items()}
    best = best_of(trials, ended) if len({one.window for one in trials}) == 1 else None
    return Judgement(
        _defined("deflated_sharpe", undefined, lambda: _deflated(best, returns)),
        _defined("overfitting_probability", undefined, lambda: _overfitted(best, returns)),
        joined_return(tests, ended, undefined),
        undefined,
    )


def _daily(rows: Sequence[str]) -> list[float]:
    """Return the daily returns of a curve; the first day is that to which others are compared."""
    parsed = [EquityRow.from_json(text) for part in rows for text in json.loads(part)]
    ends: dict[int, float] = {}
    for row in parsed:
        ends |= {end.day: float(end.equity) for end in row.days}
    values = [ends[day] for day in sorted(ends)]
    return [after / before - 1 for before, after in pairwise(values) if before > 0]


def _deflated(best: Planned | None, returns: Mapping[str, list[float]]) -> Decimal:
    if best is None:
        raise Undefined(NO_SINGLE_BEST)
    ratios = [daily_sharpe(one) for one in returns.values() if len(set(one)) > 1]
    return shown(deflated_sharpe(returns[best.run_id], ratios))


def _overfitted(best: Planned | None, returns: Mapping[str, list[float]]) -> Decimal:
    if best is None:
        raise Undefined(NO_SINGLE_BEST)
    days = min((len(one) for one in returns.values()), default=0)
    columns = [one[-days:] for one in returns.values()] if days else []
    return shown(probability_of_overfitting(np.array(columns, np.float64).reshape(-1, days).T))


def _defined(
    name: str, undefined: dict[str, str], compute: Callable[[], Decimal]
) -> Decimal | None:
    try:
        return compute()
    except (Undefined, ValueError) as error:
        undefined[name] = str(error)
        return None


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
