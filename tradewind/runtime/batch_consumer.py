"""Takes messages of a durable consumer in batches; for the one role that is no message actor."""

import asyncio
from collections import deque
from collections.abc import Iterable
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
    """Pulls ahead up to `max_held` messages and hands them out in stream order.

    Every message of `next_batch` has to go to `settle` or `release`; until then it counts against
    `max_held` and is kept in progress on the server.
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
    ) -> None:
        spec = ConsumerSpec(stream, durable_name(queue_group), ack_wait_ms)
        self._pump = PullConsumer(connection, spec, capacity=max_held, on_message=self._receive)
        self._max_batch = max_batch
        self._waiting: deque[Msg] = deque()
        self._arrived = asyncio.Event()

    async def start(self) -> None:
        """Declare the consumer and begin to pull."""
        await self._pump.start()

    async def next_batch(self) -> list[Msg]:
        """Return 1 to `max_batch` messages; waits until there is one."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        size = min(self._max_batch, len(self._waiting))
        return [self._waiting.popleft() for _ in range(size)]

    async def settle(self, messages: Iterable[Msg]) -> None:
        """Acknowledge messages that are stored for good."""
        for message in messages:
            await self._pump.ack(message)

    async def release(self, messages: Iterable[Msg], delay_ms: int = 0) -> None:
        """Give messages back; they come again, not before `delay_ms`."""
        for message in messages:
            await self._pump.nak(message, delay_ms)

    async def stop(self) -> None:
        """Stop pulling and give back what nobody took."""
        await self._pump.stop_pulling()
        await self.release(self._waiting)
        self._waiting.clear()
        await self._pump.close()

    def _receive(self, message: Msg) -> None:
        self._waiting.append(message)
        self._arrived.set()
