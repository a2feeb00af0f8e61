"""Ratios of daily returns, and the reasons why one is not defined."""

from collections.abc import Sequence
from decimal import Decimal
from math import e, fsum, isfinite, sqrt
from statistics import NormalDist
from typing import Final

from tradewind.simulation.loop.equity import ratio

DAYS_A_YEAR: Final = 365
MIN_DAYS: Final = 30
"""Fewer daily returns say nothing about a year."""
EULER: Final = 0.577_215_664_901_532_9
_NORMAL: Final = NormalDist()
NO_SPREAD: Final = "the daily returns are all equal"
TOO_SHORT: Final = f"fewer than {MIN_DAYS} days"


class Undefined(Exception):
    """A ratio has no value; the text says why."""


def mean(values: Sequence[float]) -> float:
    """Return the mean; Undefined for no values."""
    if not values:
        raise Undefined("there is nothing to take a mean of")
    return fsum(values) / len(values)


def deviation(values: Sequence[float]) -> float:
    """Return the standard deviation of a sample; Undefined where it is nothing."""
    centre = mean(values)
    if len(values) < 2:
        raise Undefined(TOO_SHORT)
    found = sqrt(fsum((value - centre) ** 2 for value in values) / (len(values) - 1))
    # Equal returns differ in their last bits, which is no spread.
    if found <= 1e-15 * max(1.0, abs(centre)):
        raise Undefined(NO_SPREAD)
    return found


def enough(returns: Sequence[float]) -> Sequence[float]:
    """Return daily returns; Undefined where they are too few."""
    if len(returns) < MIN_DAYS:
        raise Undefined(TOO_SHORT)
    return returns


def volatility(returns: Sequence[float]) -> float:
    """Return the yearly standard deviation."""
    return deviation(enough(returns)) * sqrt(DAYS_A_YEAR)


def daily_sharpe(returns: Sequence[float]) -> float:
    """Return mean over standard deviation of a day, riskless rate 0."""
    return mean(enough(returns)) / deviation(returns)


def sharpe(returns: Sequence[float]) -> float:
    """Return the yearly Sharpe ratio."""
    return daily_sharpe(returns) * sqrt(DAYS_A_YEAR)


def sortino(returns: Sequence[float]) -> float:
    """Return the yearly mean over the downside deviation, which is a mean over all days."""
    downside = sqrt(mean([min(value, 0.0) ** 2 for value in enough(returns)]))
    if downside == 0:
        raise Undefined("no day lost anything")
    return mean(returns) / downside * sqrt(DAYS_A_YEAR)


def probabilistic_sharpe(returns: Sequence[float], benchmark: float = 0.0) -> float:
    """Return the probability that the true daily Sharpe ratio is above a benchmark's.

    Bailey and López de Prado, The Sharpe ratio efficient frontier (2012), equation 12: the
    estimate's error grows with skew to the left and with fat tails.
    """
    observed, centre, count = daily_sharpe(returns), mean(returns), len(returns)
    spread = sqrt(fsum((value - centre) ** 2 for value in returns) / count)
    skew = mean([((value - centre) / spread) ** 3 for value in returns])
    kurtosis = mean([((value - centre) / spread) ** 4 for value in returns])
    error = 1 - skew * observed + (kurtosis - 1) / 4 * observed**2
    if error <= 0:
        raise Undefined("skew and tails leave no error to divide by")
    return _NORMAL.cdf((observed - benchmark) * sqrt(count - 1) / sqrt(error))


def expected_best_sharpe(trial_sharpes: Sequence[float]) -> float:
    """Return what the best daily Sharpe ratio of so many worthless trials is expected to be.

    Bailey and López de Prado, The deflated Sharpe ratio (2014), equation 1.
    """
    count = len(trial_sharpes)
    if count < 2:
        return 0.0
    centre = mean(trial_sharpes)
    spread = sqrt(fsum((value - centre) ** 2 for value in trial_sharpes) / (count - 1))
    low, high = _NORMAL.inv_cdf(1 - 1 / count), _NORMAL.inv_cdf(1 - 1 / (count * e))
    return spread * ((1 - EULER) * low + EULER * high)


def deflated_sharpe(returns: Sequence[float], trial_sharpes: Sequence[float]) -> float:
    """Return the probability that the best of some trials is not only the luckiest.

    `trial_sharpes` are the daily ratios of all trials, the best one among them.
    """
    return probabilistic_sharpe(returns, expected_best_sharpe(trial_sharpes))


def shown(value: float) -> Decimal:
    """Return a ratio of six digits after the point; Undefined where it is not finite."""
    if not isfinite(value) or abs(value) >= 1e30:
        raise Undefined("it is beyond every bound")
    return ratio(value)
