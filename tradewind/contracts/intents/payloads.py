"""The events of an intent that belong to no single stage: submission, acceptance and its ends."""

from typing import Annotated, Literal

from pydantic import Field

from tradewind.contracts.execution.payloads import TX_HASH_PATTERN, SettlementPayload, TxHash
from tradewind.contracts.ids import Ulid
from tradewind.contracts.instruments.registry import MAX_FEE_TIERS, MAX_VENUES, Pips
from tradewind.contracts.intents.model import Intent, StrategyId
from tradewind.contracts.payload import MAX_DETAIL_LENGTH, IntentPayload, is_absent
from tradewind.contracts.plans.limits import PlanInputs
from tradewind.contracts.plans.model import VenueName
from tradewind.contracts.risk.limits import PortfolioInputs, RiskInputs
from tradewind.contracts.wire import BaseUnits, DecimalString, Timestamp

MAX_REQUESTER_LENGTH = 64


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
    venues: Annotated[tuple[VenueName, ...], Field(max_length=MAX_VENUES)] | None = Field(
        None, exclude_if=is_absent
    )
    """Where the instrument may be traded; absent means everywhere."""
    fee_tiers: Annotated[tuple[Pips, ...], Field(max_length=MAX_FEE_TIERS)] | None = Field(
        None, exclude_if=is_absent
    )
    """The pool fees it may be traded at; absent means any."""


class IntentExpired(IntentPayload):
    """The time window closed while nothing was in flight."""

    topic = "intent.expired"
    ends_history = True
    expires_at: Timestamp
    inputs: RiskInputs | PortfolioInputs | PlanInputs | None = Field(None, exclude_if=is_absent)
    detail: str | None = Field(None, max_length=MAX_DETAIL_LENGTH, exclude_if=is_absent)
    """What a plan last waited for at its venue, where it was ready and could not be signed."""


class IntentCancelRequested(IntentPayload):
    """Somebody asked for the intent to be cancelled. It opens a history of its own.

    Only the role that may extend the intent's history can cancel it, at its next decision.
    """

    topic = "intent.cancel_requested"
    requested_by: str = Field(min_length=1, max_length=MAX_REQUESTER_LENGTH)
    """The id of the key, or the user, that asked."""
    strategy_id: StrategyId


class IntentCancelNoted(IntentPayload):
    """The orchestrator knows of the request: it signs nothing more, and cancels what it signed.

    What became of the intent stands in the intent's own history.
    """

    topic = "intent.cancel_noted"
    ends_history = True
    strategy_id: StrategyId


class IntentCancelled(IntentPayload, SettlementPayload):
    """The intent was cancelled on request: nothing of it is in flight any more.

    What was in flight has a `proof`, and what was executed before is told.
    """

    topic = "intent.cancelled"
    ends_history = True
    requested_by: str = Field(max_length=MAX_REQUESTER_LENGTH)
    cancellation_id: Ulid | None = Field(None, exclude_if=is_absent)
    """The `eventId` of the `intent.cancel_requested`."""
    detail: str | None = Field(None, max_length=MAX_DETAIL_LENGTH, exclude_if=is_absent)
    """How far the intent had come."""
    plan_id: Ulid | None = Field(None, exclude_if=is_absent)
    proof: Literal["cancelled"] | None = Field(None, exclude_if=is_absent)
    """Set where a step was in flight: a transfer of nothing took its nonce, or the simulated venue
    dropped what was not filled yet."""
    tx_hash: TxHash | None = Field(None, pattern=TX_HASH_PATTERN, exclude_if=is_absent)
    """The transaction that took the nonce."""
    block_number: int | None = Field(None, ge=0, exclude_if=is_absent)
    amount_in: BaseUnits | None = Field(None, exclude_if=is_absent)
    """What had been paid until then; absent where nothing had."""
    amount_out: BaseUnits | None = Field(None, exclude_if=is_absent)
    """What had been received for it."""

    @property
    def case(self) -> str:
        """The proof, where something was in flight."""
        return self.proof or ""
