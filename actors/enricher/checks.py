"""What a signal is held to before it is judged: its age, its prices, and the market's."""

from datetime import datetime, timedelta
from decimal import Context, Decimal
from typing import Final

from tradewind.contracts.precision import EXACT, PRICE
from tradewind.contracts.signals.model import Signal, SignalTerms
from tradewind.contracts.signals.payloads import EnrichmentLimits, SignalRejection
from tradewind.trading.indicators.order_book import BASIS_POINTS, BestPrices

MILLISECOND: Final = timedelta(milliseconds=1)
_TOLD: Final = Context(prec=12)
"""More digits than a limit has, so that what is just above one does not look equal to it."""


class Refused(Exception):
    """The signal is not judged; the reason says why, and the texts what was measured."""

    def __init__(
        self,
        reason: SignalRejection,
        detail: str,
        *,
        measured: str | None = None,
        limit: str | None = None,
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.measured = measured
        self.limit = limit


def age_ms(signal: Signal, now: datetime) -> int:
    """Return how long ago the source had the idea; negative where its clock is ahead."""
    return (now - signal.ts_utc) // MILLISECOND


def check_age(terms: SignalTerms, limits: EnrichmentLimits, now: datetime) -> None:
    """Refuse a signal that is too old or from the future; exactly at a limit it passes."""
    age = age_ms(terms.signal, now)
    if age > limits.max_age_seconds * 1_000:
        raise Refused(
            SignalRejection.TOO_OLD,
            f"it is {_seconds(age)} s old",
            measured=_seconds(age),
            limit=str(limits.max_age_seconds),
        )
    if now > terms.expires_at:
        late = (now - terms.expires_at) // MILLISECOND
        raise Refused(SignalRejection.TOO_OLD, f"it expired {_seconds(late)} s ago")
    if -age > limits.max_clock_ahead_seconds * 1_000:
        raise Refused(
            SignalRejection.FROM_THE_FUTURE,
            f"it is of {_seconds(-age)} s from now",
            measured=_seconds(-age),
            limit=str(limits.max_clock_ahead_seconds),
        )


def check_liquidation(signal: Signal, price: Decimal, name: str) -> None:
    """Refuse a signal whose position would be liquidated at a price already."""
    liquidation = signal.liquidation_price
    if liquidation is None:
        return
    if (liquidation < price) if signal.is_long else (liquidation > price):
        return
    side = "below" if signal.is_long else "above"
    raise Refused(
        SignalRejection.LIQUIDATION_SIDE,
        f"the liquidation price of a {'long' if signal.is_long else 'short'} must be {side} {name}",
        measured=_told(liquidation),
        limit=_told(price),
    )


def drift_bps(signal: Signal, mid: Decimal) -> Decimal:
    """Return (mid − entry) / entry in hundredths of a percent."""
    return PRICE.divide((mid - signal.entry_price) * BASIS_POINTS, signal.entry_price)


def check_drift(signal: Signal, mid: Decimal, limits: EnrichmentLimits) -> None:
    """Refuse a signal whose entry is too far from the market; exactly at the limit it passes."""
    distance = EXACT.multiply(abs(EXACT.subtract(mid, signal.entry_price)), BASIS_POINTS)
    if distance > EXACT.multiply(signal.entry_price, Decimal(limits.max_drift_bps)):
        raise Refused(
            SignalRejection.PRICE_DRIFT,
            f"the market is at {_told(mid)}, {_told(abs(drift_bps(signal, mid)))} bps from entry",
            measured=_told(abs(drift_bps(signal, mid))),
            limit=str(limits.max_drift_bps),
        )


def check_spread(best: BestPrices, limits: EnrichmentLimits) -> None:
    """Refuse a market whose bid and ask are too far apart; exactly at the limit it passes."""
    if best.spread_bps > limits.max_spread_bps:
        raise Refused(
            SignalRejection.SPREAD_TOO_WIDE,
            f"bid and ask are {_told(best.spread_bps)} bps apart",
            measured=_told(best.spread_bps),
            limit=str(limits.max_spread_bps),
        )


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1_000}.{milliseconds % 1_000:03}"


def _told(value: Decimal) -> str:
    return format(value.normalize(_TOLD), "f")[:64]
