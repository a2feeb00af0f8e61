"""ULIDs sort by time, and come back from text as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.strategies import ulids
from tradewind.contracts.ids import (
    MAX_SEQUENCE,
    CorrelationKind,
    derive_event_id,
    derive_plan_id,
    make_correlation_id,
    make_ulid,
    parse_correlation_id,
    parse_ulid,
)

milliseconds = st.integers(0, 2**48 - 1)
entropy = st.binary(min_size=10, max_size=10)
sequences = st.integers(1, MAX_SEQUENCE)


@given(milliseconds, entropy)
def test_round_trip(unix_ms: int, random: bytes) -> None:
    text = make_ulid(unix_ms, random)
    assert parse_ulid(text).bytes == unix_ms.to_bytes(6) + random


@given(st.tuples(milliseconds, entropy), st.tuples(milliseconds, entropy))
def test_text_order_is_time_order(first: tuple[int, bytes], second: tuple[int, bytes]) -> None:
    assert (make_ulid(*first) < make_ulid(*second)) == (first < second)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "01J5S3Y4PEJHBJ5A7FYHBXQRF",
        "01J5S3Y4PEJHBJ5A7FYHBXQRFGG",
        "81J5S3Y4PEJHBJ5A7FYHBXQRFG",
        "01j5s3y4pejhbj5a7fyhbxqrfg",
        "01J5S3Y4PEJHBJ5A7FYHBXQRFU",
        "01J5S3Y4PEJHBJ5A7FYHBXQRF\n",
        "０1J5S3Y4PEJHBJ5A7FYHBXQRFG",
    ],
)
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ULID"):
        parse_ulid(text)


@given(ulids, sequences, sequences)
def test_event_ids_of_a_history_sort_by_sequence(ulid: str, first: int, second: int) -> None:
    correlation = make_correlation_id(CorrelationKind.INTENT, ulid)
    ids = [derive_event_id(correlation, n, "intent.submitted") for n in (first, second)]
    assert (ids[0] < ids[1]) == (first < second)
    assert ids[0] == derive_event_id(correlation, first, "intent.submitted")


@given(ulids, sequences)
def test_topic_and_correlation_change_the_id(ulid: str, sequence: int) -> None:
    intent = make_correlation_id(CorrelationKind.INTENT, ulid)
    signal = make_correlation_id(CorrelationKind.SIGNAL, ulid)
    ids = {
        derive_event_id(intent, sequence, "intent.submitted"),
        derive_event_id(intent, sequence, "intent.accepted"),
        derive_event_id(signal, sequence, "intent.submitted"),
        derive_plan_id(intent, sequence),
    }
    assert len(ids) == 4
    assert all(parse_ulid(text) for text in ids)


@pytest.mark.parametrize("sequence", [0, -1, MAX_SEQUENCE + 1])
def test_sequence_out_of_range_is_refused(sequence: int) -> None:
    with pytest.raises(ValueError, match="sequence"):
        derive_event_id("portfolio-main", sequence, "portfolio.updated")


@pytest.mark.parametrize("kind", CorrelationKind)
@given(ulid=ulids)
def test_correlation_id_round_trip(kind: CorrelationKind, ulid: str) -> None:
    assert parse_correlation_id(make_correlation_id(kind, ulid)) == (kind, ulid)


@pytest.mark.parametrize("text", ["", "intent", "intent-", "nobody-1", "-1"])
def test_malformed_correlation_ids_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"correlation id|CorrelationKind"):
        parse_correlation_id(text)
