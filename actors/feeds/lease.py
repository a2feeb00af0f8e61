"""Says which of several processes is the one feed that works, by a value in the bucket.

Whoever holds the lease writes the value anew every few seconds. Another takes over when its
revision stood still for a time by the other's own clock, so no two clocks have to agree. What the
provider allows does not rest on this: both would spend of the same weight.
"""

import asyncio
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog
from nats.js import JetStreamContext
from prometheus_client import Gauge

from tradewind.contracts.streams import PERP_SNAPSHOTS_BUCKET
from tradewind.errors import TransientError
from tradewind.runtime.kept_value import Kept, KeptValue
from tradewind.trading.marketdata.snapshot_keys import LEASE_KEY

KEEP_SECONDS: Final = 2.0
LEASE_SECONDS: Final = 8.0
RELEASED: Final = b""

ACTIVE: Final = Gauge(
    "tradewind_provider_feed_active", "Whether this process is the feed that works."
)

logger = structlog.get_logger("feeds")


class FeedLease:
    """The lease as one process sees it; call `keep` every KEEP_SECONDS."""

    def __init__(
        self, jetstream: JetStreamContext, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._value = KeptValue(jetstream, PERP_SNAPSHOTS_BUCKET, LEASE_KEY)
        self._holder = f"{socket.gethostname()}:{secrets.token_hex(4)}".encode()
        self._clock = clock
        self._revision: int | None = None
        self._kept_at = 0.0
        self._seen: tuple[int, float] | None = None
        self._held = asyncio.Event()

    @property
    def is_held(self) -> bool:
        """Whether this process works; not after a time in which it could not say so."""
        is_held = self._revision is not None and self._clock() - self._kept_at < LEASE_SECONDS
        if not is_held:
            self._held.clear()
        return is_held

    async def wait(self, seconds: float) -> bool:
        """Wait until the lease is held, for a time at most; return whether it is."""
        if not self.is_held:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._held.wait(), seconds)
        return self.is_held

    async def keep(self) -> None:
        """Renew the lease, or take it where nobody holds it; ValueUnavailable."""
        started = self._clock()
        if self._revision is not None:
            self._revision = await self._value.swap(self._holder, self._revision)
        if self._revision is None:
            found = await self._value.read()
            if self._is_free(found, started):
                self._revision = await self._value.swap(self._holder, found.revision)
        if self._revision is None:
            self._lose()
            return
        self._kept_at = started
        if not self._held.is_set():
            logger.info("this feed works")
            ACTIVE.set(1)
            self._held.set()

    async def release(self) -> None:
        """Let another process take over at once."""
        if self._revision is not None:
            with suppress(TransientError):
                await self._value.swap(RELEASED, self._revision)
            self._revision = None
        ACTIVE.set(0)

    def _is_free(self, found: Kept, now: float) -> bool:
        if found.value == RELEASED:
            return True
        if self._seen is None or self._seen[0] != found.revision:
            self._seen = (found.revision, now)
        return now - self._seen[1] >= LEASE_SECONDS

    def _lose(self) -> None:
        ACTIVE.set(0)
        if self._held.is_set():
            logger.warning("another feed works")
            self._held.clear()
