"""The decision of risk on an intent at a price, as pure functions, so that it can be repeated."""

from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Final, NamedTuple

from actors.risk.spending import spending_of
from tradewind.contracts.envelope import AnyEvent, Event, next_events
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.intents.cancellation import Cancellation, cancelled
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.intents.payloads import IntentExpired, IntentSubmitted
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload
from tradewind.contracts.precision import PRICE
from tradewind.contracts.risk.limits import RiskInputs, RiskLimits
from tradewind.contracts.risk.payloads import RiskRejected, RiskScreened
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.roles import Role
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote, fresh_price

MAX_PRIORITY: Final = 5
NOTIONAL_STEP: Final = Decimal("0.000001")


class Prices(NamedTuple):
    """What the pools say of the two tokens of an intent."""

    base: PriceQuote | NoPrice
    quote: PriceQuote | NoPrice

    def fresh(self, now: datetime, max_age_seconds: int) -> "Prices":
        """Return the prices without those that rest on older pool states."""
        return Prices(
            fresh_price(self.base, now, max_age_seconds),
            fresh_price(self.quote, now, max_age_seconds),
        )


def decide(
    event: Event[IntentSubmitted],
    prices: Prices,
    limits: RiskLimits,
    now: datetime,
    market: ContentId | None = None,
) -> list[AnyEvent]:
    """Return risk.screened, or risk.rejected, or intent.expired.

    `market` is the content id of the observation that the prices were read from.
    """
    inputs = RiskInputs(market=market, limits=limits)
    return next_events(
        event, _payloads(event.payload, prices, inputs, now), producer=Role.RISK, at=now
    )


def _payloads(
    submitted: IntentSubmitted, prices: Prices, inputs: RiskInputs, now: datetime
) -> list[Payload]:
    if now >= submitted.expires_at:
        return [
            IntentExpired(
                intent_id=submitted.intent_id, expires_at=submitted.expires_at, inputs=inputs
            )
        ]
    limits = inputs.limits
    fresh = prices.fresh(now, limits.price_max_age_seconds)
    return [assess(submitted, fresh, inputs)]


def assess(
    submitted: IntentSubmitted, prices: Prices, inputs: RiskInputs
) -> RiskScreened | RiskRejected:
    """Return the verdict on an intent at fresh prices, or without one.

    Both limits are inclusive. Without a price, an intent is rejected even if no limit rejects it;
    a quote token without a pool is the planner's matter, one whose pools disagree is not.
    """
    intent, limits = submitted.intent, inputs.limits
    slippage, price = intent.constraints.max_slippage, prices.base
    notional = Decimal(0) if isinstance(price, NoPrice) else notional_usd(intent, price.price_usd)
    if notional > limits.max_notional_usd:
        reason = RiskRejectionReason.NOTIONAL_LIMIT
        detail = f"notional {notional:f} USD exceeds {limits.max_notional_usd:f} USD"
    elif slippage > limits.max_slippage:
        reason = RiskRejectionReason.SLIPPAGE_LIMIT
        detail = f"max_slippage {slippage:f} exceeds {limits.max_slippage:f}"
    elif isinstance(price, NoPrice):
        reason = RiskRejectionReason.PRICE_UNAVAILABLE
        detail = price.explain(intent.base.symbol)
    elif isinstance(prices.quote, NoPrice) and prices.quote.why:
        reason = RiskRejectionReason.PRICE_UNAVAILABLE
        detail = prices.quote.explain(intent.quote.symbol)
    else:
        return _screened(submitted, notional, price, prices.quote, inputs)
    return RiskRejected(intent_id=submitted.intent_id, reason=reason, detail=detail, inputs=inputs)


def _screened(
    submitted: IntentSubmitted,
    notional: Decimal,
    price: PriceQuote,
    quote: PriceQuote | NoPrice,
    inputs: RiskInputs,
) -> RiskScreened:
    limits = inputs.limits
    spending = spending_of(submitted.intent, price.price_usd, quote, limits)
    return RiskScreened(
        intent_id=submitted.intent_id,
        intent=submitted.intent,
        expires_at=submitted.expires_at,
        notional_usd=notional,
        price_usd=price.price_usd,
        price_block_number=price.block_number,
        quote_price_usd=None if isinstance(quote, NoPrice) else quote.price_usd,
        max_notional_usd=limits.max_notional_usd,
        max_slippage_limit=limits.max_slippage,
        priority=priority_of(notional, limits.max_notional_usd),
        max_amount_in=spending.max_amount_in,
        min_amount_out=spending.min_amount_out,
        inputs=inputs,
    )


def notional_usd(intent: Intent, price_usd: Decimal) -> Decimal:
    """Return the value of `amount` of base, in US dollars rounded up to a millionth."""
    exact = PRICE.multiply(intent.amount, price_usd)
    return exact.quantize(NOTIONAL_STEP, rounding=ROUND_CEILING, context=PRICE)


def priority_of(notional: Decimal, max_notional: Decimal) -> int:
    """Return 1 to 5: one level per fifth of the notional limit, so larger intents go first."""
    share = PRICE.divide(notional * MAX_PRIORITY, max_notional)
    return min(max(int(share.to_integral_value(rounding=ROUND_CEILING)), 1), MAX_PRIORITY)


def cancel(
    event: Event[IntentSubmitted], cancellation: Cancellation, now: datetime
) -> list[AnyEvent]:
    """Return intent.cancelled: the intent is never accepted."""
    payload = cancelled(event.payload.intent_id, cancellation, "before risk had judged it")
    return next_events(event, [payload], producer=Role.RISK, at=now)


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
