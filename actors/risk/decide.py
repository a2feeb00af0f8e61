"""The decision of risk on an intent at a price, as pure functions, so that it can be repeated."""

from datetime import datetime

from actors.risk.rules import RULES
from actors.risk.screening import Prices, Screening, notional_usd
from tradewind.contracts.envelope import AnyEvent, Event, next_events
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.instruments.registry import InstrumentTerms
from tradewind.contracts.intents.cancellation import Cancellation, cancelled
from tradewind.contracts.intents.payloads import IntentExpired, IntentSubmitted
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload
from tradewind.contracts.risk.checks import RiskCheck
from tradewind.contracts.risk.limits import RiskInputs, RiskLimits
from tradewind.contracts.risk.payloads import RiskRejected, RiskScreened
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.roles import Role
from tradewind.trading.cores.worth import priority_of
from tradewind.trading.instruments.declared import UNBOUND
from tradewind.trading.policy.findings import checks_of, first_failed
from tradewind.trading.policy.store import NO_POLICY, AppliedPolicy
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote


def decide(
    event: Event[IntentSubmitted],
    prices: Prices,
    limits: RiskLimits,
    now: datetime,
    market: ContentId | None = None,
    policy: AppliedPolicy = NO_POLICY,
    terms: InstrumentTerms | None = UNBOUND,
) -> list[AnyEvent]:
    """Return risk.screened, or risk.rejected, or intent.expired.

    `market` is the content id of the observation that the prices were read from. `limits` are those
    of the settings, which the policy and the registry's terms of the pair tighten.
    """
    in_force = policy.policy.order_limits(event.key.portfolio, event.payload.intent, limits, terms)
    inputs = RiskInputs(market=market, limits=in_force, policy=policy.reference, instrument=terms)
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
    fresh = prices.fresh(now, inputs.limits.price_max_age_seconds)
    screening = Screening(submitted.intent, fresh, inputs.limits, now)
    return [_assess(submitted, screening, inputs)]


def _assess(
    submitted: IntentSubmitted, screening: Screening, inputs: RiskInputs
) -> RiskScreened | RiskRejected:
    """Return the verdict of all rules on an intent."""
    findings = [RULES[one.rule](one, screening) for one in screening.judged().rulings]
    reason, price = first_failed(findings), screening.prices.base
    if reason is None:
        assert isinstance(price, PriceQuote)
        return _screened(submitted, screening, price, checks_of(findings), inputs)
    return RiskRejected(
        intent_id=submitted.intent_id,
        reason=reason.check.rule,
        detail=reason.detail,
        checks=checks_of(findings),
        inputs=inputs,
    )


def _screened(
    submitted: IntentSubmitted,
    screening: Screening,
    price: PriceQuote,
    checks: tuple[RiskCheck, ...],
    inputs: RiskInputs,
) -> RiskScreened:
    limits, quote = inputs.limits, screening.prices.quote
    notional = notional_usd(submitted.intent, price.price_usd)
    spending = screening.spending()
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
        checks=checks,
        inputs=inputs,
    )


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
