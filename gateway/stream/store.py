"""Reads the event stream by sequence: direct gets in batches (NATS ADR-31), no consumer to keep."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js.api import Header

from gateway.ports import StoredMessage, StreamBounds
from tradewind.contracts.names import EVENTS_STREAM
from tradewind.errors import TransientError
from tradewind.runtime.connection import NatsConnection

READ_TIMEOUT_SECONDS: Final = 5.0
MAX_READ_BYTES: Final = 1024 * 1024

_DIRECT_GET: Final = f"$JS.API.DIRECT.GET.{EVENTS_STREAM}"
_SUBJECT: Final = "Nats-Subject"
_SEQUENCE: Final = "Nats-Sequence"
_TIME: Final = "Nats-Time-Stamp"


class StreamUnavailable(TransientError):
    """The broker does not answer for the event stream. Ask again."""

    code = "STREAM_UNAVAILABLE"


class JetStreamStore:
    """The event stream of one broker."""

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection

    async def bounds(self) -> StreamBounds:
        """Return what the stream holds; StreamUnavailable while the broker is away."""
        try:
            info = await self._connection.jetstream.stream_info(EVENTS_STREAM)
        except (NatsError, OSError, TimeoutError) as error:
            raise StreamUnavailable(str(error) or type(error).__name__) from error
        state = info.state
        return StreamBounds(max(state.first_seq, 1), state.last_seq, str(info.created))

    async def read(self, after: int, limit: int) -> Sequence[StoredMessage]:
        """Return up to `limit` messages after a sequence, in order; empty at the stream's end."""
        client = self._connection.client
        request = {
            "seq": after + 1,
            "next_by_subj": ">",
            "batch": limit,
            "max_bytes": MAX_READ_BYTES,
        }
        try:
            inbox = client.new_inbox()
            subscription = await client.subscribe(inbox, pending_msgs_limit=-1)
            try:
                await client.publish(_DIRECT_GET, json.dumps(request).encode(), inbox)
                return await _collect(subscription, limit)
            finally:
                await subscription.unsubscribe()
        except (NatsError, OSError) as error:
            raise StreamUnavailable(str(error) or type(error).__name__) from error


async def _collect(subscription: Subscription, limit: int) -> list[StoredMessage]:
    """Read answers up to the end of the batch; what came before a silence counts."""
    messages: list[StoredMessage] = []
    try:
        async with asyncio.timeout(READ_TIMEOUT_SECONDS):
            while len(messages) < limit:
                message = await subscription.next_msg(timeout=None)
                headers = message.headers or {}
                if Header.STATUS in headers:
                    break
                messages.append(_to_stored(message, headers))
    except TimeoutError:
        if not messages:
            raise StreamUnavailable("no answer in time") from None
    return messages


def _to_stored(message: Msg, headers: dict[str, str]) -> StoredMessage:
    return StoredMessage(
        int(headers[_SEQUENCE]),
        headers[_SUBJECT],
        message.data,
        datetime.fromisoformat(headers[_TIME]).timestamp(),
    )
