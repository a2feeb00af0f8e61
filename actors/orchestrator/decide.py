"""The orchestrator's decisions: the events that follow from the answers of a venue."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from actors.venues.contract import Receipt, Reorg, SignedStep, Submission, SwapOrder
from tradewind.contracts.envelope import AnyEvent, Event, next_events
from tradewind.contracts.execution.payloads import (
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionStarted,
    StepFilled,
    StepReorged,
    StepSigned,
    StepSubmitted,
)
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.contracts.ids import Ulid, derive_event_id
from tradewind.contracts.intents.cancellation import Cancellation, cancelled
from tradewind.contracts.intents.model import StrategyId
from tradewind.contracts.intents.payloads import (
    IntentCancelNoted,
    IntentCancelRequested,
    IntentExpired,
)
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, Payload
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.plans.spending import excess_of
from tradewind.contracts.risk.payloads import RiskApproved
from tradewind.contracts.roles import Role
from tradewind.trading.wallet.followed_events import FollowedEvent, Question
from tradewind.trading.wallet.plan_event import PlanEvent

ONLY_STEP = 0
APPROVED_BEFORE_PLAN: Final = 2
"""risk.approved, intent.accepted, plan.created."""
SIGNED_AFTER_PLAN: Final = 2
"""plan.created, exec.started, exec.step_signed."""

StepEvent = Event[StepSubmitted] | Event[StepFilled] | Event[StepReorged]


def order_of(event: Event[PlanCreated], body: bytes | None = None) -> SwapOrder:
    """Return the order of the plan's only step, with the intent's expiry as its deadline.

    `body` is the event as it came, and as the ledger records it; None for one of our own.
    """
    plan = event.payload
    return SwapOrder(
        plan_id=plan.plan_id,
        step_index=ONLY_STEP,
        strategy_id=plan.strategy_id,
        step=plan.steps[ONLY_STEP],
        deadline=plan.expires_at,
        plan_event=PlanEvent.of(event, body),
        portfolio_id=event.key.portfolio,
    )


def approval_of(event: AnyEvent, plan_sequence: int) -> Ulid | None:
    """Return the id of the risk.approved before the plan at this place of a history.

    Nothing is accepted but what was approved just before, and ids are derived, so it is known
    without being looked up. A history too short for that has none.
    """
    sequence = plan_sequence - APPROVED_BEFORE_PLAN
    if sequence < 1:
        return None
    return derive_event_id(event.correlation_id, sequence, RiskApproved.topic)


def submitted(
    event: Event[PlanCreated], tx_hash: str, submission: Submission, confirm_within: timedelta
) -> list[AnyEvent]:
    """Return exec.started and exec.step_submitted, at the time the venue took the order."""
    plan = event.payload
    step = plan.steps[ONLY_STEP]
    step_submitted = StepSubmitted(
        intent_id=plan.intent_id,
        plan_id=plan.plan_id,
        step_index=ONLY_STEP,
        tx_hash=tx_hash,
        strategy_id=_strategy_to_tell(event),
        venue=step.venue,
        step=step,
        confirm_by=submission.at + confirm_within,
        approval=approval_of(event, event.sequence),
        inputs=submission.inputs,
    )
    return _follow(event, [_started(plan), step_submitted], submission.at)


def signed(
    event: Event[PlanCreated], transaction: SignedStep, confirm_within: timedelta
) -> list[AnyEvent]:
    """Return exec.started and exec.step_signed, at the time the venue recorded the signature."""
    plan = event.payload
    step = plan.steps[ONLY_STEP]
    step_signed = StepSigned(
        intent_id=plan.intent_id,
        plan_id=plan.plan_id,
        step_index=ONLY_STEP,
        tx_hash=transaction.tx_hash,
        strategy_id=_strategy_to_tell(event),
        venue=step.venue,
        wallet=transaction.wallet,
        nonce=transaction.nonce,
        step=step,
        confirm_by=transaction.signed_at + confirm_within,
    )
    return _follow(event, [_started(plan), step_signed], transaction.signed_at)


def broadcast(
    event: Event[StepSigned], submitted_at: datetime, confirm_within: timedelta
) -> list[AnyEvent]:
    """Return exec.step_submitted, at the time the venue first had the transaction."""
    step = event.payload
    step_submitted = StepSubmitted(
        intent_id=step.intent_id,
        plan_id=step.plan_id,
        step_index=step.step_index,
        tx_hash=step.tx_hash,
        strategy_id=step.strategy_id,
        venue=step.venue,
        step=step.step,
        confirm_by=submitted_at + confirm_within,
        approval=approval_of(event, event.sequence - SIGNED_AFTER_PLAN),
    )
    return _follow(event, [step_submitted], submitted_at)


def reorged(event: StepEvent, reorg: Reorg, confirm_within: timedelta) -> list[AnyEvent]:
    """Return exec.step_reorged, at the time the loss was noticed."""
    step = event.payload
    step_reorged = StepReorged(
        intent_id=step.intent_id,
        plan_id=step.plan_id,
        step_index=step.step_index,
        tx_hash=reorg.tx_hash,
        strategy_id=step.strategy_id,
        reorg_index=reorg.reorg_index,
        block_number=reorg.block_number,
        block_hash=reorg.block_hash,
        step=step.step,
        confirm_by=reorg.seen_at + confirm_within,
    )
    return _follow(event, [step_reorged], reorg.seen_at)


def _strategy_to_tell(event: Event[PlanCreated]) -> StrategyId | None:
    """Return the strategy where the key does not name it; what follows of the step repeats it."""
    strategy_id = event.payload.strategy_id
    return None if strategy_id == event.key.portfolio else strategy_id


def _started(plan: PlanCreated) -> ExecutionStarted:
    return ExecutionStarted(
        intent_id=plan.intent_id,
        plan_id=plan.plan_id,
        venue=plan.steps[ONLY_STEP].venue,
        steps_total=len(plan.steps),
    )


def expired(event: Event[PlanCreated], now: datetime, detail: str = "") -> list[AnyEvent]:
    """Return intent.expired; the venue has proved that nothing is in flight."""
    plan = event.payload
    payload = IntentExpired(
        intent_id=plan.intent_id,
        expires_at=plan.expires_at,
        detail=detail[:MAX_DETAIL_LENGTH] or None,
    )
    return _follow(event, [payload], now)


def cancelled_unsigned(
    event: Event[PlanCreated], cancellation: Cancellation, at: datetime
) -> list[AnyEvent]:
    """Return intent.cancelled, at the time the venue decided that it will never take the step."""
    plan = event.payload
    how_far = "before its plan was signed or submitted"
    payload = cancelled(plan.intent_id, cancellation, how_far, plan_id=plan.plan_id)
    return _follow(event, [payload], at)


def cancel_noted(event: Event[IntentCancelRequested]) -> list[AnyEvent]:
    """Return the end of a request's history: the same bytes however often it is handled."""
    asked = event.payload
    payload = IntentCancelNoted(intent_id=asked.intent_id, strategy_id=asked.strategy_id)
    return next_events(event, [payload], producer=Role.ORCHESTRATOR, at=event.timestamp)


def unavailable(
    event: Event[PlanCreated], detail: str, *, attempts: int, now: datetime
) -> list[AnyEvent]:
    """Return exec.failed after the last attempt to reach the venue."""
    reason = ExecutionFailureReason.VENUE_UNAVAILABLE
    return _follow(event, [_not_submitted(event.payload, reason, detail, attempts)], now)


def refused(
    event: Event[PlanCreated],
    detail: str,
    now: datetime,
    reason: ExecutionFailureReason = ExecutionFailureReason.VENUE_REFUSED,
) -> list[AnyEvent]:
    """Return exec.failed for a step the venue will never take."""
    return _follow(event, [_not_submitted(event.payload, reason, detail, attempts=1)], now)


def beyond_approval(event: Event[PlanCreated], now: datetime) -> list[AnyEvent] | None:
    """Return exec.failed for a step that costs more than risk approved; None for any other.

    It rests on the event alone, so that no repetition refuses what an earlier attempt signed.
    """
    plan = event.payload
    excess = excess_of(plan, plan.steps[ONLY_STEP])
    return (
        refused(event, excess, now, ExecutionFailureReason.PRICE_IMPACT_LIMIT) if excess else None
    )


def followed(event: Event[StepSigned] | StepEvent, body: bytes | None = None) -> FollowedEvent:
    """Return an event, which came in these bytes, as a venue keeps it until its answer comes."""
    payload, kept = event.payload, body or event.to_bytes()
    if isinstance(payload, StepSigned):
        return FollowedEvent(event.event_id, Question.SUBMISSION, 0, kept)
    return FollowedEvent(event.event_id, Question.OUTCOME, reorgs_known(payload), kept)


def answered(
    event: AnyEvent, answer: datetime | Receipt | Reorg, confirm_within: timedelta, now: datetime
) -> list[AnyEvent]:
    """Return what follows from a venue's answer about a step."""
    match answer:
        case datetime():
            return broadcast(event, answer, confirm_within)
        case Reorg():
            return reorged(event, answer, confirm_within)
        case Receipt():
            return follow(event, answer, fills_known(event.payload) or 0, now)


def fills_known(payload: StepSubmitted | StepFilled | StepReorged) -> int | None:
    """Return the number of fills up to this event, or None when it is the last one."""
    if not isinstance(payload, StepFilled):
        return 0
    return None if payload.final else payload.fill_index + 1


def reorgs_known(payload: StepSubmitted | StepFilled | StepReorged) -> int:
    """Return the number of the step's reorgs up to this event."""
    return payload.reorg_index + 1 if isinstance(payload, StepReorged) else 0


def follow(event: StepEvent, receipt: Receipt, known: int, now: datetime) -> list[AnyEvent]:
    """Return the fill after the known ones, with exec.completed when it is the last, or failure.

    Each call returns one fill, however many the receipt shows, because each fill is caused by the
    one before. A venue that records outcomes gives their time, so that a repetition is equal.
    """
    step = event.payload
    now = receipt.settled_at or now
    if known >= len(receipt.fills):
        if receipt.cancellation is not None:
            return _cancelled_in_flight(event, receipt, receipt.cancellation)
        if receipt.revert_reason is not None:
            return _follow(event, [_failed(step, receipt, receipt.revert_reason)], now)
    now = receipt.fills[known].at or now
    filled = _filled(step, receipt, known)
    if not filled.final:
        return _follow(event, [filled], now)
    completed = ExecutionCompleted(
        intent_id=step.intent_id,
        plan_id=step.plan_id,
        amount_in=filled.cumulative_amount_in,
        amount_out=filled.cumulative_amount_out,
        tx_hash=filled.tx_hash,
    )
    return _follow(event, [filled, completed], now)


def _failed(
    step: StepSubmitted | StepFilled | StepReorged,
    receipt: Receipt,
    reason: ExecutionFailureReason,
) -> ExecutionFailed:
    return ExecutionFailed(
        intent_id=step.intent_id,
        plan_id=step.plan_id,
        reason=reason,
        detail=receipt.revert_detail[:MAX_DETAIL_LENGTH],
        proof=receipt.proof,
        attempts=1,
        tx_hash=None if receipt.block_number is None else receipt.tx_hash,
        block_number=receipt.block_number,
        approvals=receipt.approvals or None,
        **dict(receipt.cost),
    )


def _cancelled_in_flight(
    event: StepEvent, receipt: Receipt, cancellation: Cancellation
) -> list[AnyEvent]:
    """Return intent.cancelled with what was executed, which is what the history told of fills."""
    step, told = event.payload, event.payload if isinstance(event.payload, StepFilled) else None
    how_far = "after a part of it was filled" if told else "while its swap was in flight"
    payload = cancelled(
        step.intent_id,
        cancellation,
        how_far,
        plan_id=step.plan_id,
        proof="cancelled",
        tx_hash=None if receipt.block_number is None else receipt.tx_hash,
        block_number=receipt.block_number,
        amount_in=told.cumulative_amount_in if told else None,
        amount_out=told.cumulative_amount_out if told else None,
        approvals=receipt.approvals or None,
        **dict(receipt.cost),
    )
    at = receipt.settled_at or max(event.timestamp, cancellation.requested_at)
    return _follow(event, [payload], at)


def _filled(
    step: StepSubmitted | StepFilled | StepReorged, receipt: Receipt, known: int
) -> StepFilled:
    fill = receipt.fills[known]
    so_far = receipt.fills[: known + 1]
    return StepFilled(
        intent_id=step.intent_id,
        plan_id=step.plan_id,
        step_index=step.step_index,
        # The mined transaction may be a replacement of the submitted one.
        tx_hash=receipt.tx_hash,
        strategy_id=step.strategy_id,
        fill_index=known,
        amount_in=fill.amount_in,
        amount_out=fill.amount_out,
        cumulative_amount_in=sum(part.amount_in for part in so_far),
        cumulative_amount_out=sum(part.amount_out for part in so_far),
        final=receipt.final and not _ends_early(receipt) and len(so_far) == len(receipt.fills),
        block_number=fill.block_number,
        step=step.step,
        log_index=fill.log_index,
        pool_fee=fill.pool_fee,
        approvals=receipt.approvals or None,
        **dict(receipt.cost if fill.cost is None else fill.cost),
    )


def _ends_early(receipt: Receipt) -> bool:
    """Return whether something else than a fill is the end."""
    return receipt.cancellation is not None or receipt.revert_reason is not None


def _not_submitted(
    plan: PlanCreated, reason: ExecutionFailureReason, detail: str, attempts: int
) -> ExecutionFailed:
    return ExecutionFailed(
        intent_id=plan.intent_id,
        plan_id=plan.plan_id,
        reason=reason,
        detail=detail[:MAX_DETAIL_LENGTH],
        proof="not_submitted",
        attempts=attempts,
    )


def _follow(
    event: Event[PlanCreated] | Event[StepSigned] | StepEvent,
    payloads: Sequence[Payload],
    now: datetime,
) -> list[AnyEvent]:
    return next_events(event, payloads, producer=Role.ORCHESTRATOR, at=now)
