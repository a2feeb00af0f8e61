"""Holds together what sessions need of the event stream."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.ports import EventStore
from gateway.stream.admission import Admission
from gateway.stream.authentication import StreamAuthenticator
from gateway.stream.hub import StreamHub
from gateway.stream.replay_turns import ReplayTurns
from gateway.stream.topic_patterns import TopicPattern


@dataclass(frozen=True)
class EventStream:
    """The hub of this process, the broker's store behind it, and what clients may do with them."""

    hub: StreamHub
    store: EventStore
    allowed_topics: Sequence[TopicPattern]
    admission: Admission = field(default_factory=Admission)
    replays: ReplayTurns = field(default_factory=ReplayTurns)
    authenticator: StreamAuthenticator | None = None
    """Who tells the caller of a connection that comes without; None where every one has its own."""
