"""Looks up the states that an event leads to in the lifecycles of intent, plan and step."""

from typing import NamedTuple

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.execution.lifecycle import STEP, StepState
from tradewind.contracts.execution.payloads import ExecutionPayload, StepPayload
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.intents.lifecycle import INTENT, IntentState
from tradewind.contracts.lifecycle import Facts, trigger_of
from tradewind.contracts.payload import IntentPayload, Payload, is_a
from tradewind.contracts.plans.lifecycle import PLAN, PlanStatus
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.readmodels.models.intent import IntentDocument
from tradewind.readmodels.models.plan import PlanDocument, step_index

_PLAN_TRIGGERS = frozenset(line.trigger for line in PLAN.transitions)
_STEP_TRIGGERS = frozenset(line.trigger for line in STEP.transitions)
_NO_FACTS = Facts()
_INTENT_PREFIX = make_correlation_id(CorrelationKind.INTENT, "")


class NextStates(NamedTuple):
    """The states an allowed event leads to; None for a lifecycle that it does not concern."""

    intent: IntentState
    plan: PlanStatus | None
    step: StepState | None


def find_next_states(
    intent: IntentDocument | None, plan: PlanDocument | None, event: AnyEvent
) -> NextStates | None:
    """Return the next states; None when any lifecycle the event concerns forbids it."""
    payload = event.payload
    if not _belongs(event, intent, plan):
        return None
    trigger = trigger_of(payload, event.topic)
    facts = _facts(intent, plan)
    state = INTENT.next(intent.state if intent else None, trigger, facts)
    if state is None:
        return None
    if trigger not in _PLAN_TRIGGERS or (plan is None and not is_a(payload, PlanCreated)):
        return NextStates(state, None, None)
    status = PLAN.next(plan.status if plan else None, trigger, facts)
    if status is None:
        return None
    if trigger not in _STEP_TRIGGERS:
        return NextStates(state, status, None)
    step = STEP.next(_step_state(plan, payload), trigger, facts)
    return None if step is None else NextStates(state, status, step)


def _belongs(event: AnyEvent, intent: IntentDocument | None, plan: PlanDocument | None) -> bool:
    """Return whether the event names this history's intent, plan and an existing step."""
    payload = event.payload
    if not is_a(payload, IntentPayload):
        return False
    if event.correlation_id != _INTENT_PREFIX + payload.intent_id:
        return False
    if intent is not None and payload.intent_id != intent.intent_id:
        return False
    if is_a(payload, ExecutionPayload) and (plan is None or payload.plan_id != plan.plan_id):
        return False
    if is_a(payload, StepPayload) and plan is not None:
        return payload.step_index < len(plan.steps)
    return True


def _facts(intent: IntentDocument | None, plan: PlanDocument | None) -> Facts:
    if intent is None:
        return _NO_FACTS
    return Facts(
        risk_approved=intent.summary.notional_usd is not None,
        in_flight=intent.in_flight is not None,
        every_step_filled=plan is not None
        and all(step.state is StepState.FILLED for step in plan.steps),
    )


def _step_state(plan: PlanDocument | None, payload: Payload) -> StepState | None:
    return None if plan is None else plan.steps[step_index(plan, payload)].state
