"""Decisions of releases in which risk had one stage, as they were told then and are told now."""

from collections.abc import Sequence

from tradewind.contracts.envelope import AnyEvent, Event, next_events, parse_event
from tradewind.contracts.intents.payloads import IntentAccepted, IntentSubmitted
from tradewind.contracts.risk.limits import RiskInputs
from tradewind.contracts.risk.payloads import RiskApproved, RiskRejected, RiskScreened
from tradewind.contracts.roles import Role
from tradewind.runtime.decisions import Decision, decision_of


def is_of_one_stage(recorded: AnyEvent) -> bool:
    """Return whether a release with one stage made a decision; those have no checks."""
    payload = recorded.payload
    return isinstance(payload, RiskApproved | RiskRejected | RiskScreened) and not payload.checks


def told_by_two_stages(cause: Event[IntentSubmitted], kept: Decision) -> Decision:
    """Return a decision that is kept, with an approval of one stage as the screening that it was.

    The old worker may have died before it published the approval. Only the portfolio stage may
    approve now, so it is asked; where the ledger has the old approval already, it adopts that one.
    """
    if not kept or kept[0].topic != RiskApproved.topic:
        return kept
    approved, accepted = (parse_event(one.data) for one in kept)
    return decision_of(_screening(cause, approved, accepted))


def _screening(
    cause: AnyEvent, approved: Event[RiskApproved], accepted: Event[IntentAccepted]
) -> list[AnyEvent]:
    found, then = approved.payload, accepted.payload
    assert isinstance(found.inputs, RiskInputs), "decisions are kept with their inputs"
    screened = RiskScreened(
        intent_id=found.intent_id,
        intent=then.intent,
        expires_at=then.expires_at,
        notional_usd=found.notional_usd,
        price_usd=found.price_usd,
        price_block_number=found.price_block_number,
        max_notional_usd=found.max_notional_usd,
        max_slippage_limit=found.max_slippage_limit,
        priority=then.priority,
        max_amount_in=then.max_amount_in,
        min_amount_out=then.min_amount_out,
        inputs=found.inputs,
    )
    return next_events(cause, [screened], producer=Role.RISK, at=approved.timestamp)


def as_recorded(cause: AnyEvent, recorded: AnyEvent, decided: Sequence[AnyEvent]) -> list[AnyEvent]:
    """Return what is decided today in the form in which a decision of one stage is recorded."""
    told = as_one_stage(cause, decided)
    if isinstance(recorded.payload, RiskScreened) and isinstance(told[0].payload, RiskApproved):
        return _screening(cause, *told)
    return told


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
