"""The tables allow what they list and refuse everything else."""

from enum import StrEnum
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.contracts.execution.payloads import FINAL, PARTIAL, ExecutionFailed, StepFilled
from tradewind.contracts.intents import triggers
from tradewind.contracts.intents.lifecycle import INTENT, IntentState
from tradewind.contracts.lifecycle import Facts, Guard, Lifecycle, Trigger
from tradewind.contracts.plans.lifecycle import PLAN, PlanStatus
from tradewind.contracts.registry import LIFECYCLES, TOPICS

CASES = {
    StepFilled.topic: (PARTIAL, FINAL),
    ExecutionFailed.topic: triggers.PROOFS,
}
FACTS = [Facts(*values) for values in product((False, True), repeat=len(Facts._fields))]
TRIGGERS = sorted(
    {Trigger(topic) for topic in TOPICS}
    | {line.trigger for lifecycle in LIFECYCLES for line in lifecycle.transitions}
)


def cases() -> list[tuple[Lifecycle[Any], StrEnum | None, Trigger]]:
    return [
        (lifecycle, state, trigger)
        for lifecycle in LIFECYCLES
        for state, trigger in product((None, *lifecycle.states), TRIGGERS)
    ]


@given(st.sampled_from(cases()), st.sampled_from(FACTS))
def test_every_illegal_transition_is_refused(
    case: tuple[Lifecycle[Any], StrEnum | None, Trigger], facts: Facts
) -> None:
    lifecycle, state, trigger = case
    allowed = [
        line.target
        for line in lifecycle.transitions
        if (line.source, line.trigger) == (state, trigger) and line.guard.holds(facts)
    ]
    assert lifecycle.next(state, trigger, facts) == (allowed[0] if allowed else None)


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.name)
def test_nothing_leaves_a_terminal_state(lifecycle: Lifecycle[Any]) -> None:
    assert lifecycle.terminal
    for state, trigger, facts in product(lifecycle.terminal, TRIGGERS, FACTS):
        assert lifecycle.next(state, trigger, facts) is None


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.name)
def test_every_state_can_be_reached_and_every_open_one_left(lifecycle: Lifecycle[Any]) -> None:
    assert {line.target for line in lifecycle.transitions} == set(lifecycle.states)
    reached: set[StrEnum | None] = {None}
    for _ in lifecycle.states:
        reached |= {line.target for line in lifecycle.transitions if line.source in reached}
    assert reached == {None, *lifecycle.states}


@pytest.mark.parametrize("lifecycle", [INTENT, PLAN], ids=lambda lifecycle: lifecycle.name)
def test_nothing_in_flight_is_ever_given_up(lifecycle: Lifecycle[Any]) -> None:
    facts = Facts(risk_approved=True, in_flight=True)
    for state, trigger in product(lifecycle.states, TRIGGERS):
        target = lifecycle.next(state, trigger, facts)
        assert target != "expired"
        if target == "failed":
            assert trigger.case in ("reverted", "cancelled", "nonce_taken")
        if target == "cancelled":
            assert trigger.case == "cancelled"


def test_every_trigger_is_a_topic() -> None:
    for lifecycle in LIFECYCLES:
        assert {line.trigger for line in lifecycle.transitions} <= set(TRIGGERS)


def test_acceptance_needs_approval() -> None:
    accepted = Trigger("intent.accepted")
    assert INTENT.next(IntentState.SUBMITTED, accepted, Facts()) is None
    assert INTENT.next(IntentState.SUBMITTED, accepted, Facts(risk_approved=True)) is not None


def test_completion_needs_every_fill() -> None:
    completed = Trigger("exec.completed")
    assert PLAN.next(PlanStatus.IN_PROGRESS, completed, Facts()) is None
    done = Facts(every_step_filled=True)
    assert PLAN.next(PlanStatus.IN_PROGRESS, completed, done) is PlanStatus.COMPLETED


def test_unknown_states_have_an_owner_and_a_deadline() -> None:
    for lifecycle in LIFECYCLES:
        assert not set(lifecycle.unknown) & lifecycle.terminal
        assert all(custody.owner and custody.deadline for custody in lifecycle.unknown.values())


def test_two_lines_for_one_case_are_refused() -> None:
    line = INTENT.transitions[0]
    with pytest.raises(ValueError, match="two lines"):
        Lifecycle("double", INTENT.states, (line, line), {})


def test_guards_say_what_they_ask() -> None:
    assert all(guard.value for guard in Guard if guard is not Guard.NONE)
