"""The stages an intent goes through: which of them an event ends."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from tradewind.contracts.execution.payloads import (
    ExecutionCompleted,
    ExecutionStarted,
    StepFilled,
    StepReorged,
    StepSigned,
    StepSubmitted,
)
from tradewind.contracts.intents.payloads import IntentAccepted
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.risk.payloads import (
    RiskApprovalRequired,
    RiskApproved,
    RiskRejected,
    RiskScreened,
)


class Stage(StrEnum):
    """A part of an intent's way; it begins where the one before it ended."""

    RISK = "risk"
    """Both stages of risk, and the wait for a person where one was asked."""
    PLAN = "plan"
    SIGN = "sign"
    SEND = "send"
    CONFIRM = "confirm"
    """From the submission of a step to the receipt of its last fill."""
    SETTLE = "settle"


STAGE_OF_TOPIC: Final[Mapping[str, Stage]] = {
    RiskScreened.topic: Stage.RISK,
    RiskApprovalRequired.topic: Stage.RISK,
    RiskApproved.topic: Stage.RISK,
    RiskRejected.topic: Stage.RISK,
    IntentAccepted.topic: Stage.RISK,
    PlanCreated.topic: Stage.PLAN,
    PlanRejected.topic: Stage.PLAN,
    ExecutionStarted.topic: Stage.SIGN,
    StepSigned.topic: Stage.SIGN,
    StepSubmitted.topic: Stage.SEND,
    StepReorged.topic: Stage.CONFIRM,
    StepFilled.topic: Stage.CONFIRM,
    ExecutionCompleted.topic: Stage.SETTLE,
}
"""The stage that an event of this topic ends, or is the latest news of."""
