"""Holds the plan of a step against the ledger: nothing is signed that is not recorded there."""

import hashlib
from typing import Final, NamedTuple, Self

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.reasons import ExecutionFailureReason
from tradewind.trading.wallet.errors import AnotherPlanRecorded, PlanNotRecorded, TransactionLost

SUPERSEDED: Final = ExecutionFailureReason.PLAN_SUPERSEDED


class PlanEvent(NamedTuple):
    """The event that a step was ordered by: its place in its history, and its bytes by SHA-256."""

    correlation_id: str
    sequence: int
    event_id: str
    body_sha256: bytes

    @classmethod
    def of(cls, event: AnyEvent, body: bytes | None = None) -> Self:
        """Return the place and hash of an event, which came in these bytes or is our own."""
        digest = hashlib.sha256(body or event.to_bytes()).digest()
        return cls(event.correlation_id, event.sequence, event.event_id, digest)


class LedgerHead(NamedTuple):
    """What the ledger has of a plan's history, read in one statement."""

    has_same_bytes: bool | None
    """Whether the plan's event has these bytes there; None when it is not recorded."""
    last_sequence: int
    last_topic: str
    is_open: bool
    cancellation_id: str | None = None
    """The request to cancel the intent, where there is one."""
    cancel_requested_by: str | None = None


def check_bytes(plan: PlanEvent, head: LedgerHead | None) -> None:
    """Raise AnotherPlanRecorded when the plan's event is recorded with other bytes."""
    if head is not None and head.has_same_bytes is False:
        raise AnotherPlanRecorded(f"the ledger has other bytes as event {plan.event_id}")


def find_refusal(plan: PlanEvent, head: LedgerHead | None) -> str:
    """Return why the plan may never be signed; empty when it is recorded and the history's head.

    Raises as `find_supersession` does, and TransactionLost when the history went on without us:
    somebody signed.
    """
    refusal = find_supersession(plan, head)
    if not refusal and head is not None and head.last_sequence > plan.sequence:
        raise TransactionLost(f"the ledger has {head.last_topic} after a plan nobody here signed")
    return refusal


def find_supersession(plan: PlanEvent, head: LedgerHead | None) -> str:
    """Return why the plan counts no more; empty when it is recorded and its history is open.

    Raises PlanNotRecorded while the ledger may still record it, and AnotherPlanRecorded when it has
    other bytes there.
    """
    check_bytes(plan, head)
    if head is None:
        raise PlanNotRecorded(f"the ledger has nothing of {plan.correlation_id} yet")
    if not head.is_open:
        return f"the history ended with {head.last_topic} at sequence {head.last_sequence}"
    if head.has_same_bytes is None:
        if head.last_sequence < plan.sequence:
            raise PlanNotRecorded(
                f"the ledger has not recorded sequence {plan.sequence}, its newest is "
                f"{head.last_topic} at {head.last_sequence}"
            )
        return f"the ledger recorded another event at sequence {plan.sequence}"
    return ""
