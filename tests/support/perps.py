"""Makes a perpetual contract at a fixed time, and signals about it, for the tests of roles."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from functools import cache
from typing import Any

from tests.support.factories import USDC, WETH
from tradewind.contracts.envelope import Event, first_event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.market.keys import (
    book_key,
    candles_key,
    context_key,
    interest_key,
)
from tradewind.contracts.market.model import (
    CANDLE_INTERVALS_SECONDS,
    BookLevel,
    CandleSeries,
    ObservedBook,
    ObservedCandles,
    ObservedContext,
    OrderBook,
    PerpContext,
)
from tradewind.contracts.market.payloads import PastInterest
from tradewind.contracts.signals.model import Signal, SignalTerms
from tradewind.contracts.signals.payloads import SignalReceived
from tradewind.contracts.subjects import EventKey

COIN = "ETH"
NOW = datetime(2026, 11, 29, 12, 0, 4, tzinfo=UTC)
"""Four seconds after candles of every time frame closed."""
MID = Decimal(2_000)
INTERVALS = ("15m", "1h", "4h")
PROVIDER = "simulated"
LIFETIME = timedelta(seconds=300)
WIDE = Context(prec=100)


@cache
def candle_series(interval: str = "1h", count: int = 250, at: datetime = NOW) -> CandleSeries:
    """Return closed candles of a wave around the mid, the newest closed at or before a time."""
    seconds = CANDLE_INTERVALS_SECONDS[interval]
    last_close = int(at.timestamp()) // seconds * seconds
    closes = [
        MID + Decimal(round(40 * math.sin(i / 9) + 15 * math.sin(i / 2.3), 2)) for i in range(count)
    ]
    opens = [closes[0], *closes[:-1]]
    return CandleSeries(
        coin=COIN,
        interval=interval,
        open_times_ms=tuple((last_close - seconds * (count - i)) * 1_000 for i in range(count)),
        open=tuple(opens),
        high=tuple(max(pair) + 2 for pair in zip(opens, closes, strict=True)),
        low=tuple(min(pair) - 2 for pair in zip(opens, closes, strict=True)),
        close=tuple(closes),
        volume=(Decimal(10),) * count,
    )


def scaled(interval: str, factor: Decimal, places: int) -> ObservedCandles:
    """Return candles of other prices, with so many digits after the point."""
    series, step = candle_series(interval), Decimal(1).scaleb(-places)
    prices = {
        name: tuple(
            WIDE.quantize(WIDE.multiply(value, factor), step) for value in getattr(series, name)
        )
        for name in ("open", "high", "low", "close")
    }
    other = series.model_copy(update=prices)
    return ObservedCandles(candles=other, observed_at=NOW, provider=PROVIDER)


def candles(interval: str = "1h", count: int = 250, at: datetime = NOW) -> ObservedCandles:
    """Return candles as the feed keeps them."""
    series = candle_series(interval, count, at)
    return ObservedCandles(candles=series, observed_at=at, provider=PROVIDER)


def book(
    at: datetime = NOW, mid: Decimal = MID, spread: str = "0.2", **changes: Any
) -> ObservedBook:
    """Return a book that reaches 8 % from the mid, at which more is bid than asked."""
    half = Decimal(spread) / 2
    steps = [Decimal(i) * mid / 100 for i in range(9)]
    values: dict[str, Any] = {
        "coin": COIN,
        "time_ms": int(at.timestamp() * 1_000),
        "bids": tuple(BookLevel(price=mid - half - step, size=Decimal(30)) for step in steps),
        "asks": tuple(BookLevel(price=mid + half + step, size=Decimal(10)) for step in steps),
    } | changes
    return ObservedBook(book=OrderBook(**values), observed_at=at, provider=PROVIDER)


def context(at: datetime = NOW, **changes: Any) -> ObservedContext:
    """Return a contract's state."""
    values: dict[str, Any] = {
        "coin": COIN,
        "mark_price": Decimal("2000.5"),
        "oracle_price": Decimal("1999.5"),
        "mid_price": MID,
        "funding_hourly": Decimal("0.0000125"),
        "open_interest": Decimal("550000.25"),
        "day_volume_usd": Decimal("1234567890.12"),
        "previous_day_price": Decimal(1_950),
    } | changes
    return ObservedContext(context=PerpContext(**values), observed_at=at, provider=PROVIDER)


@cache
def snapshots(at: datetime = NOW) -> Mapping[str, bytes]:
    """Return all that the feed keeps of the contract, by its keys."""
    past = PastInterest(
        open_interest=Decimal(500_000), observed_at=at - timedelta(hours=24, minutes=1)
    )
    values: Mapping[str, Any] = {
        context_key(COIN): context(at),
        book_key(COIN): book(at),
        **{candles_key(COIN, interval): candles(interval, at=at) for interval in INTERVALS},
        interest_key(COIN, past.observed_at): past,
    }
    return {key: value.model_dump_json().encode() for key, value in values.items()}


def signal(at: datetime = NOW, **changes: Any) -> Signal:
    """Return a signal to open a long, of ten seconds before."""
    values: dict[str, Any] = {
        "event_type": "OPEN_SIGNAL",
        "symbol": "ETHUSDC",
        "signal_direction": "long",
        "entry_price": MID,
        "size": Decimal("0.5"),
        "liquidation_price": Decimal(1_500),
        "ts_utc": at - timedelta(seconds=10),
        "source": "alpha",
    } | changes
    return Signal(**values)


def signal_received(number: int = 1, at: datetime = NOW, **changes: Any) -> Event[SignalReceived]:
    """Return signal.received of the `number`th signal."""
    told = signal(at, **changes)
    signal_id = make_ulid(int(at.timestamp() * 1_000), number.to_bytes(10))
    terms = SignalTerms(
        signal=told,
        coin=COIN,
        assets=(WETH, USDC),
        strategy_id="signals",
        received_at=at,
        expires_at=told.ts_utc + LIFETIME,
    )
    return first_event(
        SignalReceived(signal_id=signal_id, terms=terms),
        correlation_id=make_correlation_id(CorrelationKind.SIGNAL, signal_id),
        key=EventKey(instrument=terms.instrument, portfolio=terms.strategy_id),
        producer="gateway",
        at=at,
    )
