"""Decisions as they were told while risk had one stage, for histories of that time."""

from collections.abc import Sequence

from tradewind.contracts.envelope import AnyEvent, next_events
from tradewind.contracts.intents.payloads import IntentAccepted
from tradewind.contracts.risk.payloads import RiskApproved, RiskRejected, RiskScreened
from tradewind.contracts.roles import Role


def is_of_one_stage(recorded: AnyEvent) -> bool:
    """Return whether a release with one stage made a decision; those have no checks."""
    payload = recorded.payload
    return isinstance(payload, RiskApproved | RiskRejected) and payload.checks is None


def as_one_stage(cause: AnyEvent, decided: Sequence[AnyEvent]) -> list[AnyEvent]:
    """Return the approval and acceptance that one stage would have told for a screening."""
    (said,) = decided
    screened = said.payload
    if not isinstance(screened, RiskScreened):
        return list(decided)
    approved = RiskApproved(
        intent_id=screened.intent_id,
        notional_usd=screened.notional_usd,
        price_usd=screened.price_usd,
        price_block_number=screened.price_block_number,
        max_notional_usd=screened.max_notional_usd,
        max_slippage_limit=screened.max_slippage_limit,
        inputs=screened.inputs,
    )
    accepted = IntentAccepted(
        intent_id=screened.intent_id,
        intent=screened.intent,
        expires_at=screened.expires_at,
        notional_usd=screened.notional_usd,
        priority=screened.priority,
        max_amount_in=screened.max_amount_in,
        min_amount_out=screened.min_amount_out,
    )
    return next_events(cause, [approved, accepted], producer=Role.RISK, at=said.timestamp)
