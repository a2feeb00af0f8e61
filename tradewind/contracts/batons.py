"""Who has to act on which event: at any moment one role may extend a history (design section 1)."""

from typing import Final

from tradewind.contracts import payloads
from tradewind.contracts.names import Role

BATON_HOLDERS: Final = {
    payloads.IntentSubmitted.topic: Role.RISK,
    payloads.IntentAccepted.topic: Role.PLANNER,
    payloads.PlanCreated.topic: Role.ORCHESTRATOR,
    payloads.StepSigned.topic: Role.ORCHESTRATOR,
    payloads.StepSubmitted.topic: Role.ORCHESTRATOR,
    payloads.StepReorged.topic: Role.ORCHESTRATOR,
    payloads.StepFilled.topic: Role.ORCHESTRATOR,
}
"""The events that hand a history over. What another topic says, the same role says more of."""

ENDS: Final = frozenset(
    {
        payloads.RiskRejected.topic,
        payloads.PlanRejected.topic,
        payloads.ExecutionCompleted.topic,
        payloads.ExecutionFailed.topic,
        payloads.IntentExpired.topic,
        payloads.IntentCancelled.topic,
        payloads.TokensObserved.topic,
        payloads.PoolObserved.topic,
        payloads.MarketObserved.topic,
        payloads.DeadLetterRetried.topic,
        payloads.DeadLetterResolved.topic,
    }
)
"""The events nothing follows."""
