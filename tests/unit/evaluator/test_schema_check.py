"""The schema that is asked is the schema that is checked, as JSON Schema would, and stricter."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from actors.evaluator.models.schema_check import first_error
from tests.unit.evaluator.answers import DOCUMENT, LONG, document_with
from tradewind.contracts.decisions.model import Answer, Verdict
from tradewind.trading.prompts.answer_schema import REASONS, answer_schema

SCHEMA = answer_schema()
VALIDATOR = Draft202012Validator(SCHEMA)

scalars = st.sampled_from(
    [None, True, False, 0, 71, -1, 10**30, 0.5, "", "HOLD", "market", "fixed", "near_support"]
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


def fits(document: Any) -> bool:
    read = json.loads(json.dumps(document), parse_float=Decimal)
    return first_error(read, SCHEMA) is None


@given(st.sampled_from(["", *DOCUMENT]), values)
def test_a_document_is_taken_or_refused_as_a_validator_does(name: str, value: Any) -> None:
    document = document_with(**{name: value}) if name else value
    assert fits(document) is VALIDATOR.is_valid(document)


def test_a_whole_fraction_is_no_integer() -> None:
    document = document_with(confidence_pct=71.0)
    assert VALIDATOR.is_valid(document)
    assert not fits(document)


def test_keys_are_asked_for_in_this_order() -> None:
    assert list(SCHEMA["properties"]) == list(DOCUMENT)


def test_only_what_is_allowed_is_asked_for() -> None:
    narrow = answer_schema(LONG.decisions)
    assert narrow["properties"]["decision"]["enum"] == ["FOLLOW_ENTER", "IGNORE"]
    assert SCHEMA["properties"]["decision"]["enum"] == [str(verdict) for verdict in Verdict]


def test_a_bounded_schema_says_what_is_checked_afterwards() -> None:
    bounded = answer_schema(is_bounded=True)
    reasons, note = bounded["properties"]["reasons"], bounded["properties"]["note"]
    assert (reasons.pop("minItems"), reasons.pop("maxItems"), note.pop("maxLength")) == (1, 8, 280)
    assert bounded == SCHEMA


def test_every_reason_fits_the_contract() -> None:
    for at in range(0, len(REASONS), 8):
        Answer(decision=Verdict.IGNORE, confidence_pct=0, reasons=REASONS[at : at + 8])
