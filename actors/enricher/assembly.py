"""Builds the features of a signal from what is known of the market, and keeps them within size."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from actors.enricher.checks import age_ms, drift_bps
from actors.enricher.market_facts import MarketFacts, is_frame_current
from actors.enricher.reading import Reading
from tradewind.contracts.market.model import PerpContext
from tradewind.contracts.precision import PRICE
from tradewind.contracts.signals.features import (
    Features,
    FrameFeatures,
    PriceLevel,
    Quality,
)
from tradewind.contracts.signals.model import SignalTerms
from tradewind.contracts.signals.payloads import EnrichmentLimits
from tradewind.contracts.signals.profiles import (
    IMBALANCE,
    LEVELS,
    OPEN_INTEREST_CHANGE,
    FeatureProfile,
    frame_flag,
)
from tradewind.trading.indicators.frames import IndicatorCache
from tradewind.trading.indicators.order_book import imbalance
from tradewind.trading.indicators.rounding import known
from tradewind.trading.indicators.turning_points import nearest

KEPT_LEVELS: Final = 3
"""Of a side, where all would take too many bytes."""
LEVELS_BEYOND: Final = f"levels_beyond_{KEPT_LEVELS}"
DAY: Final = timedelta(hours=24)
PAST_TOLERANCE: Final = timedelta(hours=3)
"""How far from a day ago an open interest may have been recorded to be that of a day ago."""


class Task(NamedTuple):
    """What is to be computed, and when."""

    terms: SignalTerms
    profile_id: str
    profile: FeatureProfile
    limits: EnrichmentLimits
    now: datetime


def features_of(
    task: Task, reading: Reading, facts: MarketFacts, mid: Decimal, indicators: IndicatorCache
) -> Features:
    """Return all that the profile asks for and that may be had; the rest is in `quality`."""
    best, signal = facts.best, task.terms.signal
    frames = [
        frame
        for interval in task.profile.intervals
        if (frame := _frame(task, interval, reading, facts, indicators)) is not None
    ]
    values: dict[str, Any] = {
        "profile": task.profile_id,
        "mid_price": known(mid),
        "best_bid": None if best is None else known(best.bid.price),
        "best_ask": None if best is None else known(best.ask.price),
        "spread_bps": None if best is None else known(best.spread_bps),
        "microprice": None if best is None else known(best.microprice),
        "entry_drift_bps": known(drift_bps(signal, mid)),
        "signal_age_ms": max(0, age_ms(signal, task.now)),
        "frames": tuple(frames),
        "book_at": facts.book_at,
        "context_at": facts.context_at,
        **_levels(task, reading, facts, mid, frames, indicators),
        **_imbalance(task, facts, mid),
        **_context(task, reading, facts),
    }
    return _within_size(values, facts.findings.quality)


def _frame(
    task: Task, interval: str, reading: Reading, facts: MarketFacts, indicators: IndicatorCache
) -> FrameFeatures | None:
    found, findings = reading.candles.get(interval), facts.findings
    if found is None or not found.series.open_times_ms:
        findings.missing[frame_flag(interval)] = None
        return None
    closed_ms = found.series.last_close_ms
    if not is_frame_current(interval, closed_ms, task.limits, task.now, findings):
        return None
    wanted = task.profile.frames[interval]
    frame = indicators.frame(found.identifier, found.series, wanted, task.limits.min_candles)
    findings.missing |= dict.fromkeys(frame.missing)
    findings.out_of_range |= dict.fromkeys(frame.out_of_range)
    findings.gaps |= dict.fromkeys(frame.gaps)
    return frame.features


def _levels(
    task: Task,
    reading: Reading,
    facts: MarketFacts,
    mid: Decimal,
    frames: list[FrameFeatures],
    indicators: IndicatorCache,
) -> dict[str, Any]:
    wanted = task.profile.levels
    if wanted is None:
        return {}
    frame = next((one for one in frames if one.interval == wanted.interval), None)
    if frame is None or frame.atr is None:
        facts.findings.missing[LEVELS] = None
        return {}
    found = reading.candles[wanted.interval]
    levels = indicators.levels(found.identifier, found.series, wanted, frame.atr)
    near = nearest(levels, mid, wanted.count)
    return {"support": near.support, "resistance": near.resistance}


def _imbalance(task: Task, facts: MarketFacts, mid: Decimal) -> dict[str, Any]:
    wanted = task.profile.book
    if wanted is None or not wanted.imbalance_bps:
        return {}
    if facts.book is None:
        facts.findings.missing[IMBALANCE] = None
        return {}
    buckets = tuple(imbalance(facts.book, mid, within) for within in wanted.imbalance_bps)
    for bucket in buckets:
        if bucket.value is None:
            facts.findings.missing[f"{IMBALANCE}_{bucket.within_bps}"] = None
    if all(bucket.value is None for bucket in buckets):
        facts.findings.missing[IMBALANCE] = None
    return {"imbalance": buckets}


def _context(task: Task, reading: Reading, facts: MarketFacts) -> dict[str, Any]:
    context, values = facts.context, dict[str, Any]()
    for name in task.profile.context:
        value = None if context is None else _OF_CONTEXT[name](context, reading, task.now)
        if value is not None:
            values[name] = known(value)
        elif name == OPEN_INTEREST_CHANGE:
            facts.findings.missing[name] = None
    return values


def _interest_change(context: PerpContext, reading: Reading, now: datetime) -> Decimal | None:
    """Return the change since about a day ago as a fraction, if that was recorded."""
    past = None if reading.observed is None else reading.observed.past_interest
    if past is None or past.open_interest <= 0:
        return None
    if abs(now - past.observed_at - DAY) > PAST_TOLERANCE:
        return None
    return PRICE.divide(context.open_interest - past.open_interest, past.open_interest)


type _Value = Callable[[PerpContext, Reading, datetime], Decimal | None]

_OF_CONTEXT: Final[dict[str, _Value]] = {
    "mark_price": lambda context, *_: context.mark_price,
    "oracle_price": lambda context, *_: context.oracle_price,
    "funding_hourly": lambda context, *_: context.funding_hourly,
    "open_interest": lambda context, *_: context.open_interest,
    "open_interest_usd": lambda context, *_: PRICE.multiply(
        context.open_interest, context.mark_price
    ),
    OPEN_INTEREST_CHANGE: _interest_change,
    "day_volume_usd": lambda context, *_: context.day_volume_usd,
}


def _within_size(values: dict[str, Any], quality: Callable[[tuple[str, ...]], Quality]) -> Features:
    """Return features within their size: what is left out for it is said in their quality."""
    left_out: tuple[str, ...] = ()
    steps = _steps(values)
    while True:
        try:
            return Features(**values, quality=quality(left_out))
        except ValidationError:
            step = next(steps, None)
            if step is None:
                raise
            left_out = (*left_out, step)


def _steps(values: dict[str, Any]) -> Iterator[str]:
    """Leave one thing after the other out of the values, and say which."""
    sides = [name for name in ("support", "resistance") if values.get(name) is not None]
    if any(len(values[name]) > KEPT_LEVELS for name in sides):
        for name in sides:
            levels: tuple[PriceLevel, ...] = values[name]
            values[name] = levels[:KEPT_LEVELS]
        yield LEVELS_BEYOND
    if len(values["frames"]) > 1:
        yield _without_shortest_frame(values)
    if sides:
        for name in sides:
            del values[name]
        yield LEVELS
    if values.pop("imbalance", None) is not None:
        yield IMBALANCE
    while values["frames"]:
        yield _without_shortest_frame(values)


def _without_shortest_frame(values: dict[str, Any]) -> str:
    shortest, *others = values["frames"]
    values["frames"] = tuple(others)
    return frame_flag(shortest.interval)
