"""Computes the indicators of a time frame from its closed candles, once a candle."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.market.model import CandleSeries
from tradewind.contracts.precision import PRICE
from tradewind.contracts.signals.features import EmaValue, FrameFeatures, PriceLevel
from tradewind.contracts.signals.profiles import FrameProfile, LevelsProfile, frame_flag
from tradewind.trading.indicators.averages import (
    Floats,
    InvalidSeries,
    atr,
    ema,
    macd,
    rsi,
    to_prices,
)
from tradewind.trading.indicators.rounding import known, rounded
from tradewind.trading.indicators.turning_points import price_levels, turning_points

CANDLES: Final = 250
"""How many of the newest an indicator is computed from; it forgets what was before them."""
MAX_CACHED: Final = 512
UNIX_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class FrameReading(NamedTuple):
    """What the candles of a frame give, and what is wrong with them, as flags of quality."""

    features: FrameFeatures | None
    missing: tuple[str, ...] = ()
    out_of_range: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()


def at_ms(milliseconds: int) -> datetime:
    """Return the time so many milliseconds after 1970, exactly."""
    return UNIX_EPOCH + timedelta(milliseconds=milliseconds)


def read_frame(series: CandleSeries, wanted: FrameProfile, min_candles: int) -> FrameReading:
    """Return the indicators of a frame's newest candles."""
    flag = frame_flag(series.interval)
    candles = series.newest(CANDLES)
    if len(candles.open_times_ms) < min_candles:
        return FrameReading(None, missing=(flag,))
    try:
        closes = to_prices(candles.close, "close")
        highs, lows = to_prices(candles.high, "high"), to_prices(candles.low, "low")
        if (highs < closes).any() or (lows > closes).any():
            raise InvalidSeries("high, low: must lie around close")
    except InvalidSeries:
        return FrameReading(None, out_of_range=(flag,))
    features = _features(candles, wanted, closes, highs, lows)
    out_of_range = []
    if wanted.rsi is not None and features.rsi is None:
        out_of_range.append(f"{flag}.rsi")
    if wanted.atr is not None and not features.atr:
        out_of_range.append(f"{flag}.atr")
    gaps = (flag,) if candles.gaps else ()
    return FrameReading(features, out_of_range=tuple(out_of_range), gaps=gaps)


def read_levels(
    series: CandleSeries, wanted: LevelsProfile, atr_value: Decimal
) -> tuple[PriceLevel, ...]:
    """Return the levels of a frame's newest candles, ascending."""
    candles = series.newest(wanted.candles)
    prices = turning_points(candles.high, candles.low)
    return price_levels(prices, PRICE.multiply(wanted.merge_atr, atr_value))


class IndicatorCache:
    """Remembers what was computed of candles, which are named by the hash of their content.

    What is remembered is exactly what would be computed again, so decisions do not depend on it.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def frame(
        self, identifier: ContentId, series: CandleSeries, wanted: FrameProfile, min_candles: int
    ) -> FrameReading:
        """Return `read_frame`."""
        key = (identifier, wanted, min_candles)
        return self._get(key, lambda: read_frame(series, wanted, min_candles))

    def levels(
        self,
        identifier: ContentId,
        series: CandleSeries,
        wanted: LevelsProfile,
        atr_value: Decimal,
    ) -> tuple[PriceLevel, ...]:
        """Return `read_levels`."""
        key = (identifier, wanted, atr_value)
        return self._get(key, lambda: read_levels(series, wanted, atr_value))

    def _get[T](self, key: tuple[Any, ...], compute: Callable[[], T]) -> T:
        if key in self._known:
            self._known.move_to_end(key)
            found: T = self._known[key]
            return found
        self._known[key] = result = compute()
        while len(self._known) > MAX_CACHED:
            self._known.popitem(last=False)
        return result


def _features(
    candles: CandleSeries, wanted: FrameProfile, closes: Floats, highs: Floats, lows: Floats
) -> FrameFeatures:
    values: dict[str, Decimal | None] = {}
    if wanted.macd is not None:
        found = macd(closes, wanted.macd.fast, wanted.macd.slow, wanted.macd.signal)
        values["macd"] = _last(found.line)
        values["macd_signal"] = _last(found.signal)
        values["macd_histogram"] = _last(found.histogram)
    if wanted.rsi is not None:
        values["rsi"] = _last(rsi(closes, wanted.rsi))
    if wanted.atr is not None:
        values["atr"] = _last(atr(highs, lows, closes, wanted.atr))
    return FrameFeatures(
        interval=candles.interval,
        closed_at=at_ms(candles.last_close_ms),
        close=known(candles.close[-1]),
        ema=tuple(
            EmaValue(period=period, value=_last(ema(closes, period))) for period in wanted.ema
        ),
        **values,
    )


def _last(values: Floats) -> Decimal | None:
    return rounded(float(values[-1]))
