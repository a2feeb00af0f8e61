"""The decision of risk on an intent at a price, as pure functions, so that it can be repeated."""

from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Final

from tradewind.contracts.envelope import AnyEvent, Event, next_events
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.intents.payloads import IntentAccepted, IntentExpired, IntentSubmitted
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload
from tradewind.contracts.precision import PRICE
from tradewind.contracts.risk.limits import RiskInputs, RiskLimits
from tradewind.contracts.risk.payloads import RiskApproved, RiskRejected
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.roles import Role
from tradewind.trading.pricing.pools.pool_view import describe_age, is_fresh
from tradewind.trading.pricing.pools.usd_price import PriceQuote

MAX_PRIORITY: Final = 5
NOTIONAL_STEP: Final = Decimal("0.000001")


def decide(
    event: Event[IntentSubmitted],
    price: PriceQuote | None,
    limits: RiskLimits,
    now: datetime,
    market: ContentId | None = None,
) -> list[AnyEvent]:
    """Return risk.approved and intent.accepted, or risk.rejected, or intent.expired.

    `market` is the content id of the observation that the price was read from.
    """
    inputs = RiskInputs(market=market, limits=limits)
    return next_events(
        event, _payloads(event.payload, price, inputs, now), producer=Role.RISK, at=now
    )


def _payloads(
    submitted: IntentSubmitted, price: PriceQuote | None, inputs: RiskInputs, now: datetime
) -> list[Payload]:
    if now >= submitted.expires_at:
        return [
            IntentExpired(
                intent_id=submitted.intent_id, expires_at=submitted.expires_at, inputs=inputs
            )
        ]
    limits = inputs.limits
    disagreement = ""
    if price is not None and not is_fresh(price.block_time, now, limits.price_max_age_seconds):
        if price.block_time > now:
            age = describe_age(price.block_time, now, limits.price_max_age_seconds)
            disagreement = f": {age}"
        price = None
    verdict = assess(submitted, price, inputs, disagreement)
    if isinstance(verdict, RiskRejected):
        return [verdict]
    accepted = IntentAccepted(
        intent_id=submitted.intent_id,
        intent=submitted.intent,
        expires_at=submitted.expires_at,
        notional_usd=verdict.notional_usd,
        priority=priority_of(verdict.notional_usd, limits.max_notional_usd),
    )
    return [verdict, accepted]


def assess(
    submitted: IntentSubmitted,
    price: PriceQuote | None,
    inputs: RiskInputs,
    disagreement: str = "",
) -> RiskApproved | RiskRejected:
    """Return the verdict on an intent at a fresh price, or without one.

    Both limits are inclusive. Without a price, an intent is rejected even if no limit rejects it;
    `disagreement` says by how much the clocks differ where that is why there is none.
    """
    intent, limits = submitted.intent, inputs.limits
    slippage = intent.constraints.max_slippage
    notional = notional_usd(intent, price.price_usd) if price else None
    if notional is not None and notional > limits.max_notional_usd:
        reason = RiskRejectionReason.NOTIONAL_LIMIT
        detail = f"notional {notional:f} USD exceeds {limits.max_notional_usd:f} USD"
    elif slippage > limits.max_slippage:
        reason = RiskRejectionReason.SLIPPAGE_LIMIT
        detail = f"max_slippage {slippage:f} exceeds {limits.max_slippage:f}"
    elif price is None or notional is None:
        reason = RiskRejectionReason.PRICE_UNAVAILABLE
        detail = f"no fresh US dollar price of {intent.base.symbol}{disagreement}"
    else:
        return RiskApproved(
            intent_id=submitted.intent_id,
            notional_usd=notional,
            price_usd=price.price_usd,
            price_block_number=price.block_number,
            max_notional_usd=limits.max_notional_usd,
            max_slippage_limit=limits.max_slippage,
            inputs=inputs,
        )
    return RiskRejected(intent_id=submitted.intent_id, reason=reason, detail=detail, inputs=inputs)


def notional_usd(intent: Intent, price_usd: Decimal) -> Decimal:
    """Return the value of `amount` of base, in US dollars rounded up to a millionth."""
    exact = PRICE.multiply(intent.amount, price_usd)
    return exact.quantize(NOTIONAL_STEP, rounding=ROUND_CEILING, context=PRICE)


def priority_of(notional: Decimal, max_notional: Decimal) -> int:
    """Return 1 to 5: one level per fifth of the notional limit, so larger intents go first."""
    share = PRICE.divide(notional * MAX_PRIORITY, max_notional)
    return min(max(int(share.to_integral_value(rounding=ROUND_CEILING)), 1), MAX_PRIORITY)


def reject_unpriced(
    event: Event[IntentSubmitted], error: Exception, now: datetime
) -> list[AnyEvent]:
    """Reject the intent when the pools could not be read, because there is no price without."""
    rejected = RiskRejected(
        intent_id=event.payload.intent_id,
        reason=RiskRejectionReason.PRICE_UNAVAILABLE,
        detail=str(error)[:MAX_DETAIL_LENGTH],
    )
    return next_events(event, [rejected], producer=Role.RISK, at=now)
