"""Publishes only while the broker is there."""

from gateway.errors import DependencyDown
from tradewind.contracts.envelope import AnyEvent
from tradewind.runtime.connection import NatsConnection
from tradewind.runtime.decisions import KeptEvent
from tradewind.runtime.publisher import Publisher


class ConnectedPublisher:
    """Refuses at once while the broker is away, so that no event waits in a buffer to be sent."""

    def __init__(self, connection: NatsConnection, publisher: Publisher) -> None:
        self._connection = connection
        self._publisher = publisher

    async def publish(self, event: AnyEvent | KeptEvent) -> None:
        """Publish one event; DependencyDown when it provably was not sent."""
        if not self._connection.is_connected:
            raise DependencyDown("nats")
        await self._publisher.publish(event)
