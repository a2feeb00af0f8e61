"""Events as they arrive at the ledger."""

import json
from collections.abc import Sequence

from tradewind.contracts.envelope import AnyEvent
from tradewind.ledger.append.incoming import Incoming, read_message


def arrive(events: Sequence[AnyEvent], first: int = 1) -> list[Incoming]:
    """Return events as messages of a stream, counted from `first`."""
    return [
        incoming(event.subject, event.to_bytes(), place)
        for place, event in enumerate(events, first)
    ]


def incoming(subject: str, body: bytes, place: int = 1) -> Incoming:
    """Return a message that is an event."""
    read = read_message(subject, place, body)
    assert isinstance(read, Incoming)
    return read


def respelled(event: AnyEvent) -> bytes:
    """Return the event as another program would write it: spaces, other order, other key names."""
    written = json.loads(event.to_bytes())
    written["event_id"] = written.pop("eventId")
    return json.dumps(dict(reversed(written.items())), indent=2).encode()
