"""The payloads of risk about a trade."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.backtests.model import Manifest
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.payload import MAX_DETAIL_LENGTH
from tradewind.contracts.plans.payloads import PlanRejected
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.contracts.precision import PRICE
from tradewind.contracts.risk.checks import RiskCheck
from tradewind.contracts.risk.limits import RiskInputs, RiskLimits
from tradewind.contracts.risk.payloads import RiskRejected, RiskScreened
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.simulation.markets.pools import BLOCK_MS
from tradewind.simulation.records import PRICE_DIGITS, TradeRecord
from tradewind.trading.cores.worth import notional_usd, priority_of
from tradewind.trading.policy.findings import (
    USD,
    Finding,
    Limit,
    at_least,
    at_most,
    checks_of,
    passed,
)
from tradewind.trading.pricing.swap.tick_math import Q96

UNLIMITED_USD: Final = Decimal(10) ** 15
PRICE_AGE_SECONDS: Final = 60


def limits_of(manifest: Manifest) -> RiskLimits:
    """Return the run's limits of an order; where there is none, one that nothing reaches."""
    limits = manifest.run.limits
    return RiskLimits(
        max_notional_usd=limits.max_notional_usd or UNLIMITED_USD,
        max_slippage=Decimal(1) if limits.max_slippage is None else limits.max_slippage,
        price_max_age_seconds=PRICE_AGE_SECONDS,
        min_notional_usd=limits.min_notional_usd,
    )


def price_of(record: TradeRecord) -> Decimal:
    """Return the mid price that a decision saw, of 18 digits: the deepest pool's."""
    base, quote = record.pair.base, record.pair.quote
    deepest = max(record.decision, key=lambda one: one.liquidity)
    ratio = PRICE.power(PRICE.divide(Decimal(deepest.sqrt_price_x96), Decimal(Q96)), 2)
    if not record.pair.is_base_token0:
        ratio = PRICE.divide(Decimal(1), ratio)
    price = ratio.scaleb(base.decimals - quote.decimals, context=PRICE)
    step = Decimal(1).scaleb(max(price.adjusted() - PRICE_DIGITS + 1, -36))
    return price.quantize(step, rounding=ROUND_HALF_EVEN, context=PRICE)


def screened_of(manifest: Manifest, submitted: AnyEvent, record: TradeRecord) -> RiskScreened:
    """Return what the instrument stage says of an intent that passes it."""
    limits, payload = limits_of(manifest), submitted.payload
    price = price_of(record)
    notional = notional_usd(payload.intent.amount, price)
    return RiskScreened(
        intent_id=payload.intent_id,
        intent=payload.intent,
        expires_at=payload.expires_at,
        notional_usd=notional,
        price_usd=price,
        price_block_number=record.decided_ms // BLOCK_MS,
        quote_price_usd=Decimal(1),
        max_notional_usd=limits.max_notional_usd,
        max_slippage_limit=limits.max_slippage,
        priority=priority_of(notional, limits.max_notional_usd),
        checks=_checks(limits, submitted, notional),
        inputs=RiskInputs(market=None, limits=limits),
    )


def rejected(manifest: Manifest, submitted: AnyEvent, record: TradeRecord) -> RiskRejected:
    """Return the rejection of an intent, by either stage."""
    limits = limits_of(manifest)
    notional = notional_usd(submitted.payload.intent.amount, price_of(record))
    findings = _findings(limits, submitted, notional)
    reason = RiskRejectionReason(record.reason or "")
    detail = next(
        (one.detail for one in findings if one.check.rule is reason and one.detail),
        f"{reason}: a trade of {from_base_units(record.notional, record.pair.quote.decimals)} "
        f"{record.pair.quote.symbol} does not keep it",
    )
    return RiskRejected(
        intent_id=submitted.payload.intent_id,
        reason=reason,
        detail=detail[:MAX_DETAIL_LENGTH],
        checks=checks_of(findings),
        inputs=RiskInputs(market=None, limits=limits),
    )


def plan_rejected(submitted: AnyEvent, record: TradeRecord) -> PlanRejected:
    """Return the planner's rejection."""
    intent = submitted.payload.intent
    reason = PlanRejectionReason(record.reason or "")
    detail = f"no pool can {intent.intent_type} {intent.amount:f} {intent.base.symbol}"
    if reason is PlanRejectionReason.AMOUNT_TOO_SMALL:
        detail = f"{intent.amount:f} {intent.base.symbol} would guarantee nothing in return"
    return PlanRejected(intent_id=submitted.payload.intent_id, reason=reason, detail=detail)


def _checks(limits: RiskLimits, submitted: AnyEvent, notional: Decimal) -> tuple[RiskCheck, ...]:
    return checks_of(_findings(limits, submitted, notional))


def _findings(limits: RiskLimits, submitted: AnyEvent, notional: Decimal) -> list[Finding]:
    """Return what the rules of the instrument stage find, in their order."""
    reason, intent = RiskRejectionReason, submitted.payload.intent

    def limit(name: str, unit: str = "") -> Limit:
        return Limit(getattr(limits, name), unit, limits.scope_of(name))

    found = []
    if limits.min_notional_usd is not None:
        least = limit("min_notional_usd", USD)
        finding = at_least(reason.NOTIONAL_MINIMUM, "notional", notional, least)
        # A sale may be of all that is left.
        if finding.check.passed or intent.intent_type == "acquire":
            found.append(finding)
    most = limit("max_notional_usd", USD)
    found.append(at_most(reason.NOTIONAL_LIMIT, "notional", notional, most))
    slippage = intent.constraints.max_slippage
    found.append(at_most(reason.SLIPPAGE_LIMIT, "max_slippage", slippage, limit("max_slippage")))
    return [*found, passed(reason.PRICE_UNAVAILABLE)]
