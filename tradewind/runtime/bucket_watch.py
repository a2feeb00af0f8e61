"""Keeps a copy equal to a key-value bucket, across restarts of the broker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final, Protocol

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.kv import KeyValue

from tradewind.runtime.loops import beat
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import run_every

IDLE_SECONDS: Final = 5.0
"""After this time without an update the watch starts anew: a lost consumer raises no error."""
MAX_RETRY_SECONDS: Final = 0.5
FIRST_LOAD_TIMEOUT_SECONDS: Final = 3.0

ReconnectHook = Callable[[], Awaitable[None]]


class BucketCopy(Protocol):
    """Takes the values of a bucket."""

    def apply(self, key: str, value: bytes) -> None: ...

    def remove(self, key: str) -> None: ...


class BucketWatch:
    """Watches until stopped. `rewatch` is a reconnect hook of the connection."""

    def __init__(
        self,
        jetstream: JetStreamContext,
        bucket: str,
        copy: BucketCopy,
        loop: str,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """Take the name that the watch has among the loops of the process.

        A bucket that is written less often than every IDLE_SECONDS needs a longer `idle_seconds`.
        """
        self._jetstream = jetstream
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
        self._session = asyncio.create_task(self._watch())
        await asyncio.wait([self._session])
        if not self._session.cancelled():
            self._session.result()

    async def _watch(self) -> None:
        bucket = await self._jetstream.key_value(self._bucket)
        watcher: Any = await bucket.watchall()
        try:
            with contextlib.suppress(TimeoutError):
                while True:
                    beat()
                    self._take(await watcher.updates(timeout=self._idle_seconds))
        finally:
            with contextlib.suppress(NatsError):
                await watcher.stop()

    def _take(self, entry: object) -> None:
        if not isinstance(entry, KeyValue.Entry):
            self._loaded.set()
        elif entry.operation is not None:
            self._copy.remove(entry.key)
        elif entry.value is not None:
            self._copy.apply(entry.key, entry.value)


@contextlib.asynccontextmanager
async def watched_bucket(
    jetstream: JetStreamContext,
    bucket: str,
    copy: BucketCopy,
    loop: str,
    reconnect_hooks: list[ReconnectHook],
    idle_seconds: float = IDLE_SECONDS,
) -> AsyncIterator[BucketWatch]:
    """Watch a bucket into `copy` inside the `async with`, anew after every reconnect."""
    watch = BucketWatch(jetstream, bucket, copy, loop, idle_seconds)
    reconnect_hooks.append(watch.rewatch)
    await watch.start()
    try:
        yield watch
    finally:
        reconnect_hooks.remove(watch.rewatch)
        await watch.stop()
