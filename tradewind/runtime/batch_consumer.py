"""Consumes a durable in batches. The coordinator does so, as one transaction appends a batch."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from nats.aio.msg import Msg

from tradewind.contracts.streams import durable_name
from tradewind.runtime.connection import NatsConnection
from tradewind.runtime.consumers import ConsumerSpec
from tradewind.runtime.pull_consumer import PullConsumer

MAX_BATCH: Final = 500
MAX_HELD: Final = 2_000
ACK_WAIT_MS: Final = 10_000


class BatchConsumer:
    """Prefetches up to `max_held` messages and returns them in stream order.

    The caller passes every message of `next_batch` to `settle` or `release`. Until then the message
    counts against `max_held`, and the server is told that it is in progress.
    """

    def __init__(
        self,
        connection: NatsConnection,
        stream: str,
        queue_group: str,
        *,
        max_batch: int = MAX_BATCH,
        max_held: int = MAX_HELD,
        ack_wait_ms: int = ACK_WAIT_MS,
        before_pulling: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`before_pulling` as in PullConsumer."""
        spec = ConsumerSpec(stream, durable_name(queue_group), ack_wait_ms)
        self._consumer = PullConsumer(
            connection,
            spec,
            capacity=max_held,
            on_message=self._receive,
            before_pulling=before_pulling,
        )
        self._max_batch = max_batch
        self._waiting: deque[Msg] = deque()
        self._arrived = asyncio.Event()

    async def start(self) -> None:
        """Declare the consumer and send the first pull requests."""
        await self._consumer.start()

    async def next_batch(self) -> list[Msg]:
        """Wait for a message, then return up to `max_batch` of those that have arrived."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        return self.arrived()

    def arrived(self) -> list[Msg]:
        """Return up to `max_batch` of the messages that have arrived, perhaps none."""
        size = min(self._max_batch, len(self._waiting))
        return [self._waiting.popleft() for _ in range(size)]

    async def settle(self, messages: Iterable[Msg]) -> None:
        """Acknowledge messages whose events are committed."""
        await self._consumer.ack_all(messages)

    async def release(self, messages: Iterable[Msg], delay_ms: int = 0) -> None:
        """Nack messages, so that they are redelivered after `delay_ms` at the earliest."""
        for message in messages:
            await self._consumer.nak(message, delay_ms)

    async def stop(self) -> None:
        """Stop pulling and nack what `next_batch` has not returned."""
        await self._consumer.stop_pulling()
        await self.release(self._waiting)
        self._waiting.clear()
        await self._consumer.close()

    def _receive(self, message: Msg) -> None:
        self._waiting.append(message)
        self._arrived.set()
