"""The published schema is the models' schema, and it accepts exactly what they write."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.support.strategies import events
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.registry import PAYLOAD_TYPES, TOPICS
from tradewind.contracts.risk.payloads import RiskRejected
from tradewind.operations.cli.contracts import generated
from tradewind.operations.codegen.json_schema import Schema, event_schema
from tradewind.operations.codegen.typescript import typescript

ROOT = Path(__file__).parents[3]


@cache
def schema() -> Schema:
    """Return the schema of events, made when the first test asks and not when it is collected."""
    return event_schema()


@cache
def validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


@cache
def everything() -> dict[Path, str]:
    return generated(ROOT)


@cache
def documents() -> Schema:
    read: Schema = json.loads(everything()[Path("docs/contracts/documents.schema.json")])
    return read


@cache
def types() -> str:
    return typescript(documents())


def test_generated_files_are_fresh() -> None:
    stale = [str(path) for path, text in everything().items() if (ROOT / path).read_text() != text]
    assert everything()
    assert stale == []


@given(st.sampled_from(PAYLOAD_TYPES).flatmap(events))
def test_every_event_fits_the_schema(event: AnyEvent) -> None:
    validator().validate(json.loads(event.to_bytes()))


@pytest.mark.parametrize(
    "change",
    [{"topic": "intent.teleported"}, {"version": 2}, {"sequence": "1"}, {"surprise": 1}],
    ids=str,
)
@given(event=events(IntentSubmitted))
def test_an_altered_event_does_not_fit(change: dict[str, Any], event: AnyEvent) -> None:
    assert not validator().is_valid(json.loads(event.to_bytes()) | change)


@given(events(RiskRejected))
def test_an_unknown_reason_does_not_fit(event: AnyEvent) -> None:
    body = json.loads(event.to_bytes())
    body["payload"]["reason"] = "BECAUSE"
    assert not validator().is_valid(body)


def test_schemas_are_schemas() -> None:
    Draft202012Validator.check_schema(schema())
    Draft202012Validator.check_schema(documents())


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_typescript_knows_every_topic(topic: str) -> None:
    assert f'readonly topic: "{topic}";' in types()
