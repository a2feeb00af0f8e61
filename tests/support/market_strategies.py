"""Hypothesis strategies for market data and signals whose fields have to fit together."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from tests.support.identities import ulids
from tradewind.contracts.market.model import CANDLE_INTERVALS_SECONDS, CandleSeries
from tradewind.contracts.signals.model import Signal
from tradewind.contracts.signals.payloads import MarkMissed, SignalMarked

MAX_CANDLES_DRAWN: Final = 3
_prices = st.decimals(Decimal("0.01"), Decimal(10) ** 6, places=2)
_times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
_directions: dict[str, st.SearchStrategy[Any]] = {
    "OPEN_SIGNAL": st.sampled_from(["long", "short"]),
    "CLOSE_SIGNAL": st.sampled_from(["close_long", "close_short"]),
}


@st.composite
def candle_series(draw: st.DrawFn) -> CandleSeries:
    """Draw closed candles with gaps, or none."""
    interval = draw(st.sampled_from(["15m", "1h", "4h"]))
    width = CANDLE_INTERVALS_SECONDS[interval] * 1_000
    places = sorted(draw(st.sets(st.integers(0, 10**6), max_size=MAX_CANDLES_DRAWN)))
    column = st.lists(_prices, min_size=len(places), max_size=len(places)).map(tuple)
    return CandleSeries(
        coin="ETH",
        interval=interval,
        open_times_ms=tuple(place * width for place in places),
        **{name: draw(column) for name in ("open", "high", "low", "close", "volume")},
    )


@st.composite
def signals(draw: st.DrawFn) -> Signal:
    """Draw a signal whose direction fits its type."""
    event_type: Any = draw(st.sampled_from(sorted(_directions)))
    return Signal(
        event_type=event_type,
        symbol=draw(st.sampled_from(["ETH", "BTC"])),
        signal_direction=draw(_directions[event_type]),
        entry_price=draw(_prices),
        size=draw(_prices),
        liquidation_price=draw(st.none() | _prices),
        ts_utc=draw(_times),
        source=draw(st.sampled_from(["research", "desk-2"])),
    )


@st.composite
def marks(draw: st.DrawFn) -> SignalMarked:
    """Draw a mark that was taken, or one that was missed."""
    mark: dict[str, Any] = {
        "marked_at": draw(_times),
        "marked_mid": draw(_prices),
        "signed_return": draw(st.decimals(-1, 1, places=4)),
        "followed_paid": draw(st.booleans()),
    }
    missed = {"missed": draw(st.sampled_from(MarkMissed))}
    return SignalMarked(
        signal_id=draw(ulids),
        strategy_id="alpha",
        horizon_seconds=draw(st.sampled_from([3_600, 14_400])),
        decided_at=draw(_times),
        decided_mid=draw(_prices),
        costs=draw(st.decimals(0, 1, places=4)),
        **draw(st.sampled_from([mark, missed])),
    )
