"""Who emits which topics: what a role's handlers return, and nothing else, may it publish."""

from collections.abc import Mapping
from typing import Final

from tradewind.access.identities import Identity
from tradewind.contracts import payloads
from tradewind.contracts.batons import BATON_HOLDERS

OBSERVED: Final = frozenset(
    {
        payloads.TokensObserved.topic,
        payloads.PoolObserved.topic,
        payloads.MarketObserved.topic,
    }
)
"""What a decision was made on."""
EMITTED: Final[Mapping[Identity, frozenset[str]]] = {
    Identity.GATEWAY: frozenset({payloads.IntentSubmitted.topic}),
    Identity.RISK: OBSERVED
    | {
        payloads.RiskApproved.topic,
        payloads.RiskRejected.topic,
        payloads.IntentAccepted.topic,
        payloads.IntentExpired.topic,
    },
    Identity.PLANNER: OBSERVED
    | {
        payloads.PlanCreated.topic,
        payloads.PlanRejected.topic,
        payloads.IntentExpired.topic,
    },
    Identity.ORCHESTRATOR: frozenset(
        {
            payloads.ExecutionStarted.topic,
            payloads.StepSigned.topic,
            payloads.StepSubmitted.topic,
            payloads.StepReorged.topic,
            payloads.StepFilled.topic,
            payloads.ExecutionCompleted.topic,
            payloads.ExecutionFailed.topic,
            payloads.IntentExpired.topic,
        }
    ),
    Identity.SWEEPER: frozenset(BATON_HOLDERS),
}
"""The sweeper repeats what hands a history over."""
CONSUMED: Final[Mapping[Identity, tuple[str, ...]]] = {
    Identity.RISK: (payloads.IntentSubmitted.topic,),
    Identity.PLANNER: (payloads.IntentAccepted.topic,),
}
"""Where a role's durable has one topic, the broker holds it to that topic."""
