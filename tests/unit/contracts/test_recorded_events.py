"""Events written before plans had routes over several pools must still be read as they were."""

import hashlib
from pathlib import Path

import pytest

from tradewind.contracts.envelope import parse_event
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.ledger.append.incoming import Incoming, read_message

RECORDED = Path(__file__).with_name("recorded_events.jsonl").read_bytes().splitlines()


@pytest.mark.parametrize("body", RECORDED, ids=lambda body: parse_event(body).topic)
def test_a_recorded_event_is_written_again_with_the_same_bytes(body: bytes) -> None:
    event = parse_event(body)
    assert event.to_bytes() == body
    incoming = read_message(event.subject, 1, body)
    assert isinstance(incoming, Incoming)
    assert (incoming.canonical, incoming.body_sha256) == (body, hashlib.sha256(body).digest())


def test_a_recorded_plan_is_a_swap_in_one_pool() -> None:
    plans = [
        event for event in map(parse_event, RECORDED) if isinstance(event.payload, PlanCreated)
    ]
    routes = [step.route for event in plans for step in event.payload.steps]
    assert [(route.path, route.legs) for route in routes] == [("direct", ())]
