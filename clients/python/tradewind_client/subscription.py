"""A subscription to the stream without any I/O: what to say, and what a frame means."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tradewind_client.errors import TradewindError
from tradewind_client.resources import Event

DEFAULT_TOPICS: Final = ("*",)
MAX_FRAME_BYTES: Final = 8 * 2**20


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a stream to go on from: everything up to `sequence` has been seen."""

    sequence: int
    stream: str | None = None
    """Which stream the number belongs to; it begins again when the broker's store is replaced."""

    def as_document(self) -> int | dict[str, Any]:
        """Return it as `resumeFrom` takes it."""
        if self.stream is None:
            return self.sequence
        return {"stream": self.stream, "sequence": self.sequence}


class Gap(TradewindError):
    """Events are missing that will not come; read the present state over REST.

    Go on from `resume`: `client.stream(…, resume=gap.resume)`.
    """

    def __init__(self, first: int, last: int, reason: str, resume: Position | None) -> None:
        super().__init__(f"events {first} to {last} are gone: {reason}")
        self.first = first
        self.last = last
        self.reason = reason
        self.resume = resume


class StreamRefused(TradewindError):
    """The platform does not accept the subscription."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


FINAL_CLOSE_CODES: Final = frozenset({1002, 1003, 1007, 1008, 1009, 4401, 4403})
"""A connection that was closed with one of these would be closed again."""
REFUSED_STATUSES: Final = range(400, 429)
"""A handshake that was answered with one of these would be refused again."""


def check_may_return(code: int | None, reason: str) -> None:
    """Raise StreamRefused where connecting again would end the same way."""
    if code in FINAL_CLOSE_CODES or code in REFUSED_STATUSES:
        raise StreamRefused(str(code), reason)


class Subscription:
    """What is asked for, and how far it has come; a new connection goes on from there."""

    def __init__(
        self,
        topics: Sequence[str] = DEFAULT_TOPICS,
        correlation_id: str | None = None,
        resume: Position | int | None = None,
    ) -> None:
        self._topics = list(topics)
        self._correlation_id = correlation_id
        self.position = Position(resume) if isinstance(resume, int) else resume
        self.is_confirmed = False

    def opening(self, ticket: str | None = None) -> list[str]:
        """Return the messages that begin a connection."""
        self.is_confirmed = False
        subscribe: dict[str, Any] = {"action": "subscribe", "topics": self._topics}
        if self._correlation_id is not None:
            subscribe["correlationId"] = self._correlation_id
        if self.position is not None:
            subscribe["resumeFrom"] = self.position.as_document()
        messages = [subscribe]
        if ticket is not None:
            messages.insert(0, {"action": "authenticate", "ticket": ticket})
        return [json.dumps(message) for message in messages]

    def receive(self, text: str | bytes) -> Event | None:
        """Return the event of a frame, None for any other frame; raises Gap and StreamRefused."""
        frame = json.loads(text)
        kind = frame.get("type")
        if kind is None:
            event = Event.model_validate(frame)
            self._advance(event.stream_sequence)
            return event
        if kind == "error":
            raise StreamRefused(str(frame.get("code")), str(frame.get("detail")))
        if kind == "gap":
            self._restart(frame)
            raise Gap(frame["from"], frame["to"], frame["reason"], self.position)
        if kind == "subscribed":
            self._confirm(frame)
        elif kind in ("live", "heartbeat"):
            self._advance(frame.get("sequence"))
        return None

    def _confirm(self, frame: dict[str, Any]) -> None:
        self.is_confirmed = True
        if self.position is None:
            self.position = Position(frame["sequence"], frame.get("stream"))

    def _advance(self, sequence: int | None) -> None:
        if sequence is not None and (self.position is None or sequence > self.position.sequence):
            stream = self.position.stream if self.position else None
            self.position = Position(sequence, stream)

    def _restart(self, frame: dict[str, Any]) -> None:
        known = self.position.sequence if self.position else 0
        self.position = Position(frame.get("sequence", max(known, frame["to"])), frame["stream"])
