"""A sequence is said of the stream that it is in, also while streams change."""

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import Mock

from nats.aio.msg import Msg

from actors.coordinator.batch import read_batch
from actors.coordinator.stream_identity import StreamIdentity

FIRST = datetime.fromisoformat("2026-11-21T00:00:00+00:00")
SECOND = FIRST + timedelta(seconds=5)


def _message(sequence: int, stored: datetime) -> Any:
    stored_ns = int(stored.timestamp() * 1_000) * 1_000_000
    reply = f"$JS.ACK.EVENTS.coordinator.1.{sequence}.{sequence}.{stored_ns}.0"
    return Msg(Mock(), subject="a.b", reply=reply, data=b"{")


def test_what_was_held_while_the_stream_was_replaced_moves_nothing() -> None:
    stream = StreamIdentity(Mock())
    stream.see(FIRST)
    held = [_message(5_000, FIRST + timedelta(seconds=1))]
    assert read_batch(held, 0.0, stream).reached == (FIRST.isoformat(), 5_000)
    stream.see(SECOND)
    assert read_batch(held, 0.0, stream).reached == (SECOND.isoformat(), 0)
    both = [*held, _message(2, SECOND)]
    assert read_batch(both, 0.0, stream).reached == (SECOND.isoformat(), 2)


def test_a_batch_that_was_read_before_stays_of_the_stream_it_is_of() -> None:
    stream = StreamIdentity(Mock())
    stream.see(FIRST)
    batch = read_batch([_message(7, FIRST)], 0.0, stream)
    stream.see(SECOND)
    assert batch.reached == (FIRST.isoformat(), 7)
