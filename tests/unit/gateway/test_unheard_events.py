"""While nobody listens, only those events are read that say of whom later ones are."""

import json

import pytest

from gateway.ports import StoredMessage
from gateway.stream.events import StreamEvent
from gateway.stream.facets import NO_FACTS
from gateway.stream.hub import StreamHub
from tests.support.histories import History
from tests.support.signal_histories import observed_signal, rejected_signal
from tests.unit.gateway.support import stored
from tradewind.contracts.envelope import AnyEvent

INTENT = History(1)
HISTORIES = {
    "intent": INTENT.completed(),
    "rejected": INTENT.events(INTENT.rejected()),
    "signal": observed_signal(1),
    "rejected signal": rejected_signal(2),
}


def messages_of(history: list[AnyEvent]) -> list[StoredMessage]:
    return [stored(event, number) for number, event in enumerate(history, start=1)]


@pytest.mark.parametrize("name", HISTORIES)
def test_an_event_that_is_passed_over_says_nothing(name: str) -> None:
    events = [StreamEvent(message) for message in messages_of(list(HISTORIES[name]))]
    assert any(event.may_teach for event in events)
    for event in events:
        frame = event.frame
        assert frame is not None
        told = frame.strategy_id is not None or frame.facts != NO_FACTS
        assert event.may_teach or not told, frame.topic


def test_a_strategy_in_another_spelling_is_not_passed_over() -> None:
    plain = stored(HISTORIES["intent"][0], 1)
    data = plain.data.replace(b'"strategy_id"', rb'"\u0073trategy_id"')
    assert b"strategy_id" not in data
    assert json.loads(data) == json.loads(plain.data)
    event = StreamEvent(StoredMessage(1, plain.subject, data, 0.0))
    assert event.may_teach
    assert event.frame is not None
    assert event.frame.strategy_id is not None


def test_nobody_listening_learns_the_strategy_and_reads_little() -> None:
    hub, messages = StreamHub(), messages_of(list(HISTORIES["intent"]))
    for message in messages:
        hub.publish(message)
    events = hub.recent(0, len(messages))
    assert [event.sequence for event in events] == [message.sequence for message in messages]
    read = [event for event in events if "frame" in vars(event)]
    assert 1 <= len(read) <= len(events) // 2
    last, first = events[-1].frame, events[0].frame
    assert last is not None
    assert first is not None
    assert last.strategy_id is None
    assert hub.strategies.strategy_of(last) == first.strategy_id
