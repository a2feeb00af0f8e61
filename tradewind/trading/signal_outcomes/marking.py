"""What a decision would have brought by some later time. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final, NamedTuple, Self

from tradewind.contracts.decisions.payloads import DecisionConcluded
from tradewind.contracts.envelope import Event, first_event
from tradewind.contracts.ids import CorrelationKind, derive_ulid, make_correlation_id
from tradewind.contracts.precision import PRICE
from tradewind.contracts.signals.model import Signal
from tradewind.contracts.signals.payloads import MarkMissed, SignalEvaluated, SignalMarked
from tradewind.contracts.subjects import EventKey

RETURN_STEP: Final = Decimal("0.00000001")
BPS: Final = Decimal(10_000)


class ObservedMid(NamedTuple):
    """A mid price, and when it was observed."""

    price: Decimal
    observed_at: datetime


class MarkLimits(NamedTuple):
    """How long a price may be waited for, and how old it may be."""

    window: timedelta
    max_age: timedelta


class PlannedMark(NamedTuple):
    """A mark that is to be taken."""

    signal_id: str
    horizon_seconds: int
    concluded_event_id: str
    strategy_id: str
    instrument: str
    portfolio: str
    coin: str
    direction: int
    """1 where a rising price is a gain for whoever follows the signal, else −1."""
    decided_at: datetime
    decided_mid: Decimal
    costs: Decimal
    """A fraction."""
    due_at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return what a row of the table says."""
        return cls(*(row[name] for name in cls._fields))


def direction_of(signal: Signal) -> int:
    """Return 1 where whoever follows a signal gains when the price rises, else −1.

    To open a long position and to close a short one gain then.
    """
    return 1 if signal.is_opening == signal.is_long else -1


def planned_marks(
    concluded: Event[DecisionConcluded],
    evaluated: SignalEvaluated,
    horizons_seconds: tuple[int, ...],
    fee_bps: Decimal,
) -> list[PlannedMark]:
    """Return the marks of a decision, ignored ones included.

    Following pays where the return exceeds the spread of the decision, as far as it is known, and
    the fees.
    """
    payload = concluded.payload
    costs = PRICE.divide(fee_bps + (evaluated.features.spread_bps or Decimal(0)), BPS)
    return [
        PlannedMark(
            payload.signal_id,
            seconds,
            concluded.event_id,
            payload.strategy_id,
            concluded.key.instrument,
            concluded.key.portfolio,
            evaluated.terms.coin,
            direction_of(evaluated.terms.signal),
            payload.concluded_at,
            payload.decided_mid,
            costs.quantize(RETURN_STEP, ROUND_HALF_EVEN, context=PRICE),
            payload.concluded_at + timedelta(seconds=seconds),
        )
        for seconds in horizons_seconds
    ]


def mark_of(
    planned: PlannedMark, seen: ObservedMid | None, now: datetime, limits: MarkLimits
) -> Event[SignalMarked] | None:
    """Return the mark by a price that is fresh, or that it was missed; None while there is time.

    A price counts that was observed no earlier than it may be old before the mark was due, so that
    one of the decision's own time is none.
    """
    if now > planned.due_at + limits.window:
        return _event(planned, now, {"missed": MarkMissed.NO_PRICE})
    if seen is None or seen.price <= 0:
        return None
    if seen.observed_at < max(now, planned.due_at) - limits.max_age or seen.observed_at > now:
        return None
    change = PRICE.divide(PRICE.subtract(seen.price, planned.decided_mid), planned.decided_mid)
    gained = (planned.direction * change).quantize(RETURN_STEP, ROUND_HALF_EVEN, context=PRICE)
    told = {
        "marked_at": seen.observed_at,
        "marked_mid": seen.price,
        "signed_return": gained,
        "followed_paid": gained > planned.costs,
    }
    return _event(planned, now, told)


def _event(planned: PlannedMark, now: datetime, told: Mapping[str, Any]) -> Event[SignalMarked]:
    identifier = derive_ulid(planned.signal_id, str(planned.horizon_seconds))
    return first_event(
        SignalMarked(
            signal_id=planned.signal_id,
            strategy_id=planned.strategy_id,
            horizon_seconds=planned.horizon_seconds,
            decided_at=planned.decided_at,
            decided_mid=planned.decided_mid,
            costs=planned.costs,
            **told,
        ),
        correlation_id=make_correlation_id(CorrelationKind.MARK, identifier),
        key=EventKey(instrument=planned.instrument, portfolio=planned.portfolio),
        producer="desk",
        at=now,
        causation_id=planned.concluded_event_id,
    )
