"""Follows the event stream for all clients of the process, and survives what the broker does."""

import asyncio
from collections.abc import Mapping
from typing import Final

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, ReplayPolicy

from gateway.metrics import STREAM_RESTARTS
from gateway.ports import EventStore, StreamBounds
from gateway.stream.hub import StreamHub
from gateway.stream.store import numbered_message
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.runtime.ack_subject import is_delivery
from tradewind.runtime.connection import NatsConnection
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import is_set_within, run_every

IDLE_HEARTBEAT_SECONDS: Final = 1.0
SILENCE_SECONDS: Final = 2.5
CHECK_INTERVAL_SECONDS: Final = 0.5
CLIENT_HEARTBEAT_SECONDS: Final = 15.0
RETRY_DELAY_SECONDS: Final = 0.2
INACTIVE_THRESHOLD_SECONDS: Final = 30.0

_LAST_CONSUMER_SEQUENCE: Final = "Nats-Last-Consumer"
_STALLED: Final = "Nats-Consumer-Stalled"


class StreamTail:
    """Reads through one ephemeral ordered consumer, and makes it again when it is lost.

    A hole in the consumer's own numbering, silence where heartbeats should be, and a reconnect mean
    that it is lost. The next one begins behind the last sequence. It acknowledges nothing and lives
    in the broker's memory.
    """

    def __init__(self, connection: NatsConnection, store: EventStore, hub: StreamHub) -> None:
        self._connection = connection
        self._client = connection.client
        self._store = store
        self._hub = hub
        self._lost = asyncio.Event()
        self._subscription: Subscription | None = None
        self._delivered = 0
        self._created = ""
        self._heard_at = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Follow the stream from its present end; TransientError when the broker is away."""
        bounds = await self._store.bounds()
        self._created = bounds.created
        self._hub.begin(bounds.last, bounds.created)
        await self._open()
        self._connection.reconnect_hooks.append(self._reconnected)
        self._tasks = [
            asyncio.ensure_future(self._watch()),
            asyncio.ensure_future(self._send_heartbeats()),
        ]

    async def stop(self) -> None:
        self._connection.reconnect_hooks.remove(self._reconnected)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._close()

    async def _reconnected(self) -> None:
        self._lost.set()

    async def _watch(self) -> None:
        outage = Outage(
            "event stream", min_seconds=RETRY_DELAY_SECONDS, max_seconds=RETRY_DELAY_SECONDS
        )
        await run_every(0.0, self._restart_if_lost, outage)

    async def _restart_if_lost(self) -> None:
        is_lost = await is_set_within(self._lost, CHECK_INTERVAL_SECONDS)
        if not is_lost and (self._is_alive() or not self._client.is_connected):
            return
        STREAM_RESTARTS.inc()
        await self._close()
        await self._open()

    def _is_alive(self) -> bool:
        return asyncio.get_running_loop().time() - self._heard_at < SILENCE_SECONDS

    async def _send_heartbeats(self) -> None:
        async def send() -> None:
            self._hub.heartbeat()

        await run_every(CLIENT_HEARTBEAT_SECONDS, send, Outage("client heartbeats"))

    async def _close(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None and self._client.is_connected:
            await subscription.unsubscribe()

    async def _open(self) -> None:
        self._lost.clear()
        self._reconcile(await self._store.bounds())
        inbox = self._client.new_inbox()
        self._delivered = 0
        self._subscription = await self._client.subscribe(
            inbox, cb=self._receive, pending_msgs_limit=-1, pending_bytes_limit=-1
        )
        await self._connection.jetstream.add_consumer(
            EVENTS_STREAM,
            ConsumerConfig(
                # named, because an unnamed request could name another's consumer inside
                name=f"tail-{inbox.rpartition('.')[2]}",
                deliver_subject=inbox,
                deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=self._hub.sequence + 1,
                ack_policy=AckPolicy.NONE,
                replay_policy=ReplayPolicy.INSTANT,
                flow_control=True,
                idle_heartbeat=IDLE_HEARTBEAT_SECONDS,
                inactive_threshold=INACTIVE_THRESHOLD_SECONDS,
                mem_storage=True,
                num_replicas=1,
            ),
        )
        self._heard_at = asyncio.get_running_loop().time()

    def _reconcile(self, bounds: StreamBounds) -> None:
        """Let the hub begin again, or skip, where the stream does not go on as it was."""
        if bounds.created != self._created:
            self._created = bounds.created
            self._hub.restart(bounds.first - 1, bounds.created)
        elif bounds.last < self._hub.sequence:
            # An older copy of the same stream was restored. Another process may not know it.
            self._hub.restart(bounds.last, f"{bounds.created}~{bounds.last}")
        elif bounds.first > self._hub.sequence + 1:
            self._hub.skip(self._hub.sequence + 1, bounds.first - 1, "expired")

    async def _receive(self, message: Msg) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        if not is_delivery(message.reply):
            await self._handle_status(message, message.headers or {})
            return
        number, stored = numbered_message(message)
        if number != self._delivered + 1:
            self._lost.set()
            return
        self._delivered += 1
        subscription = self._subscription
        await self._hub.room()
        if subscription is self._subscription:  # otherwise it is read again
            self._hub.publish(stored)

    async def _handle_status(self, message: Msg, headers: Mapping[str, str]) -> None:
        """Answer flow control, and notice messages that got lost on the way."""
        stalled = message.reply or headers.get(_STALLED)
        if stalled:
            await self._client.publish(stalled)
        last = headers.get(_LAST_CONSUMER_SEQUENCE)
        if last is not None and int(last) > self._delivered:
            self._lost.set()
