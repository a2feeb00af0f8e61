"""Who emits which topics: what a role's handlers return, and nothing else, may it publish."""

from collections.abc import Mapping
from typing import Final

from tradewind.contracts.execution.payloads import (
    ExecutionCompleted,
    ExecutionFailed,
    ExecutionStarted,
    StepFilled,
    StepReorged,
    StepSigned,
    StepSubmitted,
)
from tradewind.contracts.instruments.payloads import MarketObserved, PoolObserved, TokensObserved
from tradewind.contracts.intents.payloads import IntentAccepted, IntentExpired, IntentSubmitted
from tradewind.contracts.plans.payloads import PlanCreated, PlanRejected
from tradewind.contracts.risk.payloads import RiskApproved, RiskRejected
from tradewind.contracts.roles import consumers
from tradewind.operations.access.identities import Identity

OBSERVED: Final = frozenset(
    {
        TokensObserved.topic,
        PoolObserved.topic,
        MarketObserved.topic,
    }
)
"""What a decision was made on."""
EMITTED: Final[Mapping[Identity, frozenset[str]]] = {
    Identity.GATEWAY: frozenset({IntentSubmitted.topic}),
    Identity.RISK: OBSERVED
    | {
        RiskApproved.topic,
        RiskRejected.topic,
        IntentAccepted.topic,
        IntentExpired.topic,
    },
    Identity.PLANNER: OBSERVED
    | {
        PlanCreated.topic,
        PlanRejected.topic,
        IntentExpired.topic,
    },
    Identity.ORCHESTRATOR: frozenset(
        {
            ExecutionStarted.topic,
            StepSigned.topic,
            StepSubmitted.topic,
            StepReorged.topic,
            StepFilled.topic,
            ExecutionCompleted.topic,
            ExecutionFailed.topic,
            IntentExpired.topic,
        }
    ),
    Identity.SWEEPER: frozenset(consumers()),
}
"""The sweeper repeats what hands a history over."""
CONSUMED: Final[Mapping[Identity, tuple[str, ...]]] = {
    Identity.RISK: (IntentSubmitted.topic,),
    Identity.PLANNER: (IntentAccepted.topic,),
}
"""Where a role's durable has one topic, the broker holds it to that topic."""
