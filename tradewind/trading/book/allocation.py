"""How a claim begins and ends, as pure functions: what the ledger has recorded decides."""

from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.payloads import (
    ExecutionCompleted,
    ExecutionFailed,
    StepFilled,
)
from tradewind.contracts.intents.payloads import (
    IntentAccepted,
    IntentCancelled,
    IntentExpired,
)
from tradewind.contracts.payload import Payload
from tradewind.contracts.plans.payloads import PlanRejected
from tradewind.contracts.precision import PRICE
from tradewind.contracts.risk.payloads import RiskApproved, RiskRejected
from tradewind.trading.book.records import Allocation, Status
from tradewind.trading.book.terms import USD_STEP, Terms, claim_of

NOTHING = Decimal(0)


class Standing(NamedTuple):
    """The book in which a decision is kept."""

    portfolio_id: str
    incarnation: str
    version: int
    day: date


def decided(
    event: AnyEvent, last: AnyEvent, terms: Terms, standing: Standing, decision: bytes | None
) -> Allocation:
    """Return the row of a decision; `event` is its first event, and `last` its last one.

    A decision after which the intent goes on claims what the intent may spend.
    """
    intent, claim = terms.intent, claim_of(terms)
    claims = not last.payload.ends_history
    return Allocation(
        intent_id=event.payload.intent_id,
        portfolio_id=standing.portfolio_id,
        strategy_id=intent.strategy_id,
        instrument=intent.instrument,
        side=intent.intent_type,
        base_token=intent.base.address,
        amount=intent.amount_base_units,
        status=Status.CLAIMED if claims else _end_of(last.payload),
        is_approval=claims,
        decision=decision,
        incarnation=standing.incarnation,
        book_version=standing.version,
        day=max(standing.day, event.timestamp.date()),
        decided_at=event.timestamp,
        expires_at=terms.expires_at,
        ended_at=None if claims else last.timestamp,
        notional_usd=terms.notional_usd,
        budget_usd=terms.notional_usd if claims else NOTHING,
        claim_token=claim.token,
        claim_amount=claim.amount,
        claim_usd=claim.usd,
    )


def settled(allocation: Allocation, event: AnyEvent) -> Allocation:
    """Return the allocation after a recorded, legal event of its intent.

    The ledger is right: an approval that it has counts although this book had rejected, and a
    rejection although this book had approved.
    """
    payload, is_open = event.payload, allocation.status is Status.CLAIMED
    if isinstance(payload, RiskApproved) and not allocation.is_approval:
        return allocation._replace(
            status=Status.CLAIMED,
            is_approval=True,
            ended_at=None,
            released_amount=None,
            budget_usd=allocation.notional_usd,
        )
    if not is_open:
        return allocation
    if isinstance(payload, IntentAccepted):
        # One stage approved it, and the approval did not say what the intent may spend.
        is_bounded = allocation.claim_amount is not None
        return allocation if is_bounded else allocation._replace(claim_amount=payload.max_amount_in)
    if isinstance(payload, StepFilled):
        return allocation._replace(
            used_amount=allocation.used_amount + payload.amount_in,
            received_amount=allocation.received_amount + payload.amount_out,
        )
    if isinstance(payload, RiskRejected):
        allocation = allocation._replace(is_approval=False)
    elif not isinstance(payload, _ENDS):
        return allocation
    return _ended(allocation, event, _end_of(payload))


_ENDS = (ExecutionCompleted, ExecutionFailed, PlanRejected, IntentCancelled, IntentExpired)


def _ended(allocation: Allocation, event: AnyEvent, status: Status) -> Allocation:
    claimed, used = allocation.claim_amount, allocation.used_amount
    return allocation._replace(
        status=status,
        ended_at=event.timestamp,
        budget_usd=_kept_budget(allocation, status),
        released_amount=None if claimed is None else max(claimed - used, 0),
    )


def _kept_budget(allocation: Allocation, status: Status) -> Decimal:
    """Return what an ended claim still takes of the day's budget: the part that was spent."""
    notional, used, claimed = (
        allocation.notional_usd,
        allocation.used_amount,
        allocation.claim_amount,
    )
    if status is Status.USED:
        return notional
    if status is Status.REJECTED or not used:
        return NOTHING
    if not claimed or used >= claimed:
        return notional
    part = PRICE.divide(PRICE.multiply(notional, Decimal(used)), Decimal(claimed))
    return min(notional, part.quantize(USD_STEP, ROUND_CEILING, context=PRICE))


def _end_of(payload: Payload) -> Status:
    if isinstance(payload, ExecutionCompleted):
        return Status.USED
    if isinstance(payload, IntentExpired):
        return Status.EXPIRED
    return Status.REJECTED if isinstance(payload, RiskRejected) else Status.RELEASED


class Move(NamedTuple):
    """What changes of claims move of a portfolio's budget, whichever day that counts."""

    day: date = date.min
    """The last day of these claims. What those of earlier days move counts for nothing then."""
    budget_usd: Decimal = NOTHING

    def and_of(self, before: Allocation | None, after: Allocation) -> "Move":
        """Return this and one more change."""
        moved = after.budget_usd - (NOTHING if before is None else before.budget_usd)
        if after.day > self.day:
            return Move(after.day, moved)
        return self if after.day < self.day else Move(self.day, self.budget_usd + moved)


def moved_budget(
    day: date, total: Decimal, before: Allocation | None, after: Allocation
) -> tuple[date, Decimal]:
    """Return a portfolio's day and what is claimed or used of its budget, after a change.

    The day never goes back. What ends on a later day than it was approved gives nothing back.
    """
    if after.day > day:
        day, total = after.day, NOTHING
    if after.day == day:
        total += after.budget_usd - (NOTHING if before is None else before.budget_usd)
    return day, total
