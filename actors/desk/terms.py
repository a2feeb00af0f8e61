"""What an intent of a signal may be: its amount, its slippage, its time. Pure."""

from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal
from typing import Final, Literal, NamedTuple

from tradewind.contracts.decisions.payloads import Mode
from tradewind.contracts.envelope import Event
from tradewind.contracts.intents.model import IntentType
from tradewind.contracts.precision import EXACT, PRICE
from tradewind.contracts.signals.features import Features
from tradewind.contracts.signals.model import Signal, SignalTerms
from tradewind.contracts.signals.payloads import SignalEvaluated
from tradewind.trading.signal_policy.model import (
    MIN_WINDOW_SECONDS,
    SlippagePolicy,
    SourcePolicy,
)

PERCENT: Final = Decimal(100)
BPS: Final = Decimal(10_000)
SLIPPAGE_STEP: Final = Decimal("0.0001")

LimitedBy = Literal["signal", "policy", "source"]


class Amount(NamedTuple):
    """How much of base an intent trades, and what limits it."""

    value: Decimal
    limited_by: LimitedBy


def intent_type_of(signal: Signal) -> IntentType | None:
    """Return what a spot venue can do for a signal: nothing for a short position."""
    if not signal.is_long:
        return None
    return "acquire" if signal.is_opening else "dispose"


def amount_of(terms: SignalTerms, size_pct: Decimal, mid: Decimal, policy: SourcePolicy) -> Amount:
    """Return the least of what signal and models, policy and source allow, rounded down.

    The result has at most as many decimals as the token of base. It may be 0.
    """
    asked = EXACT.multiply(terms.signal.size, size_pct).scaleb(-2, context=EXACT)
    candidates: list[tuple[Decimal, LimitedBy]] = [(asked, "signal")]
    caps: tuple[tuple[Decimal | None, LimitedBy], ...] = (
        (policy.policy.max_notional_usd, "policy"),
        (policy.max_notional_usd, "source"),
    )
    candidates += [(PRICE.divide(cap, mid), by) for cap, by in caps if cap is not None]
    least, limited_by = min(candidates, key=lambda one: one[0])
    step = Decimal(1).scaleb(-terms.assets[0].decimals)
    return Amount(least.quantize(step, ROUND_DOWN, context=EXACT).normalize(EXACT), limited_by)


def slippage_of(features: Features, policy: SlippagePolicy) -> Decimal:
    """Return the fraction that may be lost to the quote, in whole basis points, rounded up.

    It is the larger of a multiple of the spread and one of the average true range of the shortest
    time frame, both as fractions of the price, within the bounds of the policy. What is missing
    counts as 0, which leaves the minimum.
    """
    spread = Decimal(0) if features.spread_bps is None else features.spread_bps / BPS
    moves = EXACT.multiply(policy.spread_multiple, spread)
    frame = features.frames[0] if features.frames else None
    if frame is not None and frame.atr is not None:
        share = PRICE.divide(frame.atr, features.mid_price)
        moves = max(moves, PRICE.multiply(policy.atr_multiple, share))
    rounded = moves.quantize(SLIPPAGE_STEP, ROUND_CEILING, context=PRICE)
    return min(max(rounded, policy.minimum), policy.maximum)


def window_of(terms: SignalTerms, policy: SourcePolicy, now: datetime) -> int:
    """Return the whole seconds an intent may take: it never outlives its signal."""
    left = (terms.expires_at - now) // timedelta(seconds=1)
    return max(0, min(policy.policy.time_window_seconds, left))


def approval_deadline(event: Event[SignalEvaluated], policy: SourcePolicy) -> datetime:
    """Return until when a person may answer: what is approved later could not be submitted.

    It follows from the event alone, so that whoever decides again comes to the same moment.
    """
    asked_until = event.timestamp + timedelta(seconds=policy.policy.approval_seconds)
    latest = event.payload.terms.expires_at - timedelta(seconds=MIN_WINDOW_SECONDS)
    return min(asked_until, latest)


def asks_a_person(policy: SourcePolicy) -> bool:
    """Return whether a person has to approve what the policy would follow."""
    return policy.mode is Mode.APPROVE
