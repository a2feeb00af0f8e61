"""Hostile output: every way in which a model is wrong has its status, and none becomes a HOLD."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.evaluator.models.port import Finish
from actors.evaluator.output_checks import MAX_ANSWER_BYTES, RejectedAnswer, check
from tests.unit.evaluator.answers import CLOSE, DOCUMENT, LONG, document_with, said, text_with
from tradewind.contracts.decisions.model import Answer, DecisionStatus
from tradewind.trading.prompts.plausibility import AllowedActions

TEXT = json.dumps(DOCUMENT)
JSON, SCHEMA, MEANING = (
    DecisionStatus.INVALID_JSON,
    DecisionStatus.INVALID_SCHEMA,
    DecisionStatus.IMPLAUSIBLE,
)


def swapped(new: str) -> bytes:
    """Return the answer with another confidence."""
    assert TEXT.count(": 71") == 1
    return TEXT.replace(": 71", f": {new}").encode()


CORPUS: tuple[tuple[str, bytes, DecisionStatus, str], ...] = (
    ("nothing", b"", JSON, "Expecting value"),
    ("white space", b" \n\t", JSON, "Expecting value"),
    ("prose", b"I would wait for a better entry.", JSON, "Expecting value"),
    ("prose before", f"Sure: {TEXT}".encode(), JSON, "Expecting value"),
    ("prose after", f"{TEXT} Good luck!".encode(), JSON, "Extra data"),
    ("code fence", f"```json\n{TEXT}\n```".encode(), JSON, "Expecting value"),
    ("second document", f"{TEXT}\n{TEXT}".encode(), JSON, "Extra data"),
    ("cut off", TEXT[:-1].encode(), JSON, "is not JSON"),
    ("byte order mark", b"\xef\xbb\xbf" + TEXT.encode(), JSON, "BOM"),
    ("UTF-16", TEXT.encode("utf-16"), JSON, "UTF-8"),
    ("half a surrogate", TEXT.encode().replace(b"EMAs", b"\xed\xa0\x80"), JSON, "UTF-8"),
    ("comment", f"{{/* sure */ {TEXT[1:]}".encode(), JSON, "is not JSON"),
    ("single quotes", TEXT.replace('"', "'").encode(), JSON, "is not JSON"),
    ("trailing comma", f"{TEXT[:-1]},}}".encode(), JSON, "is not JSON"),
    ("duplicate key", f'{{"decision": "HOLD", {TEXT[1:]}'.encode(), JSON, "decision appears more"),
    ("NaN", swapped("NaN"), JSON, "confidence_pct must not be NaN"),
    ("minus infinity", swapped("-Infinity"), JSON, "must not be -Infinity"),
    ("larger than a number", swapped("1e999"), JSON, "too large"),
    ("a thousand digits", swapped("7" * 1000), JSON, "too many digits, limit 64"),
    ("nested", swapped("[" * 8 + "]" * 8), JSON, "nested too deeply, limit 8"),
    ("nested 8,000", b"[" * 8_000 + b"]" * 8_000, JSON, "nested too deeply"),
    ("array", f"[{TEXT}]".encode(), JSON, "is not one object"),
    ("string", json.dumps(TEXT).encode(), JSON, "is not one object"),
    ("null", b"null", JSON, "is not one object"),
    ("too long", text_with(note="A" * MAX_ANSWER_BYTES), DecisionStatus.OVERSIZED, "limit 16,384"),
    ("empty object", b"{}", SCHEMA, "answer.reasons: is missing"),
    ("fraction for integer", swapped("71.0"), SCHEMA, "must be an integer"),
    ("digits for integer", swapped('"71"'), SCHEMA, "must be an integer"),
    ("true for integer", swapped("true"), SCHEMA, "must be an integer"),
    ("null for integer", swapped("null"), SCHEMA, "must be an integer"),
    ("true for number", text_with(risk_plan={"atr_multiple": True}), SCHEMA, "number or a null"),
    ("text for number", text_with(risk_plan={"stop_level": "1"}), SCHEMA, "number or a null"),
    ("text for plan", text_with(entry_plan="market"), SCHEMA, "must be an object"),
    ("text for reasons", text_with(reasons="near_support"), SCHEMA, "must be an array"),
    ("number in reasons", text_with(reasons=[1]), SCHEMA, "answer.reasons[0]: must be a string"),
    ("own reason", text_with(reasons=["moon"]), SCHEMA, "answer.reasons[0]: must be one of"),
    ("unknown key", text_with(leverage=100), SCHEMA, "has 1 unknown keys"),
    ("unknown inner key", text_with(entry_plan={"url": ""}), SCHEMA, "answer.entry_plan: has 1"),
    ("other spelling", text_with(decision="follow_enter"), SCHEMA, "must be one of 5 words"),
    ("confidence 101", swapped("101"), MEANING, "confidence_pct: must be 0 to 100"),
    ("confidence -1", swapped("-1"), MEANING, "confidence_pct: must be 0 to 100"),
    ("confidence 10^63", swapped(str(10**63)), MEANING, "confidence_pct: must be 0 to 100"),
    ("size 101", text_with(size_pct=101), MEANING, "size_pct: must be 0 to 100"),
    ("size over the cap", text_with(size_pct=51), MEANING, "size_pct: must be 1 to 50"),
    ("entering with nothing", text_with(size_pct=0), MEANING, "size_pct: must be 1 to 50"),
    ("no reason", text_with(reasons=[]), MEANING, "number of reasons: must be 1 to 8"),
    ("nine reasons", text_with(reasons=["near_support"] * 9), MEANING, "must be 1 to 8"),
    ("a word of closing", text_with(decision="HOLD"), MEANING, "HOLD is not allowed here"),
    ("long note", text_with(note="A" * 281), MEANING, "note: must be at most 280"),
    ("control character", text_with(note="\x1b[31m"), MEANING, "printable ASCII"),
    ("null character", text_with(note="\0"), MEANING, "printable ASCII"),
    ("line break", text_with(note="a\n"), MEANING, "printable ASCII"),
    ("right to left", text_with(note="\u202e"), MEANING, "printable ASCII"),
    ("escaped surrogate", text_with(note="\ud800"), MEANING, "printable ASCII"),
)


@pytest.mark.parametrize(
    ("raw", "status", "detail"), [row[1:] for row in CORPUS], ids=[row[0] for row in CORPUS]
)
def test_what_is_wrong_has_a_status(raw: bytes, status: DecisionStatus, detail: str) -> None:
    rejected = check(said(raw), LONG)
    assert isinstance(rejected, RejectedAnswer)
    assert rejected.status is status
    assert detail in rejected.detail


@pytest.mark.parametrize("raw", [row[1] for row in CORPUS], ids=[row[0] for row in CORPUS])
def test_nothing_of_what_a_model_said_is_repeated(raw: bytes) -> None:
    rejected = check(said(raw), LONG)
    assert isinstance(rejected, RejectedAnswer)
    assert not [
        word for word in ("EMAs", "moon", "leverage", "AAA", "Sure") if word in rejected.detail
    ]
    assert rejected.detail.isascii()
    assert rejected.detail.isprintable()


@pytest.mark.parametrize(
    ("finish", "status"),
    [
        (Finish.TRUNCATED, DecisionStatus.TRUNCATED),
        (Finish.REFUSED, DecisionStatus.REFUSED),
    ],
)
@pytest.mark.parametrize("raw", [TEXT.encode(), b"", b"A" * 2 * MAX_ANSWER_BYTES])
def test_how_it_ended_counts_before_what_it_says(
    finish: Finish, status: DecisionStatus, raw: bytes
) -> None:
    rejected = check(said(raw, finish), LONG)
    assert isinstance(rejected, RejectedAnswer)
    assert rejected.status is status


def test_a_good_answer_is_what_was_said() -> None:
    answer = check(said(TEXT.encode()), LONG)
    assert isinstance(answer, Answer)
    assert answer.model_dump(mode="json") == {
        "decision": "FOLLOW_ENTER",
        "confidence_pct": 71,
        "size_pct": 50,
        "entry_plan": {"type": "market", "offset_bps": 0},
        "risk_plan": {"stop_method": "atr", "atr_multiple": "2"},
        "reasons": ["trend_with_signal", "near_support"],
        "note": "EMAs are ordered, and support is close.",
    }


def test_sixteen_kilobytes_are_not_too_many() -> None:
    padded = TEXT.encode() + b" " * (MAX_ANSWER_BYTES - len(TEXT))
    assert isinstance(check(said(padded), LONG), Answer)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_bytes_of_any_kind_are_rejected(raw: bytes) -> None:
    assert isinstance(check(said(raw), CLOSE), RejectedAnswer)


@given(
    st.integers(0, len(TEXT) - 1),
    st.integers(0, 4),
    st.binary(max_size=4) | st.sampled_from([b"HOLD", b"NaN", b"9" * 99, b'"', b"e9999"]),
)
@example(0, 0, b"")
def test_an_answer_with_some_bytes_replaced_never_becomes_another_decision(
    at: int, removed: int, patch: bytes
) -> None:
    checked = check(said(TEXT.encode()[:at] + patch + TEXT.encode()[at + removed :]), LONG)
    if isinstance(checked, Answer):
        assert checked.decision == DOCUMENT["decision"]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["HOLD", "IGNORE", "fixed", "limit", 10**70, -(10**9), 1e-320, "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
PLACES = st.sampled_from(
    [(name,) for name in DOCUMENT]
    + [(plan, name) for plan in ("entry_plan", "risk_plan") for name in DOCUMENT[plan]]
)


@given(PLACES, VALUES, st.sampled_from([LONG, CLOSE]))
def test_any_value_in_one_place_is_judged(
    place: tuple[str, ...], value: object, allowed: AllowedActions
) -> None:
    fields = {place[0]: value if len(place) == 1 else {place[1]: value}}
    checked = check(said(json.dumps(document_with(**fields)).encode()), allowed)
    if isinstance(checked, Answer):
        assert checked.decision in allowed.decisions
        assert Answer.model_validate_json(checked.model_dump_json()) == checked
