"""The triggers of the lifecycles of an intent, its plan and its steps: one per topic and case."""

from typing import Final

from tradewind.contracts.execution.payloads import (
    FINAL,
    PARTIAL,
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionStarted,
    StepFilled,
    StepReorged,
    StepSigned,
    StepSubmitted,
)
from tradewind.contracts.intents.payloads import (
    IntentAccepted,
    IntentCancelled,
    IntentExpired,
    IntentSubmitted,
)
from tradewind.contracts.lifecycle import Custody, Trigger
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.risk.payloads import (
    RiskApprovalRequired,
    RiskApproved,
    RiskRejected,
    RiskScreened,
)
from tradewind.contracts.roles import Role

PROOFS: Final = ("not_submitted", "reverted", "cancelled", "nonce_taken")

SUBMITTED: Final = Trigger(IntentSubmitted.topic)
SCREENED: Final = Trigger(RiskScreened.topic)
APPROVAL_REQUIRED: Final = Trigger(RiskApprovalRequired.topic)
APPROVED: Final = Trigger(RiskApproved.topic)
RISK_REJECTED: Final = Trigger(RiskRejected.topic)
ACCEPTED: Final = Trigger(IntentAccepted.topic)
PLANNED: Final = Trigger(PlanCreated.topic)
PLAN_REJECTED: Final = Trigger(PlanRejected.topic)
STARTED: Final = Trigger(ExecutionStarted.topic)
STEP_SIGNED: Final = Trigger(StepSigned.topic)
STEP_SUBMITTED: Final = Trigger(StepSubmitted.topic)
STEP_REORGED: Final = Trigger(StepReorged.topic)
EXPIRED: Final = Trigger(IntentExpired.topic)
CANCELLED: Final = Trigger(IntentCancelled.topic)
CANCELLED_IN_FLIGHT: Final = Trigger(IntentCancelled.topic, "cancelled")
COMPLETED: Final = Trigger(ExecutionCompleted.topic)
FILLED_PARTLY: Final = Trigger(StepFilled.topic, PARTIAL)
FILLED: Final = Trigger(StepFilled.topic, FINAL)
NOT_SUBMITTED, REVERTED, CANCELLED_ON_CHAIN, NONCE_TAKEN = (
    Trigger(ExecutionFailed.topic, proof) for proof in PROOFS
)

ORCHESTRATOR: Final = Custody(Role.ORCHESTRATOR, "confirm_by")
"""The orchestrator owns every unknown outcome, until `confirm_by` of the event that opened it."""
