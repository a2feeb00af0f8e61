"""What the routes share: made once by the composition root, reached through the application."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from gateway.ports import Dependency, EventStore, History, LagProbe, ReadModels
from gateway.recent import RecentSubmissions
from gateway.stream.hub import StreamHub
from gateway.stream.topic_patterns import TopicPattern
from gateway.submission import Submitter
from tradewind.trading.tokens import TokenRegistry


@dataclass
class Gateway:
    """The gateway of one process."""

    registry: TokenRegistry
    submitter: Submitter
    recent: RecentSubmissions
    read_models: ReadModels
    history: History
    hub: StreamHub
    event_store: EventStore
    allowed_topics: Sequence[TopicPattern]
    lag: LagProbe
    dependencies: Sequence[Dependency] = field(default_factory=tuple)


def gateway_of(connection: HTTPConnection) -> Gateway:
    """Return the gateway that serves this connection."""
    gateway = connection.app.state.gateway
    assert isinstance(gateway, Gateway)
    return gateway
