"""A subscription goes on where it was, over any cut, and says what is missing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tradewind_client.subscription import (
    FINAL_CLOSE_CODES,
    Gap,
    Position,
    StreamRefused,
    Subscription,
    check_may_return,
)

SUBSCRIBED = {"type": "subscribed", "sequence": 7, "stream": "one"}


def frame(sequence: int) -> str:
    return json.dumps(
        {
            "eventId": f"id-{sequence}",
            "timestamp": "2026-11-28T12:00:00.000Z",
            "topic": "exec.started",
            "correlationId": "intent-1",
            "causationId": "id",
            "sequence": 1,
            "key": {},
            "producer": "orchestrator",
            "payload": {},
            "version": 1,
            "streamSequence": sequence,
        }
    )


def opening(subscription: Subscription) -> Any:
    return json.loads(subscription.opening()[-1])


def test_it_begins_at_the_present_and_goes_on_from_what_it_saw() -> None:
    subscription = Subscription(["exec.*"], "intent-1")
    assert opening(subscription) == {
        "action": "subscribe",
        "topics": ["exec.*"],
        "correlationId": "intent-1",
    }
    subscription.receive(json.dumps(SUBSCRIBED))
    assert opening(subscription)["resumeFrom"] == {"stream": "one", "sequence": 7}
    event = subscription.receive(frame(9))
    assert event is not None
    assert opening(subscription)["resumeFrom"] == {"stream": "one", "sequence": 9}


def test_a_heartbeat_moves_it_on() -> None:
    subscription = Subscription()
    subscription.receive(json.dumps(SUBSCRIBED))
    subscription.receive(json.dumps({"type": "heartbeat", "sequence": 30}))
    assert subscription.position == Position(30, "one")


def test_a_gap_is_raised_with_the_place_to_go_on_from() -> None:
    subscription = Subscription(resume=3)
    gap = {"type": "gap", "from": 4, "to": 9, "reason": "expired", "stream": "one"}
    with pytest.raises(Gap, match="4 to 9 are gone: expired") as raised:
        subscription.receive(json.dumps(gap))
    assert raised.value.resume == Position(9, "one")
    again = Subscription(resume=raised.value.resume)
    assert opening(again)["resumeFrom"] == {"stream": "one", "sequence": 9}


def test_a_stream_that_began_again_is_a_gap_with_smaller_numbers() -> None:
    subscription = Subscription(resume=Position(50, "one"))
    gap = {"type": "gap", "from": 1, "to": 50, "reason": "stream_reset", "stream": "two"}
    with pytest.raises(Gap) as raised:
        subscription.receive(json.dumps(gap | {"sequence": 2}))
    assert raised.value.resume == Position(2, "two")


def test_an_error_is_raised() -> None:
    error = {"type": "error", "code": "INVALID_TOPIC", "detail": "no topic"}
    with pytest.raises(StreamRefused, match="INVALID_TOPIC: no topic"):
        Subscription().receive(json.dumps(error))


def test_a_ticket_comes_first() -> None:
    first, second = Subscription().opening("ticket-1")
    assert json.loads(first) == {"action": "authenticate", "ticket": "ticket-1"}
    assert json.loads(second)["action"] == "subscribe"


@given(st.lists(st.integers(1, 40), max_size=30), st.data())
def test_cut_anywhere_nothing_is_missing_and_nothing_twice(
    stored: list[int], data: st.DataObject
) -> None:
    """Given a stream of events, when connections end anywhere, each event is yielded once."""
    events = sorted(set(stored))
    subscription, seen = Subscription(resume=0), []
    while True:
        position = subscription.position
        assert position is not None
        due = [one for one in events if one > position.sequence]
        if not due:
            break
        for one in due[: data.draw(st.integers(1, len(due)))]:
            event = subscription.receive(frame(one))
            assert event is not None
            seen.append(event.stream_sequence)
    assert seen == events


@pytest.mark.parametrize("code", [*FINAL_CLOSE_CODES, 403, 404])
def test_what_would_end_the_same_way_is_raised(code: int) -> None:
    with pytest.raises(StreamRefused, match="words"):
        check_may_return(code, "words")


@pytest.mark.parametrize("code", [None, 1000, 1001, 1006, 1011, 1012, 1013, 429, 503])
def test_what_may_pass_is_tried_again(code: int | None) -> None:
    check_may_return(code, "words")
