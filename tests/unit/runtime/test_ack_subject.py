"""The subject a message is acknowledged on, in the form of every server."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.aio.client import Client
from nats.aio.msg import Msg

from tradewind.runtime.ack_subject import first_delivery_prefix, parse_ack_subject

NAMES = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=1)
COUNTS = st.integers(1, 2**63 - 1)
UNIX_MS = st.integers(0, 4_102_444_800_000)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@st.composite
def subjects(draw: st.DrawFn) -> tuple[str, int, int, int]:
    """Return a subject, its deliveries, stream sequence and the time in Unix milliseconds."""
    deliveries, sequence, moment = draw(COUNTS), draw(COUNTS), draw(UNIX_MS)
    nanoseconds = moment * 1_000_000 + draw(st.integers(0, 999_999))
    tokens: list[object] = [draw(NAMES), draw(NAMES), deliveries, sequence, draw(COUNTS)]
    tokens += [nanoseconds, draw(st.integers(0, 2**63 - 1))]
    if draw(st.booleans()):
        tokens = [draw(NAMES), draw(NAMES), *tokens]
        tokens += draw(st.lists(NAMES, max_size=1))
    return ".".join(("$JS", "ACK", *map(str, tokens))), deliveries, sequence, moment


@given(subjects())
def test_both_forms_are_read_alike(drawn: tuple[str, int, int, int]) -> None:
    subject, deliveries, *_ = drawn
    read = parse_ack_subject(subject)
    assert (read.deliveries, read.stream_sequence, read.stored_unix_ms) == drawn[1:]
    assert read.is_redelivery == (deliveries > 1)


@given(subjects())
def test_the_client_reads_the_same(drawn: tuple[str, int, int, int]) -> None:
    subject, deliveries, sequence, moment = drawn
    metadata = Msg(Client(), reply=subject).metadata
    assert metadata.num_delivered == deliveries
    assert metadata.sequence.stream == sequence
    assert metadata.sequence.consumer == parse_ack_subject(subject).consumer_sequence
    assert metadata.num_pending == parse_ack_subject(subject).pending
    difference = metadata.timestamp - EPOCH - timedelta(milliseconds=moment)
    assert abs(difference) <= timedelta(milliseconds=1)  # the client rounds


@given(NAMES, NAMES, COUNTS)
def test_a_first_delivery_is_known_by_how_its_subject_begins(
    stream: str, durable: str, deliveries: int
) -> None:
    subject = f"$JS.ACK.{stream}.{durable}.{deliveries}.7.7.1763600000000000000.0"
    begins = subject.startswith(first_delivery_prefix(stream, durable))
    assert begins == (not parse_ack_subject(subject).is_redelivery)


@pytest.mark.parametrize("subject", ["", "_INBOX.x.1", "$JS.ACK.EVENTS.durable.1.2", "$JS.FC.a.b"])
def test_another_subject_is_refused(subject: str) -> None:
    with pytest.raises(ValueError, match="acknowledges nothing"):
        parse_ack_subject(subject)
