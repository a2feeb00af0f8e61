"""Trace contexts follow from the ids of an event, and those of others are taken as they come."""

import re

import pytest

from tests.support.histories import History
from tradewind.contracts.ids import derive_event_id, parse_ulid
from tradewind.contracts.trace_context import (
    TraceContext,
    is_in_share,
    parse_traceparent,
    span_id_of,
    trace_id_of,
    traceparent_of,
)

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def test_a_trace_is_the_128_bits_of_the_correlations_ulid() -> None:
    history = History(3)
    assert int(trace_id_of(history.correlation_id), 16) == int(parse_ulid(history.intent_id))


def test_a_correlation_without_a_ulid_has_a_trace_too() -> None:
    traces = {trace_id_of(f"portfolio-{name}") for name in ("demo", "alpha", "01M8")}
    assert len(traces) == 3
    assert all(re.fullmatch(r"[0-9a-f]{32}", trace) for trace in traces)


def test_every_event_of_a_history_is_a_span_of_its_own() -> None:
    events = History(1).completed()
    spans = {span_id_of(event.event_id) for event in events}
    assert len(spans) == len(events)
    for event in events:
        assert int(span_id_of(event.event_id), 16) == int(parse_ulid(event.event_id)) % 2**64


@pytest.mark.parametrize("is_sampled", [False, True])
def test_a_header_is_55_characters_that_are_read_back(is_sampled: bool) -> None:
    event = History(1).completed()[2]
    text = traceparent_of(event.correlation_id, event.event_id, is_sampled=is_sampled)
    assert len(text) == 55
    trace_id, span_id = trace_id_of(event.correlation_id), span_id_of(event.event_id)
    assert parse_traceparent(text) == TraceContext(trace_id, span_id, is_sampled)
    assert str(parse_traceparent(text)) == text


@pytest.mark.parametrize(
    ("text", "is_sampled"),
    [
        (f"00-{TRACE}-{SPAN}-01", True),
        (f"00-{TRACE}-{SPAN}-00", False),
        (f"00-{TRACE}-{SPAN}-ff", True),
        (f"00-{TRACE}-{SPAN}-02", False),
        (f"cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like", True),
    ],
)
def test_what_the_standard_allows_is_read(text: str, is_sampled: bool) -> None:
    assert parse_traceparent(text) == TraceContext(TRACE, SPAN, is_sampled)


@pytest.mark.parametrize(
    "text",
    [
        *("", "00", "-", f"00-{TRACE}-{SPAN}", f"00-{TRACE}-{SPAN}-1", f"00-{TRACE}-{SPAN}-0g"),
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01 ",
        f"00-{TRACE}-{SPAN}-01\n",
        f" 00-{TRACE}-{SPAN}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}0-01",
        f"00-{TRACE[:-1]}٣-{SPAN}-01",
        f"01-{TRACE}-{SPAN}-01-{'x' * 10_000}",
        f"00{TRACE}{SPAN}01",
    ],
)
def test_what_it_does_not_allow_is_no_context(text: str) -> None:
    assert parse_traceparent(text) is None


def test_a_share_of_the_traces_is_chosen_by_their_ids_alone() -> None:
    traces = [trace_id_of(f"portfolio-{number}") for number in range(2_000)]
    assert not any(is_in_share(trace, 0.0) for trace in traces)
    assert all(is_in_share(trace, 1.0) for trace in traces)
    chosen = [trace for trace in traces if is_in_share(trace, 0.25)]
    assert 400 < len(chosen) < 600
    assert all(is_in_share(trace, 0.5) for trace in chosen)


def test_a_span_is_never_the_one_that_means_none() -> None:
    assert span_id_of("01M8GWR0WB" + "0" * 16) == "0000000000000001"
    assert span_id_of(derive_event_id("portfolio-demo", 1, "portfolio.updated")) != "0" * 16
