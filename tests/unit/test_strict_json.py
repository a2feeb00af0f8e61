"""Strict JSON: what is read exactly, and what is refused with its path and its limit."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.strict_json import MAX_DEFECTS, Defect, NotStrictJson, read_json

DEPTH = 4


def refused(data: bytes) -> NotStrictJson:
    with pytest.raises(NotStrictJson) as caught:
        read_json(data, max_depth=DEPTH)
    return caught.value


@pytest.mark.parametrize(
    ("data", "document"),
    [
        (b' {"a": [1, "x", null, true]} ', {"a": [1, "x", None, True]}),
        (b"0.10", Decimal("0.10")),
        (
            b"-12345678901234567890.000000000000000001",
            Decimal("-12345678901234567890.000000000000000001"),
        ),
        (b"1e-999", Decimal("1e-999")),
        (b"[[[[1]]]]", [[[[1]]]]),
        (b'"[[[[[[[[[["', "[" * 10),
    ],
)
def test_what_is_read(data: bytes, document: Any) -> None:
    assert read_json(data, max_depth=DEPTH) == document
    assert repr(read_json(data, max_depth=DEPTH)) == repr(document)


@pytest.mark.parametrize(
    ("data", "defect"),
    [
        (b"NaN", Defect((), "must not be NaN")),
        (b'{"a": [0, -Infinity]}', Defect(("a", 1), "must not be -Infinity")),
        (b'{"a": {"b": 1, "b": 2}}', Defect(("a", "b"), "appears more than once")),
        (b'{"a": 1e999}', Defect(("a",), "is too large for a number")),
        (b'{"a": 1e-1000}', Defect(("a",), "has too long an exponent", 3)),
        (b'{"a": 0E+99999999999999999999}', Defect(("a",), "has too long an exponent", 3)),
        (b"9" * 65, Defect((), "has too many digits", 64)),
        (b"0." + b"9" * 63, Defect((), "has too many digits", 64)),
        (b"[[[[[]]]]]", Defect((), "is nested too deeply", DEPTH)),
        (b'{"a": ' * 5 + b"1" + b"}" * 5, Defect((), "is nested too deeply", DEPTH)),
        (b"[" * 100_000 + b"]" * 100_000, Defect((), "is nested too deeply", DEPTH)),
    ],
)
def test_what_is_refused_is_named(data: bytes, defect: Defect) -> None:
    assert refused(data).defects == (defect,)


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"", "is not JSON: Expecting value at line 1 column 1"),
        (b"\xff{}", "is not valid UTF-8 at byte 0"),
        (b"{} {}", "is not JSON: Extra data at line 1 column 4"),
        (b"```json\n{}\n```", "is not JSON: Expecting value at line 1 column 1"),
    ],
)
def test_what_is_no_json_at_all(data: bytes, detail: str) -> None:
    error = refused(data)
    assert (error.detail, error.defects) == (detail, ())


def test_a_byte_order_mark_is_refused() -> None:
    assert "BOM" in refused(b"\xef\xbb\xbf{}").detail


def test_an_error_names_so_many_defects_and_no_more() -> None:
    assert len(refused(json.dumps([float("nan")] * 50).encode()).defects) == MAX_DEFECTS


@given(
    st.binary(max_size=64)
    | st.text('[]{}",:0123456789eE+-. NaInfty\\u', max_size=64).map(str.encode)
)
def test_whatever_the_bytes_they_are_read_or_refused(data: bytes) -> None:
    try:
        document = read_json(data, max_depth=DEPTH)
    except NotStrictJson:
        return
    assert json.loads(data, parse_float=Decimal) == document
