"""Enriched signals for tests of the evaluator."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.support.factories import USDC, WETH
from tradewind.contracts.envelope import AnyEvent, first_event, next_events
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.roles import Role
from tradewind.contracts.signals.features import (
    BookImbalance,
    EmaValue,
    Features,
    FrameFeatures,
    PriceLevel,
)
from tradewind.contracts.signals.model import Signal, SignalTerms
from tradewind.contracts.signals.payloads import (
    EnrichmentInputs,
    EnrichmentLimits,
    SignalEnriched,
    SignalReceived,
)
from tradewind.contracts.subjects import EventKey

AT = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
LIMITS = EnrichmentLimits(
    max_age_seconds=300,
    max_clock_ahead_seconds=5,
    max_drift_bps=200,
    max_spread_bps=50,
    max_book_age_seconds=10,
    max_context_age_seconds=30,
    max_candle_age_intervals=2,
    min_candles=150,
)


def signal(**changes: Any) -> Signal:
    said: dict[str, Any] = {
        "event_type": "OPEN_SIGNAL",
        "symbol": "ETH",
        "signal_direction": "long",
        "entry_price": Decimal(3_000),
        "size": Decimal("0.5"),
        "ts_utc": AT,
        "source": "desk-one",
    }
    return Signal(**(said | changes))


def terms(at: datetime = AT, **changes: Any) -> SignalTerms:
    return SignalTerms(
        signal=signal(ts_utc=at, **changes),
        coin="ETH",
        assets=(WETH, USDC),
        strategy_id="trend-one",
        received_at=at,
        expires_at=at + timedelta(seconds=300),
    )


def frame(interval: str = "1h", at: datetime = AT, **changes: Any) -> FrameFeatures:
    said: dict[str, Any] = {
        "interval": interval,
        "closed_at": at,
        "close": Decimal(3_000),
        "ema": tuple(
            EmaValue(period=period, value=Decimal(value))
            for period, value in ((9, 2_995), (21, 2_980), (50, 2_960))
        ),
        "macd": Decimal("6.5"),
        "macd_signal": Decimal("4.5"),
        "macd_histogram": Decimal(2),
        "rsi": Decimal("58.25"),
        "atr": Decimal(20),
    }
    return FrameFeatures(**(said | changes))


def features(at: datetime = AT, **changes: Any) -> Features:
    said: dict[str, Any] = {
        "profile": "full_v1",
        "mid_price": Decimal(3_000),
        "best_bid": Decimal("2999.5"),
        "best_ask": Decimal("3000.5"),
        "spread_bps": Decimal("3.33"),
        "microprice": Decimal("3000.1"),
        "entry_drift_bps": Decimal(10),
        "signal_age_ms": 900,
        "frames": tuple(frame(one, at) for one in ("15m", "1h", "4h")),
        "support": (PriceLevel(price=Decimal(2_970), touches=3),),
        "resistance": (PriceLevel(price=Decimal(3_050), touches=2),),
        "imbalance": (BookImbalance(within_bps=100, value=Decimal("0.25"), covers=True),),
        "mark_price": Decimal(3_000),
        "oracle_price": Decimal(3_000),
        "funding_hourly": Decimal("0.0000125"),
        "open_interest": Decimal(100_000),
        "day_volume_usd": Decimal(250_000_000),
        "book_at": at,
        "context_at": at,
    }
    return Features(**(said | changes))


def enriched(
    number: int = 1,
    *,
    at: datetime = AT,
    its_features: Features | None = None,
    **changes: Any,
) -> AnyEvent:
    """Return the signal.enriched of signal `number`, which came in at `at`."""
    signal_id = make_ulid(int(at.timestamp() * 1_000), number.to_bytes(10))
    its_terms = terms(at, **changes)
    received = first_event(
        SignalReceived(signal_id=signal_id, terms=its_terms),
        correlation_id=make_correlation_id(CorrelationKind.SIGNAL, signal_id),
        key=EventKey(instrument=its_terms.instrument, portfolio="demo"),
        producer=Role.GATEWAY,
        at=at,
    )
    payload = SignalEnriched(
        signal_id=signal_id,
        terms=its_terms,
        features=its_features or features(at),
        profile_id="full_v1",
        inputs=EnrichmentInputs(market=None, limits=LIMITS, profile="{}", profile_sha256="0" * 64),
    )
    return next_events(received, [payload], producer=Role.ENRICHER, at=at)[0]
