"""An event made from proven bytes is the event that validating them gives."""

import hashlib
import itertools
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtest.mixed_history import mixed_histories
from tests.support.examples import examples
from tests.support.histories import History
from tests.support.strategies import events
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.payload import Payload
from tradewind.contracts.registry import PAYLOAD_TYPES
from tradewind.ledger.history.trusted_parsing import read_payload
from tradewind.ledger.records import HistoryDamaged, to_recorded

MIXED = list(itertools.chain.from_iterable(itertools.islice(mixed_histories(5), 200)))
ON_CHAIN = History().events(
    *History().until_planned(), History().step_signed(), History().step_reorged()
)


def shuffled(value: Any) -> Any:
    """Return JSON with its keys in another order, as jsonb gives them back."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key), key))
        return {key: shuffled(value[key]) for key in keys}
    return [shuffled(one) for one in value] if isinstance(value, list) else value


def row_of(event: AnyEvent, **changes: Any) -> Mapping[str, Any]:
    """Return an event as the ledger keeps it."""
    return {
        "event_id": event.event_id,
        "time": event.timestamp.replace(fold=0),
        "topic": event.topic,
        "correlation_id": event.correlation_id,
        "causation_id": event.causation_id,
        "payload": orjson.dumps(shuffled(orjson.loads(event.to_bytes())["payload"])).decode(),
        "version": event.version,
        "sequence": event.sequence,
        "instrument": event.key.instrument,
        "portfolio": event.key.portfolio,
        "producer": event.producer,
        "global_seq": 1,
        "recorded_at": event.timestamp,
        "body": None,
        "body_sha256": hashlib.sha256(event.to_bytes()).digest(),
    } | changes


def check_same(event: AnyEvent) -> None:
    recorded = to_recorded(row_of(event))
    validated = parse_event(event.to_bytes())
    assert recorded.body == event.to_bytes()
    assert type(recorded.event) is type(validated)
    assert type(recorded.event.payload) is type(validated.payload)
    assert recorded.event == validated
    assert repr(recorded.event) == repr(validated)
    assert recorded.event.to_bytes() == recorded.body


@pytest.mark.parametrize("model", PAYLOAD_TYPES, ids=lambda model: model.topic)
@settings(max_examples=examples(12))
@given(data=st.data())
def test_any_event_comes_back_as_it_was(model: type[Payload], data: st.DataObject) -> None:
    check_same(data.draw(events(model)))


def test_a_mixed_history_comes_back_as_it_was() -> None:
    for event in (*MIXED, *ON_CHAIN):
        check_same(event)


@pytest.mark.parametrize("event", [*MIXED[:20], *ON_CHAIN], ids=lambda event: event.topic)
def test_the_quick_way_is_taken(event: AnyEvent) -> None:
    written = orjson.loads(event.to_bytes())["payload"]
    read = read_payload(event.topic, shuffled(written))
    assert orjson.dumps(read.written) == orjson.dumps(written)
    assert read.value == event.payload


@pytest.mark.parametrize(
    "changes",
    [
        {"producer": "another"},
        {"sequence": 2},
        {"payload": "{}"},
        {"payload": "[]"},
        {"payload": "null"},
        {"topic": "no.topic"},
        {"body_sha256": b"\0" * 32},
        {"body": b"{}"},
    ],
    ids=str,
)
def test_whatever_was_changed_is_damage(changes: dict[str, Any]) -> None:
    with pytest.raises(HistoryDamaged):
        to_recorded(row_of(MIXED[0], **changes))


def test_one_more_key_is_damage() -> None:
    event = MIXED[0]
    payload = orjson.loads(event.to_bytes())["payload"] | {"more": 1}
    with pytest.raises(HistoryDamaged):
        to_recorded(row_of(event, payload=orjson.dumps(payload).decode()))


def test_what_is_equal_but_written_otherwise_is_not_taken_for_it() -> None:
    event = MIXED[0]
    to_recorded(row_of(event))
    written = orjson.loads(event.to_bytes())
    for asset in written["payload"]["intent"]["assets"]:
        asset["decimals"] = float(asset["decimals"])
    changes = {
        "payload": orjson.dumps(written["payload"]).decode(),
        "body_sha256": hashlib.sha256(orjson.dumps(written)).digest(),
    }
    with pytest.raises(HistoryDamaged):
        to_recorded(row_of(event, **changes))
