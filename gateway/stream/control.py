"""Frames that are no events: answers to a client, and what it is told about its connection."""

from dataclasses import dataclass

from gateway.stream.events import Frame
from gateway.stream.framing import text_frame


@dataclass(frozen=True, slots=True)
class ControlFrame:
    """A control frame; a client that has it may resume after `sequence`, if there is one."""

    text: str
    sequence: int | None = None
    droppable: bool = False

    @property
    def wire(self) -> bytes:
        """The text as a WebSocket frame."""
        return text_frame(self.text.encode())


QueuedFrame = Frame | ControlFrame
