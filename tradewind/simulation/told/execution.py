"""The payloads of planner and orchestrator about a trade."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Final

from tradewind.contracts.backtests.model import Manifest
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.payloads import (
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionStarted,
    StepFilled,
    StepSubmitted,
    TransactionCost,
)
from tradewind.contracts.execution.pool_fees import pool_fee
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.execution.simulation import ExecutionInputs, SimulationTerms
from tradewind.contracts.ids import derive_plan_id
from tradewind.contracts.payload import Payload
from tradewind.contracts.plans.limits import PlanInputs, PlanLimits
from tradewind.contracts.plans.model import ExecutionPlan, ExecutionStep
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.precision import PRICE
from tradewind.contracts.venues import SIMULATED
from tradewind.simulation.markets.pools import BLOCK_MS
from tradewind.simulation.records import TradeRecord
from tradewind.simulation.sampling import Again
from tradewind.simulation.told.risk import PRICE_AGE_SECONDS, limits_of
from tradewind.trading.marketdata.intervals import from_milliseconds

CONFIRM_WITHIN: Final = timedelta(minutes=5)
RISK_SCORE_STEP: Final = Decimal("0.0001")


def plan_limits_of(manifest: Manifest) -> PlanLimits:
    """Return the planner's limits in a run."""
    limits, execution = limits_of(manifest), manifest.run.execution
    return PlanLimits(
        venue=SIMULATED,
        paper_strategies=(),
        pool_max_age_seconds=PRICE_AGE_SECONDS,
        gas_price_wei=execution.gas_price_wei,
        duration_ms=execution.latency_ms,
        paper_duration_ms=execution.latency_ms,
        max_notional_usd=limits.max_notional_usd,
        max_slippage=limits.max_slippage,
        rounds_minimum="up",
    )


def plan_of(
    manifest: Manifest, accepted: AnyEvent, record: TradeRecord, found: Again
) -> PlanCreated:
    """Return the plan of a trade."""
    payload, limits = accepted.payload, plan_limits_of(manifest)
    plan_id = derive_plan_id(accepted.correlation_id, accepted.sequence + 1)
    is_acquire = record.side == "acquire"
    base, quote = record.pair.base, record.pair.quote
    token_in, token_out = (quote, base) if is_acquire else (base, quote)
    planned = found.planned
    step = ExecutionStep(
        venue=SIMULATED,
        base=base,
        quote=quote,
        token_in=token_in.address,
        token_out=token_out.address,
        amount_in=planned.amount_in,
        min_out=planned.min_out,
        route=planned.route.quote,
    )
    cost = found.costs.route_usd(planned.route, (base, quote), is_acquire=is_acquire)
    plan = ExecutionPlan(
        id=plan_id,
        intent_id=payload.intent_id,
        steps=(step,),
        estimated_cost=cost,
        estimated_duration_ms=limits.duration_ms_of(SIMULATED),
        risk_score=_risk_score(payload, limits),
    )
    return PlanCreated(
        intent_id=payload.intent_id,
        plan_id=plan_id,
        strategy_id=payload.intent.strategy_id,
        steps=(step,),
        plan=plan,
        expires_at=payload.expires_at,
        inputs=PlanInputs(market=None, limits=limits),
    )


def unavailable(planned: AnyEvent) -> ExecutionFailed:
    """Return the failure of a plan whose venue does not answer."""
    return ExecutionFailed(
        intent_id=planned.payload.intent_id,
        plan_id=planned.payload.plan_id,
        reason=ExecutionFailureReason.VENUE_UNAVAILABLE,
        detail="the simulated venue does not answer",
        proof="not_submitted",
        attempts=1,
    )


def execution_of(
    manifest: Manifest,
    planned: AnyEvent,
    approved: AnyEvent,
    record: TradeRecord,
    found: Again,
    tx_hash: str,
) -> Iterator[tuple[Sequence[Payload], int]]:
    """Yield the payloads after a plan, and when they are published."""
    plan = planned.payload
    step = plan.steps[0]
    common = {"intent_id": plan.intent_id, "plan_id": plan.plan_id}
    submitted_at = from_milliseconds(record.decided_ms)
    submitted = StepSubmitted(
        **common,
        step_index=0,
        tx_hash=tx_hash,
        strategy_id=plan.strategy_id,
        venue=step.venue,
        step=step,
        confirm_by=submitted_at + CONFIRM_WITHIN,
        approval=approved.event_id,
        inputs=_inputs(manifest, record),
    )
    started = ExecutionStarted(**common, venue=step.venue, steps_total=1)
    yield [started, submitted], record.decided_ms
    if found.filled.revert is None:
        yield from _fills(submitted, record, found)
        return
    failed = ExecutionFailed(
        **common,
        reason=ExecutionFailureReason(record.reason or ""),
        detail=record.detail or "",
        proof="reverted",
        attempts=1,
        tx_hash=tx_hash,
        block_number=record.arrived_ms // BLOCK_MS + 1,
        **dict(_cost(record)),
    )
    yield [failed], record.arrived_ms


def _fills(
    submitted: StepSubmitted, record: TradeRecord, found: Again
) -> Iterator[tuple[Sequence[Payload], int]]:
    """Yield each fill; the last one completes the execution."""
    parts, paid, got = found.filled.parts, 0, 0
    for index, (part_in, part_out) in enumerate(parts):
        paid, got, moment_ms = paid + part_in, got + part_out, record.arrived_ms + index
        is_last = index == len(parts) - 1
        later = TransactionCost(block_time=from_milliseconds(moment_ms))
        cost = later if index else _cost(record)
        filled = StepFilled(
            intent_id=submitted.intent_id,
            plan_id=submitted.plan_id,
            step_index=0,
            tx_hash=submitted.tx_hash,
            strategy_id=submitted.strategy_id,
            fill_index=index,
            amount_in=part_in,
            amount_out=part_out,
            cumulative_amount_in=paid,
            cumulative_amount_out=got,
            final=is_last,
            block_number=record.arrived_ms // BLOCK_MS + 1 + index,
            step=submitted.step,
            pool_fee=pool_fee(submitted.step.route, part_in),
            **dict(cost),
        )
        if not is_last:
            yield [filled], moment_ms
            continue
        completed = ExecutionCompleted(
            intent_id=submitted.intent_id,
            plan_id=submitted.plan_id,
            amount_in=paid,
            amount_out=got,
            tx_hash=submitted.tx_hash,
        )
        yield [filled, completed], moment_ms


def _inputs(manifest: Manifest, record: TradeRecord) -> ExecutionInputs:
    execution = manifest.run.execution
    settings = SimulationTerms(
        seed=manifest.run.seed,
        partial_fill_probability=execution.partial_fill_probability,
        failure_probability=execution.failure_probability,
        timeout_probability=Decimal(0),
        latency_ms=execution.latency_ms,
        gas_price_wei=record.gas_price_wei,
    )
    return ExecutionInputs(
        market=None, settings=settings, submitted_at=from_milliseconds(record.decided_ms)
    )


def _cost(record: TradeRecord) -> TransactionCost:
    """Return the charge for gas, once for a transaction."""
    return TransactionCost(
        gas_used=record.gas_used,
        effective_gas_price_wei=record.gas_price_wei,
        fee_wei=record.gas_used * record.gas_price_wei,
        block_time=from_milliseconds(record.arrived_ms),
    )


def _risk_score(accepted: Payload, limits: PlanLimits) -> Decimal:
    """Return the largest share of a risk limit that a plan uses, as the planner counts it."""
    notional = PRICE.divide(accepted.notional_usd, limits.max_notional_usd)  # type: ignore[attr-defined]
    slippage = accepted.intent.constraints.max_slippage  # type: ignore[attr-defined]
    share = max(notional, PRICE.divide(slippage, limits.max_slippage or Decimal(1)))
    return min(share, Decimal(1)).quantize(RISK_SCORE_STEP, rounding=ROUND_CEILING, context=PRICE)
