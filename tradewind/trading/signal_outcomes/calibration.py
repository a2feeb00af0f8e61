"""How far the confidences of models are to be believed: Brier score, calibration error, intervals.

Brier, Verification of forecasts expressed in terms of probability (1950): the mean squared distance
of what was held for likely from what happened. The expected calibration error is the mean distance
of confidence from frequency over ten bins (Naeini, Cooper, Hauskrecht 2015). The interval is the
2.5th to 97.5th percentile of resampled scores (Efron 1979), from a seed, so it is the same again.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from random import Random
from typing import Final

from pydantic import Field

from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import DecimalString, Document
from tradewind.trading.signal_outcomes.isotonic import Outcome

MIN_OUTCOMES: Final = 30
"""Under so many nothing is said but how many there are."""
BINS: Final = 10
RESAMPLES: Final = 1_000
TAIL: Final = 0.025
SEED: Final = 20_240_101
STEP: Final = Decimal("0.0001")


class CalibrationBin(Document):
    """Outcomes of a tenth of the confidences."""

    from_pct: int
    to_pct: int
    outcomes: int
    said: DecimalString
    """The mean of what was held for likely."""
    seen: DecimalString
    """The share that paid."""


class Calibration(Document):
    """How well probabilities fit to what happened."""

    outcomes: int
    paid: int
    """How many paid."""
    brier: DecimalString | None = Field(None, exclude_if=is_absent)
    """Absent under 30 outcomes, as all that follows."""
    brier_low: DecimalString | None = Field(None, exclude_if=is_absent)
    brier_high: DecimalString | None = Field(None, exclude_if=is_absent)
    """The interval that holds 95 of a hundred."""
    ece: DecimalString | None = Field(None, exclude_if=is_absent)
    bins: tuple[CalibrationBin, ...] = ()
    """Those with outcomes."""


def calibration_of(outcomes: Sequence[Outcome]) -> Calibration:
    """Return the calibration; under MIN_OUTCOMES it has counts only."""
    total = sum(one.times for one in outcomes)
    paid = sum(one.times for one in outcomes if one.paid)
    if total < MIN_OUTCOMES:
        return Calibration(outcomes=total, paid=paid)
    low, high = interval(outcomes)
    bins = bins_of(outcomes)
    return Calibration(
        outcomes=total,
        paid=paid,
        brier=_rounded(brier(outcomes)),
        brier_low=_rounded(low),
        brier_high=_rounded(high),
        ece=_rounded(calibration_error(bins)),
        bins=bins,
    )


def brier(outcomes: Sequence[Outcome]) -> float:
    """Return the mean squared distance, 0 to 1; ValueError without outcomes."""
    total = sum(one.times for one in outcomes)
    if not total:
        raise ValueError("there are no outcomes")
    return sum(one.times * _squared(one) for one in outcomes) / total


def calibration_error(bins: Sequence[CalibrationBin]) -> float:
    """Return the mean distance of confidence from frequency, weighted by outcomes, 0 to 1."""
    total = sum(one.outcomes for one in bins)
    return sum(one.outcomes * abs(float(one.said - one.seen)) for one in bins) / total


def bins_of(outcomes: Sequence[Outcome]) -> tuple[CalibrationBin, ...]:
    """Return the bins of 10 % that have outcomes; 100 % belongs to the last one."""
    found: list[CalibrationBin] = []
    for number in range(BINS):
        inside = [one for one in outcomes if min(int(one.probability * BINS), BINS - 1) == number]
        total = sum(one.times for one in inside)
        if total:
            said = sum(one.times * float(one.probability) for one in inside) / total
            seen = sum(one.times for one in inside if one.paid) / total
            width = 100 // BINS
            found.append(
                CalibrationBin(
                    from_pct=number * width,
                    to_pct=(number + 1) * width,
                    outcomes=total,
                    said=_rounded(said),
                    seen=_rounded(seen),
                )
            )
    return tuple(found)


def interval(
    outcomes: Sequence[Outcome], resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[float, float]:
    """Return the bootstrap interval of the Brier score that holds 95 of a hundred.

    A resample draws as many outcomes with replacement. Equal ones are drawn together, by binomials,
    so the time does not grow with their number.
    """
    random = Random(seed)
    tallies = [(_squared(one), one.times) for one in outcomes if one.times]
    total = sum(count for _, count in tallies)
    scores = sorted(_resampled(tallies, total, random) for _ in range(resamples))
    last = len(scores) - 1
    return scores[round(TAIL * last)], scores[round((1 - TAIL) * last)]


def _resampled(tallies: Sequence[tuple[float, int]], total: int, random: Random) -> float:
    drawn_of, left, squares = total, total, 0.0
    for squared, count in tallies:
        drawn = left if count >= drawn_of else random.binomialvariate(left, count / drawn_of)
        squares += squared * drawn
        left -= drawn
        drawn_of -= count
        if not left:
            break
    return squares / total


def _squared(one: Outcome) -> float:
    return (float(one.probability) - one.paid) ** 2


def _rounded(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(STEP, ROUND_HALF_EVEN)
