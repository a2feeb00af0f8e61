"""Reads the event stream by sequence, each time through a consumer that is made for it.

Direct get is not used: the broker answers it on any subject the request names as its reply, and
would so publish for the gateway what the gateway may not.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, Header

from gateway.ports import StoredMessage, StreamBounds
from gateway.stream.limits import MAX_READ_BYTES
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.errors import TransientError
from tradewind.runtime.connection import NatsConnection

READ_TIMEOUT_SECONDS: Final = 5.0
CONSUMER_LIVES_SECONDS: Final = 2.0
"""How long the broker keeps a consumer after the read it was made for."""

_NEXT: Final = f"$JS.API.CONSUMER.MSG.NEXT.{EVENTS_STREAM}"


class StreamUnavailable(TransientError):
    """The broker does not answer for the event stream. Ask again."""

    code = "STREAM_UNAVAILABLE"


class JetStreamStore:
    """The event stream of one broker."""

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection

    async def bounds(self) -> StreamBounds:
        """Return what the stream holds; StreamUnavailable while the broker is away."""
        with _silence_is_unavailable():
            info = await self._connection.jetstream.stream_info(EVENTS_STREAM)
        state, created = info.state, info.created
        assert created is not None
        return StreamBounds(max(state.first_seq, 1), state.last_seq, created.isoformat())

    async def read(self, after: int, limit: int) -> Sequence[StoredMessage]:
        """Return up to `limit` messages after a sequence, in order; empty at the stream's end."""
        client = self._connection.client
        request = {"batch": limit, "max_bytes": MAX_READ_BYTES, "no_wait": True}
        inbox = client.new_inbox()
        name = f"replay-{inbox.rpartition('.')[2]}"
        with _silence_is_unavailable():
            subscription = await client.subscribe(inbox, pending_msgs_limit=-1)
            try:
                await self._connection.jetstream.add_consumer(
                    EVENTS_STREAM, _consumer(name, after + 1)
                )
                await client.publish(f"{_NEXT}.{name}", json.dumps(request).encode(), inbox)
                return await _collect(subscription, limit)
            finally:
                await subscription.unsubscribe()


def stored_message(message: Msg) -> StoredMessage:
    """Return what a message of a consumer is in the stream."""
    metadata = message.metadata
    return StoredMessage(
        metadata.sequence.stream, message.subject, message.data, metadata.timestamp.timestamp()
    )


@contextmanager
def _silence_is_unavailable() -> Iterator[None]:
    """Raise StreamUnavailable for whatever keeps the broker from answering."""
    try:
        yield
    except (NatsError, OSError) as error:
        raise StreamUnavailable(str(error) or type(error).__name__) from error


def _consumer(name: str, first: int) -> ConsumerConfig:
    return ConsumerConfig(
        name=name,
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=first,
        ack_policy=AckPolicy.NONE,
        inactive_threshold=CONSUMER_LIVES_SECONDS,
        mem_storage=True,
        num_replicas=1,
    )


async def _collect(subscription: Subscription, limit: int) -> list[StoredMessage]:
    """Read answers up to the end of the batch; what came before a silence counts."""
    messages: list[StoredMessage] = []
    try:
        async with asyncio.timeout(READ_TIMEOUT_SECONDS):
            while len(messages) < limit:
                message = await subscription.next_msg(timeout=None)
                if message.headers and Header.STATUS in message.headers:
                    break
                messages.append(stored_message(message))
    except TimeoutError:
        if not messages:
            raise StreamUnavailable("no answer in time") from None
    return messages
