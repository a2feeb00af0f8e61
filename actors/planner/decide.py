"""The planner's decision: a plan for an accepted intent, or the reason why there is none."""

from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from actors.planner.quoting import MarketReading
from tradewind.contracts.envelope import AnyEvent, Event, next_events
from tradewind.contracts.ids import derive_plan_id
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.intents.cancellation import Cancellation, cancelled
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.intents.payloads import IntentAccepted, IntentExpired
from tradewind.contracts.payload import MAX_DETAIL_LENGTH
from tradewind.contracts.plans.limits import PlanInputs, PlanLimits
from tradewind.contracts.plans.model import ExecutionPlan, ExecutionStep
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.contracts.plans.spending import excess_of
from tradewind.contracts.precision import PRICE
from tradewind.contracts.roles import Role
from tradewind.trading.cores.costs import Costs
from tradewind.trading.cores.plan_swap import NoSwap, PlannedSwap, SwapTerms, plan_swap
from tradewind.trading.cores.worth import UNBOUND_SPENDING, Spending
from tradewind.trading.pricing.pools.price_quote import (
    NoPrice,
    PriceQuote,
    describe_age,
    is_fresh,
)

RISK_SCORE_STEP = Decimal("0.0001")


class NoPlan(Exception):
    """The intent cannot be planned; the reason says why."""

    def __init__(self, reason: PlanRejectionReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def decide(
    event: Event[IntentAccepted],
    reading: MarketReading,
    limits: PlanLimits,
    now: datetime,
    market: ContentId | None = None,
) -> list[AnyEvent]:
    """Return plan.created, plan.rejected with its reason, or intent.expired.

    `market` is the content id of the observation that `reading` was taken from.
    """
    accepted, inputs = event.payload, PlanInputs(market=market, limits=limits)
    if now >= accepted.expires_at:
        expired = IntentExpired(
            intent_id=accepted.intent_id, expires_at=accepted.expires_at, inputs=inputs
        )
        return next_events(event, [expired], producer=Role.PLANNER, at=now)
    try:
        created = _create(event, reading, inputs, now)
    except NoPlan as refusal:
        return reject(event, refusal.reason, refusal.detail, now, inputs)
    return next_events(event, [created], producer=Role.PLANNER, at=now)


def reject(
    event: Event[IntentAccepted],
    reason: PlanRejectionReason,
    detail: str,
    now: datetime,
    inputs: PlanInputs | None = None,
) -> list[AnyEvent]:
    """Return plan.rejected with a reason."""
    rejected = PlanRejected(
        intent_id=event.payload.intent_id,
        reason=reason,
        detail=detail[:MAX_DETAIL_LENGTH],
        inputs=inputs,
    )
    return next_events(event, [rejected], producer=Role.PLANNER, at=now)


def cancel(
    event: Event[IntentAccepted], cancellation: Cancellation, now: datetime
) -> list[AnyEvent]:
    """Return intent.cancelled: the intent gets no plan."""
    payload = cancelled(event.payload.intent_id, cancellation, "before it was planned")
    return next_events(event, [payload], producer=Role.PLANNER, at=now)


def decompose(intent: Intent) -> tuple[Intent, ...]:
    """Return the intents to plan one by one; at present every intent is a single swap."""
    return (intent,)


def _create(
    event: Event[IntentAccepted], reading: MarketReading, inputs: PlanInputs, now: datetime
) -> PlanCreated:
    accepted, limits = event.payload, inputs.limits
    _check_venue(accepted, limits)
    allowed = reading.at_fees(accepted.fee_tiers)
    parts = decompose(accepted.intent)
    planned = [_plan_step(accepted, part, allowed, limits, now) for part in parts]
    plan_id = derive_plan_id(event.correlation_id, event.sequence + 1)
    steps = tuple(step for step, _ in planned)
    plan = ExecutionPlan(
        id=plan_id,
        intent_id=accepted.intent_id,
        steps=steps,
        estimated_cost=sum((cost_usd for _, cost_usd in planned), Decimal(0)),
        estimated_duration_ms=sum(limits.duration_ms_of(step.venue) for step in steps),
        risk_score=risk_score(accepted, limits),
    )
    return PlanCreated(
        intent_id=accepted.intent_id,
        plan_id=plan_id,
        strategy_id=accepted.intent.strategy_id,
        steps=steps,
        plan=plan,
        expires_at=accepted.expires_at,
        max_amount_in=accepted.max_amount_in,
        min_amount_out=accepted.min_amount_out,
        inputs=inputs,
    )


def risk_score(accepted: IntentAccepted, limits: PlanLimits) -> Decimal:
    """Return the largest share of a risk limit the plan uses, 0 to 1, rounded up."""
    notional_share = PRICE.divide(accepted.notional_usd, limits.max_notional_usd)
    slippage_share = PRICE.divide(accepted.intent.constraints.max_slippage, limits.max_slippage)
    share = min(max(notional_share, slippage_share), Decimal(1))
    return share.quantize(RISK_SCORE_STEP, rounding=ROUND_CEILING, context=PRICE)


def _plan_step(
    accepted: IntentAccepted,
    intent: Intent,
    reading: MarketReading,
    limits: PlanLimits,
    now: datetime,
) -> tuple[ExecutionStep, Decimal]:
    """Return the swap of an intent and its cost in US dollars; NoPlan says why there is none."""
    fresh = usable(intent, reading, limits, now)
    costs = costs_of(intent, fresh, limits)
    spending = Spending(accepted.max_amount_in, accepted.min_amount_out)
    terms = terms_of(intent, limits, spending)
    planned = plan_swap(terms, fresh.pools, fresh.connecting, costs.quote_base_units_per_gas)
    if isinstance(planned, NoSwap):
        raise _no_plan(accepted, terms, planned, limits)
    cost_usd = costs.route_usd(planned.route, intent.assets, is_acquire=terms.is_acquire)
    return _step(intent, terms, planned, limits), cost_usd


def terms_of(
    intent: Intent, limits: PlanLimits, spending: Spending = UNBOUND_SPENDING
) -> SwapTerms:
    """Return what is to be swapped for an intent."""
    return SwapTerms(
        base=intent.base,
        quote=intent.quote,
        is_acquire=intent.intent_type == "acquire",
        amount=intent.amount_base_units,
        max_slippage=intent.constraints.max_slippage,
        spending=spending,
        rounded=limits.rounds_minimum,
    )


def _no_plan(
    accepted: IntentAccepted, terms: SwapTerms, refused: NoSwap, limits: PlanLimits
) -> NoPlan:
    """Return in words why there is no swap."""
    intent = accepted.intent
    what = f"{intent.amount:f} {intent.base.symbol}"
    if refused.planned is None:
        return NoPlan(refused.reason, f"no pool can {intent.intent_type} {what}")
    if refused.reason == PlanRejectionReason.AMOUNT_TOO_SMALL:
        return NoPlan(refused.reason, f"{what} would guarantee nothing in return")
    step = _step(intent, terms, refused.planned, limits)
    return NoPlan(refused.reason, excess_of(accepted, step))


def usable(
    intent: Intent, reading: MarketReading, limits: PlanLimits, now: datetime
) -> MarketReading:
    """Return the fresh part of a reading; NoPlan when it no longer connects the two tokens."""
    if reading.fee_takers:
        raise NoPlan(
            PlanRejectionReason.FEE_ON_TRANSFER,
            f"a transfer of {' and of '.join(reading.fee_takers)} delivers less than is sent",
        )
    if not reading.leads(intent):
        pair = f"{intent.base.symbol}/{intent.quote.symbol}"
        raise NoPlan(PlanRejectionReason.NO_POOL, f"no pool trades {pair}, nor do two in a row")
    fresh = reading.fresh(now, limits.pool_max_age_seconds)
    if not fresh.leads(intent):
        times = [pool.snapshot.block_time for pool in (*reading.pools, *reading.connecting)]
        newest = max(time for time in times if not is_fresh(time, now, limits.pool_max_age_seconds))
        raise NoPlan(
            PlanRejectionReason.STALE_POOL, describe_age(newest, now, limits.pool_max_age_seconds)
        )
    return fresh


def costs_of(intent: Intent, reading: MarketReading, limits: PlanLimits) -> Costs:
    """Return the prices that costs are converted at; NoPlan where one is not known."""
    return Costs(
        intent.quote.decimals,
        _known(reading.quote_usd, intent.quote.symbol),
        _known(reading.native_usd, "gas"),
        limits.gas_price_wei if reading.gas_price_wei is None else reading.gas_price_wei,
    )


def _known(price: PriceQuote | NoPrice, name: str) -> Decimal:
    if isinstance(price, NoPrice):
        raise NoPlan(PlanRejectionReason.NO_PRICE, price.explain(name))
    return price.price_usd


def _check_venue(accepted: IntentAccepted, limits: PlanLimits) -> None:
    """NoPlan when the strategy trades where its instrument may not be traded."""
    venue = limits.venue_of(accepted.intent.strategy_id)
    if accepted.venues is not None and venue not in accepted.venues:
        raise NoPlan(
            PlanRejectionReason.VENUE_NOT_ALLOWED,
            f"{accepted.intent.instrument} is traded on {', '.join(accepted.venues)}, not {venue}",
        )


def _step(
    intent: Intent, terms: SwapTerms, planned: PlannedSwap, limits: PlanLimits
) -> ExecutionStep:
    return ExecutionStep(
        venue=limits.venue_of(intent.strategy_id),
        base=intent.base,
        quote=intent.quote,
        token_in=terms.token_in.address,
        token_out=terms.token_out.address,
        amount_in=planned.amount_in,
        min_out=planned.min_out,
        route=planned.route.quote,
    )
