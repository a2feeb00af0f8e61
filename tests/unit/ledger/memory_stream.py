"""A stream with one durable consumer: anything unacknowledged may be delivered again, to anyone."""

from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import cast

from nats.aio.msg import Msg

from tradewind.ledger.append.incarnation import StreamPosition

CREATED = "2026-11-21T00:00:00+00:00"
STORED_UNIX_NS = int(datetime.fromisoformat(CREATED).timestamp()) * 1_000_000_000


class MemoryStream:
    """Places count from 1."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self.unacknowledged: set[int] = set()
        self._generation = 0

    def publish(self, subject: str, body: bytes) -> None:
        self.messages.append((subject, body))
        self.unacknowledged.add(len(self.messages))

    @property
    def acknowledged(self) -> set[int]:
        return set(range(1, len(self.messages) + 1)) - self.unacknowledged

    @property
    def floor(self) -> StreamPosition:
        """Everything up to here is acknowledged."""
        first = min(self.unacknowledged, default=len(self.messages) + 1)
        return StreamPosition(CREATED, first - 1)

    def deliver(self, places: Sequence[int]) -> list[Msg]:
        return [
            cast(
                Msg,
                SimpleNamespace(
                    subject=self.messages[place - 1][0],
                    data=self.messages[place - 1][1],
                    reply=f"$JS.ACK.EVENTS.coordinator.1.{place}.{place}.{STORED_UNIX_NS}.0",
                    headers=None,
                    generation=self._generation,
                    place=place,
                ),
            )
            for place in places
        ]

    def acknowledge(self, messages: Sequence[Msg]) -> None:
        """What a consumer that is gone delivered cannot be acknowledged any more."""
        for message in cast("Sequence[SimpleNamespace]", messages):
            if message.generation == self._generation:
                self.unacknowledged.discard(message.place)

    def make_consumer_anew(self) -> None:
        """Delete the consumer; the next one is given the stream from its start."""
        self._generation += 1
        self.unacknowledged = set(range(1, len(self.messages) + 1))
