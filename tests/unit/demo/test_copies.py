"""Delivery is at least once: no copy of an event may look like a fault to the demo."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tests.replay.golden import read_history
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.operations.demo import timeline
from tradewind.operations.demo.journey import Journey
from tradewind.operations.demo.platform_client import PlatformClient
from tradewind.operations.demo.scenarios import ON_CHAIN, ON_PAPER, Scenario
from tradewind.operations.demo.session import Session
from tradewind.trading.tokens import load_tokens

BY_NAME = {scenario.name: scenario for scenario in (*ON_PAPER, *ON_CHAIN)}
RECORDED = {
    "paper_partial_fills": BY_NAME["partial fills"],
    "chain_acquire": BY_NAME["buy on chain"],
    "chain_reorg": BY_NAME["buy on chain"],
    "risk_notional_limit": BY_NAME["too much money"],
    "plan_amount_too_small": BY_NAME["too little money"],
}
"""Golden histories, and the scenario that each is what it should be for."""
PATIENCE_SECONDS = 60.0

type Seen = dict[str, Any]


def as_seen(name: str) -> list[Seen]:
    """Return a golden history as a client of the stream gets it."""
    return [event.model_dump(mode="json") for event in read_history(name)]


HISTORIES = {name: as_seen(name) for name in RECORDED}


def travel(scenario: Scenario, stream: Sequence[Seen]) -> Journey:
    journey = Journey(1, scenario, sent_at=0.0, intent_id="01")
    for number, event in enumerate(stream):
        journey.see(event, seen_at=number / 1_000)
    return journey


def what_happened(journey: Journey) -> tuple[object, ...]:
    """Return everything the summary says of a journey, times aside."""
    topics = [moment.topic for moment in journey.moments]
    return topics, journey.fault, journey.ended, journey.chain_fill, journey.venue


@pytest.mark.parametrize("name", RECORDED)
@given(data=st.data())
def test_copies_in_any_order_change_nothing(name: str, data: st.DataObject) -> None:
    events = HISTORIES[name]
    copies = data.draw(st.lists(st.sampled_from(events), max_size=2 * len(events)))
    stream = data.draw(st.permutations([*events, *copies]))
    journey = travel(RECORDED[name], stream)

    assert what_happened(journey) == what_happened(travel(RECORDED[name], events))
    assert journey.fault is None
    assert journey.ended
    assert journey.copies == len(copies)


@pytest.mark.parametrize("name", RECORDED)
@given(data=st.data())
def test_copies_do_not_hide_an_event_that_is_missing(name: str, data: st.DataObject) -> None:
    events = HISTORIES[name]
    missing = data.draw(st.integers(0, len(events) - 1))
    left = events[:missing] + events[missing + 1 :]
    copies = data.draw(st.lists(st.sampled_from(left), max_size=len(events)))
    journey = travel(RECORDED[name], data.draw(st.permutations([*left, *copies])))

    assert not journey.ended
    assert journey.fault is not None
    assert "has a gap" in journey.fault or journey.fault.startswith("still at")


@pytest.mark.parametrize("position", [1, 4, 9], ids=["at once", "meanwhile", "after the end"])
def test_the_submission_that_the_ingress_relay_sent_again_is_no_gap(position: int) -> None:
    events = HISTORIES["chain_acquire"]
    stream = [*events[:position], events[0], *events[position:]]
    journey = travel(RECORDED["chain_acquire"], stream)

    assert (journey.fault, journey.ended, journey.copies) == (None, True, 1)


def test_the_event_that_the_sweeper_sent_again_is_no_second_fill() -> None:
    events = HISTORIES["paper_partial_fills"]
    fill = next(event for event in events if event["topic"] == "exec.step_filled")
    journey = travel(RECORDED["paper_partial_fills"], [*events, fill, fill])

    assert len(journey.fills) == len(travel(RECORDED["paper_partial_fills"], events).fills)


def test_the_first_of_two_that_differ_under_one_id_counts() -> None:
    (first, *others) = HISTORIES["risk_notional_limit"]
    late = {**others[-1], "payload": {**others[-1]["payload"], "reason": "SLIPPAGE_LIMIT"}}
    journey = travel(RECORDED["risk_notional_limit"], [first, *others, late])

    assert journey.fault is None


def test_two_events_at_one_place_of_the_history_are_a_fault() -> None:
    events = HISTORIES["chain_acquire"]
    other = {**events[3], "eventId": events[3]["eventId"][:-1] + "0", "topic": "plan.rejected"}
    journey = travel(RECORDED["chain_acquire"], [*events, other])

    assert journey.fault is not None
    assert "4, 4" in journey.fault


def test_what_a_limit_refuses_that_somebody_set_is_no_fault() -> None:
    """Given a refusal by a policy's limit, then the demo tells it; by the settings', it differs."""
    checks = [
        {"rule": "NOTIONAL_LIMIT", "passed": True, "scope": "settings"},
        {"rule": "DUPLICATE_INTENT", "passed": False, "scope": "defaults"},
    ]
    (first, *others) = HISTORIES["risk_notional_limit"]
    refused = {**others[-1], "payload": {**others[-1]["payload"], "checks": checks}}
    refused["payload"]["reason"] = "DUPLICATE_INTENT"
    journey = travel(BY_NAME["buy"], [first, *others[:-1], refused])
    assert (journey.fault, journey.refused_by) == (None, "DUPLICATE_INTENT (defaults)")
    console = Console(file=io.StringIO(), width=timeline.FILE_WIDTH)
    timeline.show_summary([journey], console)
    printed = cast(io.StringIO, console.file).getvalue()
    assert "Refused by limits that are in force here: 1 by DUPLICATE_INTENT (defaults)." in printed
    checks[1]["scope"] = "settings"
    journey = travel(BY_NAME["buy"], [first, *others[:-1], refused])
    assert journey.refused_by is None
    assert journey.fault is not None


class Stream:
    """A platform that answers with the id of a recorded history and streams what it is given."""

    def __init__(self, intent_id: str, stream: Sequence[Seen]) -> None:
        self._intent_id = intent_id
        self._stream = stream

    async def submit(self, body: Mapping[str, Any]) -> str:
        """Answer every request with the same intent."""
        return self._intent_id

    async def events(self) -> AsyncIterator[Seen]:
        """Yield the stream, then keep it open as a platform does."""
        for event in self._stream:
            yield event
        await asyncio.Event().wait()


@pytest.mark.parametrize("name", RECORDED)
def test_the_demo_ends_although_the_last_thing_it_sees_is_a_copy(name: str) -> None:
    events = HISTORIES[name]
    intent_id = events[0]["payload"]["intentId"]
    assert events[0]["correlationId"] == make_correlation_id(CorrelationKind.INTENT, intent_id)
    client = cast(PlatformClient, Stream(intent_id, [*events, events[-1], events[0]]))
    console = Console(file=io.StringIO(), width=timeline.FILE_WIDTH)
    session = Session(client, load_tokens(), "ethereum", console)

    async def run() -> None:
        # Patience would be over only after this.
        async with asyncio.timeout(PATIENCE_SECONDS):
            await session.run([RECORDED[name]], 10.0, 10 * PATIENCE_SECONDS)

    asyncio.run(run())
    timeline.show_summary(session.journeys, console)
    printed = cast(io.StringIO, console.file).getvalue()
    assert [journey.fault for journey in session.journeys] == [None]
    assert "2 events were sent again and recognised by their ids." in printed
    assert "The one intent ended as expected." in printed
