"""Given any bytes, when Rust reads them, then the models read the same, or nothing was read."""

import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.event_fuzz import assert_same, compare, fuzzed, recorded_bodies
from tests.support.examples import examples
from tradewind.contracts.envelope import (
    MAX_EVENT_BYTES,
    Event,
    parse_by_models,
    parse_event,
    read_canonical,
)
from tradewind.contracts.reading import reader
from tradewind.contracts.reading.description import Undescribed, describe_event
from tradewind.contracts.reading.patterns import runs_of
from tradewind.contracts.registry import PAYLOAD_TYPES, PAYLOADS
from tradewind.ledger.append.incoming import Incoming, read_message

compiled = pytest.mark.skipif(not reader.IS_COMPILED, reason="the extension is not built")
BODIES = recorded_bodies()


def test_every_event_has_a_description() -> None:
    for topic, payload in PAYLOADS.items():
        model: Any = Event[payload]  # type: ignore[valid-type]
        assert describe_event(model, topic, payload.version)[0] == "identified"


def test_what_is_not_known_has_none() -> None:
    with pytest.raises(Undescribed):
        describe_event(PAYLOAD_TYPES[0], "signal.received", 1)


@compiled
def test_recorded_events_are_read_in_rust_and_written_as_they_came() -> None:
    seen: Counter[str] = Counter()
    for body in BODIES:
        compare(body, seen)
    assert seen == {"read in Rust": len(BODIES)}
    incoming = read_message(parse_event(BODIES[0]).subject, 1, BODIES[0])
    assert isinstance(incoming, Incoming)
    assert incoming.canonical is incoming.body is BODIES[0]


@compiled
def test_broken_events_are_read_alike() -> None:
    seen: Counter[str] = Counter()
    for body in fuzzed(BODIES, examples(1_000), seed=7):
        compare(body, seen)
    assert min(seen["refused"], seen["read in Rust"], seen["left to the models"]) > 0


def test_an_event_written_otherwise_is_read_by_the_models() -> None:
    body = BODIES[0].replace(b'":', b'": ')
    assert read_canonical(body) is None
    assert_same(parse_event(body), parse_by_models(BODIES[0]))


def test_what_is_too_large_is_not_read() -> None:
    assert read_canonical(BODIES[0].ljust(MAX_EVENT_BYTES + 1)) is None


def test_without_the_extension_the_models_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "IS_COMPILED", False)
    without = reader.make_reader(lambda _: None)
    assert without.read(BODIES[0]) is None
    assert without.read_delivered([BODIES[0]] * 2, 1) == [None, None]


@given(st.text("aZ09_-.\né", max_size=8))
@pytest.mark.parametrize(
    "pattern", [r"^[a-z0-9_.-]{1,4}$", r"^[^\x00-\x1f\x7f]+$", r"^a?-?\d{2,}$", r"^[a-z][A-Z_]*$"]
)
def test_runs_accept_only_what_their_pattern_matches(pattern: str, text: str) -> None:
    runs = runs_of(pattern)
    assert runs is not None
    place = 0
    for run in runs:
        taken = 0
        while place < len(text) and taken != run.most and _is_of(run, text[place]):
            place, taken = place + 1, taken + 1
        if taken < run.least:
            return
    assert place < len(text) or re.fullmatch(pattern, text)


def _is_of(run: Any, character: str) -> bool:
    return run.others if ord(character) > 127 else bool(run.ascii >> ord(character) & 1)


@pytest.mark.parametrize("pattern", ["[a-z]+", "^(a|b)$", "^a|b$", "^.*$", r"^\w+$"])
def test_other_patterns_are_no_runs(pattern: str) -> None:
    assert runs_of(pattern) is None
