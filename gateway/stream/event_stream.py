"""Holds together what sessions need of the event stream."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.ports import EventStore
from gateway.stream.hub import StreamHub
from gateway.stream.topic_patterns import TopicPattern


@dataclass(frozen=True)
class EventStream:
    """The hub of this process, the broker's store behind it, and the patterns clients may use."""

    hub: StreamHub
    store: EventStore
    allowed_topics: Sequence[TopicPattern]
