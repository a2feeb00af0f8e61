"""The demo must notice every way in which an intent can end otherwise than it should."""

from typing import Any

import pytest

from tradewind.contracts.registry import TOPICS
from tradewind.operations.demo.journey import TERMINAL_TOPICS, Journey
from tradewind.operations.demo.scenarios import ON_CHAIN, ON_PAPER, WITHOUT_CHAIN, Scenario

SCENARIOS = (*ON_PAPER, *WITHOUT_CHAIN, *ON_CHAIN)
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
FILLED = [
    "intent.submitted",
    "risk.screened",
    "risk.approved",
    "intent.accepted",
    "plan.created",
    "exec.started",
]


def happened(topic: str, sequence: int, **payload: Any) -> dict[str, Any]:
    """Return an event as a client sees it."""
    event_id = f"event-{sequence}-{topic}"
    return {"eventId": event_id, "topic": topic, "sequence": sequence, "payload": payload}


def travel(scenario: Scenario, topics: list[str], **last_payload: Any) -> Journey:
    journey = Journey(1, scenario, sent_at=10.0, intent_id="01")
    for sequence, topic in enumerate(topics, start=1):
        payload = last_payload if sequence == len(topics) else {}
        journey.see(happened(topic, sequence, **payload), seen_at=10.0 + sequence / 1_000)
    return journey


def test_a_journey_that_ends_as_its_scenario_says_has_no_fault() -> None:
    journey = travel(BY_NAME["buy"], [*FILLED, "exec.step_filled", "exec.completed"])

    assert journey.ended
    assert journey.fault is None


def test_moments_carry_the_time_since_the_request_and_since_the_event_before() -> None:
    journey = travel(BY_NAME["buy"], FILLED)

    assert [round(moment.at_ms) for moment in journey.moments] == [1, 2, 3, 4, 5, 6]
    assert [round(moment.since_previous_ms) for moment in journey.moments] == [1] * 6


def test_a_journey_without_its_last_event_has_not_ended() -> None:
    journey = travel(BY_NAME["buy"], FILLED)

    assert not journey.ended
    assert journey.fault == "still at exec.started"


def test_a_journey_that_waits_for_a_person_has_no_fault() -> None:
    """Given a threshold that is in force here, then nothing more comes until somebody answers."""
    waiting = travel(BY_NAME["buy"], [*FILLED[:2], "risk.approval_required"])
    assert waiting.waits_for_approval
    assert waiting.ended
    assert waiting.fault is None

    waiting.see(happened("risk.approved", 4), seen_at=11.0)
    assert not waiting.waits_for_approval
    assert not waiting.ended
    assert waiting.fault == "still at risk.approved"


def test_what_was_not_seen_before_an_approval_is_a_fault() -> None:
    journey = Journey(1, BY_NAME["buy"], sent_at=0.0, intent_id="01")
    journey.see(happened("risk.approval_required", 3), seen_at=1.0)

    assert not journey.ended
    assert journey.fault == "still at risk.approval_required"


def test_a_journey_nobody_heard_of_is_a_fault() -> None:
    assert travel(BY_NAME["buy"], []).fault == "no event at all"


def test_another_end_than_expected_is_a_fault() -> None:
    journey = travel(
        BY_NAME["buy"], ["intent.submitted", "risk.rejected"], reason="NOTIONAL_LIMIT", detail="!"
    )

    assert journey.fault == "risk.rejected (NOTIONAL_LIMIT: !), not exec.completed"


def test_the_right_end_for_the_wrong_reason_is_a_fault() -> None:
    scenario = BY_NAME["too much money"]
    journey = travel(
        scenario, ["intent.submitted", "risk.rejected"], reason="SLIPPAGE_LIMIT", detail="!"
    )

    assert journey.fault == "SLIPPAGE_LIMIT: !, not NOTIONAL_LIMIT"


def test_too_few_fills_are_a_fault() -> None:
    scenario = BY_NAME["partial fills"]
    once = travel(scenario, [*FILLED, "exec.step_filled", "exec.completed"])
    twice = travel(scenario, [*FILLED, "exec.step_filled", "exec.step_filled", "exec.completed"])

    assert once.fault == "1 of at least 2 fills"
    assert twice.fault is None


def test_a_gap_in_the_sequence_is_a_fault() -> None:
    journey = Journey(1, BY_NAME["buy"], sent_at=0.0, intent_id="01")
    for sequence in (1, 3):
        journey.see(happened("exec.completed", sequence), seen_at=1.0)

    assert journey.fault == "sequence [1, 3] has a gap"


def test_the_wrong_venue_is_a_fault() -> None:
    for name, venue in (("buy", "uniswap_v3"), ("buy on chain", "simulated")):
        journey = travel(BY_NAME[name], FILLED, venue=venue)
        journey.see(happened("exec.completed", 7), seen_at=11.0)
        assert journey.fault == f"executed on {venue}, not {BY_NAME[name].venue}"


def test_only_a_fill_on_a_chain_is_kept() -> None:
    for venue, is_kept in (("uniswap_v3", True), ("simulated", False)):
        journey = travel(BY_NAME["buy"], FILLED, venue=venue)
        journey.see(happened("exec.step_filled", 7, a=1), seen_at=11.0)
        assert journey.chain_fill == ({"a": 1} if is_kept else None)


def test_a_refused_request_has_ended_with_a_fault() -> None:
    journey = Journey(1, BY_NAME["buy"], sent_at=0.0, problem="HTTP 503: the broker is away")

    assert journey.ended
    assert journey.fault == "HTTP 503: the broker is away"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_scenario_ends_with_a_topic_that_can_end_an_intent(scenario: Scenario) -> None:
    assert scenario.ends_with in TERMINAL_TOPICS <= TOPICS
