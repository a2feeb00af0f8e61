"""Keeps a copy equal to a key-value bucket, across restarts of the broker.

It reads through a consumer of its own instead of through nats-py's watcher, which wakes four times
a second to see whether the broker waits for an answer, and sets a timer for every update.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Final, Protocol

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, Header, ReplayPolicy

from tradewind.runtime.ack_subject import is_delivery, parse_ack_subject
from tradewind.runtime.connection import NatsConnection
from tradewind.runtime.loops import beat
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import is_set_within, run_every

IDLE_SECONDS: Final = 5.0
"""After this time without an update the watch starts anew: a lost consumer raises no error."""
BEAT_SECONDS: Final = 10.0
"""A watch that waits for longer shows in between that it lives."""
HEARTBEAT_SECONDS: Final = 5.0
"""How often the broker of a quiet bucket says how many updates it has sent."""
LOST_SECONDS: Final = 2.5 * HEARTBEAT_SECONDS
"""A consumer of which nothing was heard for so long is gone."""
MAX_RETRY_SECONDS: Final = 0.5
FIRST_LOAD_TIMEOUT_SECONDS: Final = 3.0

_OPERATION: Final = "KV-Operation"
_MARKER_REASON: Final = "Nats-Marker-Reason"
_STALLED: Final = "Nats-Consumer-Stalled"


class BucketCopy(Protocol):
    """Takes the values of a bucket."""

    def apply(self, key: str, value: bytes) -> None: ...

    def remove(self, key: str) -> None: ...


class BucketWatch:
    """Watches until stopped. `rewatch` is a reconnect hook of the connection."""

    def __init__(
        self,
        connection: NatsConnection,
        bucket: str,
        copy: BucketCopy,
        loop: str,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """Take the name that the watch has among the loops of the process.

        A bucket that is written less often than every IDLE_SECONDS needs a longer `idle_seconds`.
        """
        self._connection = connection
        self._bucket = bucket
        self._copy = copy
        self._loop = loop
        self._idle_seconds = idle_seconds
        self._loaded = asyncio.Event()
        self._session: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start watching; return when the bucket was read once, or after a time-out."""
        self._task = asyncio.create_task(self._run())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._loaded.wait(), FIRST_LOAD_TIMEOUT_SECONDS)

    async def stop(self) -> None:
        """Stop watching; the copy keeps what it has."""
        tasks = [task for task in (self._task, self._session) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def rewatch(self) -> None:
        """Read the whole bucket again, because the consumer may not have survived a reconnect."""
        if self._session is not None:
            self._session.cancel()

    async def _run(self) -> None:
        outage = Outage(self._loop, max_seconds=MAX_RETRY_SECONDS)
        await run_every(0.0, self._watch_once, outage)

    async def _watch_once(self) -> None:
        """Watch until updates stop, or until a reconnect asks for a new watch."""
        session = _Session(self._connection, self._bucket, self._copy, self._loaded)
        self._session = asyncio.create_task(session.follow(self._idle_seconds))
        await asyncio.wait([self._session])
        if not self._session.cancelled():
            self._session.result()


class _Session:
    """One consumer of the bucket, from the newest value of each key on."""

    def __init__(
        self, connection: NatsConnection, bucket: str, copy: BucketCopy, loaded: asyncio.Event
    ) -> None:
        self._connection = connection
        self._stream = f"KV_{bucket}"
        self._prefix = f"$KV.{bucket}."
        self._copy = copy
        self._loaded = loaded
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._error: Exception | None = None
        self._received = 0
        self._updated_at = self._heard_at = self._loop.time()

    async def follow(self, idle_seconds: float) -> None:
        """Pass updates on until none comes for so long, one is missing, or the broker is silent."""
        client = self._connection.client
        inbox = client.new_inbox()
        subscription = await client.subscribe(
            inbox, cb=self._receive, pending_msgs_limit=-1, pending_bytes_limit=-1
        )
        try:
            await self._declare(inbox)
            while (left := self._seconds_left(idle_seconds)) > 0:
                beat()
                if await is_set_within(self._ended, min(left, BEAT_SECONDS)):
                    break
            if self._error is not None:
                raise self._error
        finally:
            self._ended.set()
            with contextlib.suppress(NatsError):
                await subscription.unsubscribe()

    def _seconds_left(self, idle_seconds: float) -> float:
        ends_at = min(self._updated_at + idle_seconds, self._heard_at + LOST_SECONDS)
        return ends_at - self._loop.time()

    async def _declare(self, inbox: str) -> None:
        info = await self._connection.jetstream.add_consumer(
            self._stream,
            ConsumerConfig(
                deliver_subject=inbox,
                deliver_policy=DeliverPolicy.LAST_PER_SUBJECT,
                filter_subject=f"{self._prefix}>",
                ack_policy=AckPolicy.NONE,
                replay_policy=ReplayPolicy.INSTANT,
                max_deliver=1,
                flow_control=True,
                idle_heartbeat=HEARTBEAT_SECONDS,
                mem_storage=True,
                num_replicas=1,
            ),
        )
        self._updated_at = self._heard_at = self._loop.time()
        if not info.num_pending and not self._received:
            self._loaded.set()

    async def _receive(self, message: Msg) -> None:
        if self._ended.is_set():
            return
        self._heard_at = self._loop.time()
        headers = message.headers or {}
        if not is_delivery(message.reply):
            await self._handle_status(message, headers)
            return
        try:
            delivery = parse_ack_subject(message.reply)
            self._received += 1
            if delivery.consumer_sequence != self._received:
                self._ended.set()  # one is missing: the next session reads all again
                return
            self._updated_at = self._heard_at
            self._take(message.subject.removeprefix(self._prefix), message.data, headers)
        except Exception as error:  # whatever a copy raises is shown, and tried again
            self._error = error
            self._ended.set()
            return
        if not delivery.pending:
            self._loaded.set()

    async def _handle_status(self, message: Msg, headers: Mapping[str, str]) -> None:
        """Answer flow control, and notice updates that got lost on the way."""
        if reply := message.reply or headers.get(_STALLED):
            await self._connection.client.publish(reply)
        last = headers.get(Header.LAST_CONSUMER)
        if last is not None and int(last) > self._received:
            self._ended.set()

    def _take(self, key: str, value: bytes, headers: Mapping[str, str]) -> None:
        if headers and (_OPERATION in headers or _MARKER_REASON in headers):
            self._copy.remove(key)
        else:
            self._copy.apply(key, value)


@contextlib.asynccontextmanager
async def watched_bucket(
    connection: NatsConnection,
    bucket: str,
    copy: BucketCopy,
    loop: str,
    idle_seconds: float = IDLE_SECONDS,
) -> AsyncIterator[BucketWatch]:
    """Watch a bucket into `copy` inside the `async with`, anew after every reconnect."""
    watch = BucketWatch(connection, bucket, copy, loop, idle_seconds)
    connection.reconnect_hooks.append(watch.rewatch)
    await watch.start()
    try:
        yield watch
    finally:
        connection.reconnect_hooks.remove(watch.rewatch)
        await watch.stop()
