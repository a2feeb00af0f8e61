"""An event made from proven bytes is the event that validating them gives."""

import hashlib
import itertools
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtest.mixed_history import mixed_histories
from tests.support.examples import examples
from tests.support.histories import History
from tests.support.ledger_rows import row_of, stored, stored_text
from tests.support.strategies import events
from tradewind.contracts.envelope import AnyEvent, parse_event, read_proven
from tradewind.contracts.payload import Payload
from tradewind.contracts.reading.reader import IS_COMPILED
from tradewind.contracts.registry import PAYLOAD_TYPES
from tradewind.ledger.history.trusted_parsing import read_payload
from tradewind.ledger.records import HistoryDamaged, prove, to_recorded

MIXED = list(itertools.chain.from_iterable(itertools.islice(mixed_histories(5), 200)))
ON_CHAIN = History().events(
    *History().until_planned(), History().step_signed(), History().step_reorged()
)


compiled = pytest.mark.skipif(not IS_COMPILED, reason="the extension is not built")


def check_same(event: AnyEvent) -> None:
    recorded = to_recorded(row_of(event))
    check_alike(event)
    validated = parse_event(event.to_bytes())
    assert recorded.body == event.to_bytes()
    assert type(recorded.event) is type(validated)
    assert type(recorded.event.payload) is type(validated.payload)
    assert recorded.event == validated
    assert repr(recorded.event) == repr(validated)
    assert recorded.event.to_bytes() == recorded.body


def check_alike(event: AnyEvent) -> None:
    """Check that what reads rows in Rust, and what does so in Python, make the same of them."""
    read, proven = read_proven(row_of(event)), prove(row_of(event))
    if read is None or proven is None:
        return
    assert read[1] == proven[1]
    assert type(read[0].payload) is type(proven[0].payload)
    assert repr(read[0]) == repr(proven[0])
    assert list(vars(read[0])) == list(vars(proven[0]))
    assert read[0].to_bytes() == read[1]


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
    read = read_payload(event.topic, stored(written))
    assert orjson.dumps(read.written) == orjson.dumps(written)
    assert read.value == event.payload


@compiled
@pytest.mark.parametrize("event", [*MIXED, *ON_CHAIN], ids=lambda event: event.topic)
def test_the_quickest_way_is_taken(event: AnyEvent) -> None:
    assert read_proven(row_of(event)) is not None


@compiled
@pytest.mark.parametrize(
    "payload",
    ["", "{", "{}", "[]", "null", '{"a"}', '{"a": ', '{"a": "', '{"a": "\\', "[" * 100_000, '"\\'],
    ids=lambda payload: payload[:9],
)
def test_what_is_no_row_of_ours_is_left_to_python(payload: str) -> None:
    assert read_proven(row_of(MIXED[0], payload=payload)) is None
    assert read_proven(row_of(MIXED[0], payload=None)) is None
    assert read_proven({}) is None


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
    assert changes.keys() == {"body"} or read_proven(row_of(MIXED[0], **changes)) is None
    with pytest.raises(HistoryDamaged):
        to_recorded(row_of(MIXED[0], **changes))


def test_one_more_key_is_damage() -> None:
    event = MIXED[0]
    payload = orjson.loads(event.to_bytes())["payload"] | {"more": 1}
    with pytest.raises(HistoryDamaged):
        to_recorded(row_of(event, payload=stored_text(payload)))


def test_what_is_equal_but_written_otherwise_is_not_taken_for_it() -> None:
    event = MIXED[0]
    to_recorded(row_of(event))
    written = orjson.loads(event.to_bytes())
    for asset in written["payload"]["intent"]["assets"]:
        asset["decimals"] = float(asset["decimals"])
    changes = {
        "payload": stored_text(written["payload"]),
        "body_sha256": hashlib.sha256(orjson.dumps(written)).digest(),
    }
    with pytest.raises(HistoryDamaged):
        to_recorded(row_of(event, **changes))
