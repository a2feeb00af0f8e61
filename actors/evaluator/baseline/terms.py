"""The terms of the scorecard: what each feature says about a signal, from −1 to 1.

A term about a direction is positive where the market goes the way that the signal says: upwards to
open a long position or to close a short one. Turned around in every price and in the side of the
signal, a market gives the same terms. docs/adr/039 has the definitions.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

from actors.evaluator.baseline.weights import FrameWeights, Scales, Weights
from tradewind.contracts.precision import PRICE
from tradewind.contracts.signals.features import Features, FrameFeatures, PriceLevel
from tradewind.contracts.signals.model import Signal

ONE: Final = Decimal(1)
RSI_MIDDLE: Final = Decimal(50)


class Term(NamedTuple):
    """One line of the scorecard."""

    name: str
    weight: Decimal
    value: Decimal | None
    """Between −1 and 1, or −1 and 0 of a penalty; None where the feature is missing."""
    has_side: bool = True

    @property
    def contribution(self) -> Decimal:
        """What it adds to the score; a term that is missing adds nothing."""
        return Decimal(0) if self.value is None else PRICE.multiply(self.weight, self.value)


def terms_of(signal: Signal, features: Features, weights: Weights) -> tuple[Term, ...]:
    """Return every term of the scorecard, in the order of the weights."""
    side = Decimal(1 if signal.is_long == signal.is_opening else -1)
    directed = (
        Term(name, weight, None if value is None else _clamped(side * value))
        for name, weight, value in _upward(features, weights)
    )
    return (*directed, *_penalties(features, weights))


def _upward(features: Features, weights: Weights) -> Iterator[tuple[str, Decimal, Decimal | None]]:
    """Yield name, weight and value of what says that the price will rise."""
    scales = weights.scales
    for interval, shares in weights.frames.items():
        yield from _of_frame(interval, features.frame(interval), shares, scales)
    yield "levels", weights.levels, _levels(features, _atr_of(features, weights), scales)
    yield "imbalance", weights.imbalance, _imbalance(features)
    funding = features.funding_hourly
    yield (
        "funding",
        weights.funding,
        # Who is long pays it, so a high one speaks against a rise.
        None if funding is None else -_ratio(funding, scales.funding_hourly),
    )


def _of_frame(
    interval: str, frame: FrameFeatures | None, shares: FrameWeights, scales: Scales
) -> Iterator[tuple[str, Decimal, Decimal | None]]:
    yield f"trend_{interval}", shares.trend, None if frame is None else _trend(frame)
    yield f"momentum_{interval}", shares.momentum, _momentum(frame, scales)
    rsi = None if frame is None else frame.rsi
    yield f"rsi_{interval}", shares.rsi, None if rsi is None else _rsi(rsi, scales.rsi_peak)


def _trend(frame: FrameFeatures) -> Decimal | None:
    """Return how well the averages are in order: 1 where each is above the next slower one."""
    values = [one.value for one in frame.ema]
    known = [value for value in values if value is not None]
    if len(known) != len(values) or len(known) < 2:
        return None
    signs = [_sign(faster - slower) for faster, slower in pairwise(known)]
    return PRICE.divide(Decimal(sum(signs)), Decimal(len(signs)))


def _momentum(frame: FrameFeatures | None, scales: Scales) -> Decimal | None:
    if frame is None or frame.macd_histogram is None or not frame.atr or frame.atr < 0:
        return None
    return _ratio(PRICE.divide(frame.macd_histogram, frame.atr), scales.momentum_atr)


def _rsi(rsi: Decimal, peak: Decimal) -> Decimal:
    """Return a wave through 50: strength speaks for a rise, what is overbought against it.

    1 at 50 + peak, 0 at 50 + 2 peaks, −1 from 50 + 3 peaks on; the negative of that below 50.
    """
    distance = abs(rsi - RSI_MIDDLE)
    height = distance if distance <= peak else 2 * peak - distance
    return _ratio(height, peak) * _sign(rsi - RSI_MIDDLE)


def _levels(features: Features, atr: Decimal | None, scales: Scales) -> Decimal | None:
    """Return the room above less the room below, each up to the nearest level."""
    if atr is None or features.support is None or features.resistance is None:
        return None
    above = _room(features.resistance, features.mid_price, atr, scales.level_atr)
    below = _room(features.support, features.mid_price, atr, scales.level_atr)
    return _clamped(above - below)


def _room(levels: Sequence[PriceLevel], mid_price: Decimal, atr: Decimal, far: Decimal) -> Decimal:
    """Return the distance to the nearest level, 1 where it is far or there is none."""
    nearest = min((abs(level.price - mid_price) for level in levels), default=None)
    return ONE if nearest is None else _ratio(PRICE.divide(nearest, atr), far)


def _imbalance(features: Features) -> Decimal | None:
    """Return the mean of the distances that the book covers."""
    buckets = features.imbalance or ()
    return _mean(one.value for one in buckets if one.covers and one.value is not None)


def _penalties(features: Features, weights: Weights) -> Iterator[Term]:
    penalties, scales = weights.penalties, weights.scales
    spread, drift = features.spread_bps, abs(features.entry_drift_bps)
    value = None if spread is None else -_ratio(max(spread, Decimal(0)), scales.spread_bps)
    yield Term("spread", penalties.spread, value, has_side=False)
    yield Term("drift", penalties.drift, -_ratio(drift, scales.drift_bps), has_side=False)
    quality = features.quality
    flags = sum(len(getattr(quality, name)) for name in type(quality).model_fields)
    worst = -_ratio(Decimal(flags), scales.quality_flags)
    yield Term("quality", penalties.quality, worst, has_side=False)


def _atr_of(features: Features, weights: Weights) -> Decimal | None:
    """Return the ATR of the frame that counts most among those that have one."""
    return next((atr for _, atr in atrs_of(features, weights)), None)


def atrs_of(features: Features, weights: Weights) -> Iterator[tuple[str, Decimal]]:
    """Yield the positive ATRs, in the order of the frames in the weights."""
    for interval in weights.frames:
        frame = features.frame(interval)
        if frame is not None and frame.atr is not None and frame.atr > 0:
            yield interval, frame.atr


def _ratio(value: Decimal, scale: Decimal) -> Decimal:
    return _clamped(PRICE.divide(value, scale))


def _clamped(value: Decimal) -> Decimal:
    return max(-ONE, min(ONE, value))


def _sign(value: Decimal) -> int:
    return (value > 0) - (value < 0)


def _mean(values: Iterable[Decimal]) -> Decimal | None:
    found = list(values)
    return PRICE.divide(sum(found, Decimal(0)), Decimal(len(found))) if found else None
