"""The events of an intent that belong to no single stage: submission, acceptance and its ends."""

from pydantic import Field

from tradewind.contracts.intents.model import Intent
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, IntentPayload, is_absent
from tradewind.contracts.plans.limits import PlanInputs
from tradewind.contracts.risk.limits import RiskInputs
from tradewind.contracts.wire import BaseUnits, DecimalString, Timestamp


class IntentSubmitted(IntentPayload):
    """The gateway accepted a well-formed intent."""

    topic = "intent.submitted"
    intent: Intent
    expires_at: Timestamp


class IntentAccepted(IntentPayload):
    """The intent may be planned."""

    topic = "intent.accepted"
    intent: Intent
    expires_at: Timestamp
    notional_usd: DecimalString
    priority: int = Field(ge=1, le=5)
    max_amount_in: BaseUnits | None = Field(None, exclude_if=is_absent)
    """The most that may be paid: of quote for an `acquire`, of base for a `dispose`."""
    min_amount_out: BaseUnits | None = Field(None, exclude_if=is_absent)
    """The least that a plan may yield: of base for an `acquire`, of quote for a `dispose`."""


class IntentExpired(IntentPayload):
    """The time window closed while nothing was in flight."""

    topic = "intent.expired"
    ends_history = True
    expires_at: Timestamp
    inputs: RiskInputs | PlanInputs | None = Field(None, exclude_if=is_absent)
    detail: str | None = Field(None, max_length=MAX_DETAIL_LENGTH, exclude_if=is_absent)
    """What a plan last waited for at its venue, where it was ready and could not be signed."""


class IntentCancelled(IntentPayload):
    """The intent was cancelled on request while nothing was in flight."""

    topic = "intent.cancelled"
    ends_history = True
    requested_by: str = Field(max_length=64)
