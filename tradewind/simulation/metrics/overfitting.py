"""How likely the best of some trials was chosen by luck: combinatorially symmetric validation."""

from itertools import combinations
from math import log
from typing import Final

import numpy as np
import numpy.typing as npt

from tradewind.simulation.metrics.ratios import Undefined

BLOCKS: Final = 10
"""252 ways to halve the time; 16 blocks would be 12,870."""
MAX_CELLS: Final = 50_000_000


def probability_of_overfitting(returns: npt.NDArray[np.float64]) -> float:
    """Return the share of halves of time whose best trial is below the median in the other half.

    `returns` has a row a day and a column a trial. Bailey, Borwein, López de Prado and Zhu, The
    probability of backtest overfitting (2017). Undefined for fewer than two trials or 2 days a
    block; ValueError for what is not finite.
    """
    days, trials = returns.shape
    if trials < 2:
        raise Undefined("fewer than two trials")
    if days < 2 * BLOCKS:
        raise Undefined(f"fewer than {2 * BLOCKS} days")
    if days * trials > MAX_CELLS:
        raise ValueError(f"{days} days of {trials} trials, {MAX_CELLS} cells are allowed")
    if not np.isfinite(returns).all():
        raise ValueError("a return is not finite")
    parts = np.array_split(returns, BLOCKS)
    sums = np.array([part.sum(axis=0) for part in parts])
    squares = np.array([(part**2).sum(axis=0) for part in parts])
    counts = np.array([len(part) for part in parts])
    overfitted = total = 0
    for chosen in combinations(range(BLOCKS), BLOCKS // 2):
        mask = np.zeros(BLOCKS, np.bool_)
        mask[list(chosen)] = True
        inside = _sharpes(sums[mask], squares[mask], counts[mask])
        outside = _sharpes(sums[~mask], squares[~mask], counts[~mask])
        best = int(np.argmax(inside))
        rank = float((outside < outside[best]).sum() + (outside == outside[best]).sum() / 2 + 0.5)
        share = rank / (trials + 1)
        overfitted += log(share / (1 - share)) <= 0
        total += 1
    return overfitted / total


def _sharpes(
    sums: npt.NDArray[np.float64],
    squares: npt.NDArray[np.float64],
    counts: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Return each trial's daily Sharpe ratio; 0 where its returns do not spread."""
    count = int(counts.sum())
    centre = sums.sum(axis=0) / count
    variance = np.maximum(squares.sum(axis=0) / count - centre**2, 0.0)
    spread = np.sqrt(variance)
    return np.divide(centre, spread, out=np.zeros_like(centre), where=spread > 1e-15)
