"""One process at a time watches a wallet: the one whose lease in the database has not lapsed."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final
from uuid import uuid4

import structlog

from actors.venues.uniswap_v3 import metrics
from actors.venues.uniswap_v3.transaction_manager import TransactionManager
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated
from tradewind.trading.wallet.errors import JournalUnavailable
from tradewind.trading.wallet.watch_journal import WatchJournal

LEASE_SECONDS: Final = 3.0
"""After this time without a renewal another process takes over."""
RENEW_SECONDS: Final = 1.0
STANDBY_SECONDS: Final = 0.1
MAX_RETRY_SECONDS: Final = 1.0
STOP_SECONDS: Final = 5.0

logger = structlog.get_logger("wallet")


class WatchLease:
    """The turn of this process to watch a wallet."""

    def __init__(self, journal: WatchJournal, manager: TransactionManager) -> None:
        self.manager = manager
        self._journal = journal
        self._watcher = uuid4().hex
        self._held_until = float("-inf")

    @property
    def is_held(self) -> bool:
        """Whether this process may watch now. Its clock starts before the database's does."""
        return time.monotonic() < self._held_until

    async def renew(self) -> bool:
        """Take the lease or keep it; return whether this process has it."""
        asked_at, was_held = time.monotonic(), self.is_held
        looked_at = self.manager.looked_at
        seconds_ago = None if looked_at is None else asked_at - looked_at
        is_ours = await self._journal.hold_watch(self._watcher, LEASE_SECONDS, seconds_ago)
        self._held_until = asked_at + LEASE_SECONDS if is_ours else float("-inf")
        metrics.WATCHES.set(is_ours)
        if is_ours and not was_held:
            logger.info("watches the wallet", wallet=self._journal.address)
        return is_ours

    async def watch(self) -> None:
        """Look after the wallet if it is this process's turn."""
        if self.is_held:
            await self.manager.watch()

    async def first_pass(self) -> None:
        """Have every open transaction looked at, by this process or by the one that watches."""
        begun_at = time.monotonic()
        while not await self.renew():
            if await self._journal.unwatched_seconds() < time.monotonic() - begun_at:
                return
            await asyncio.sleep(STANDBY_SECONDS)
        await self.manager.check_now()

    async def release(self) -> None:
        """Let another process watch at once. Where that fails, the lease lapses by itself."""
        try:
            await self._journal.release_watch(self._watcher)
        except JournalUnavailable as error:
            logger.warning("the watch could not be handed over", error=str(error))


@asynccontextmanager
async def watching(lease: WatchLease) -> AsyncIterator[None]:
    """Watch the wallet beside a block; a pass under way at its end may finish."""
    async with AsyncExitStack() as stack:
        stack.push_async_callback(lease.release)
        held = Outage("wallet lease", max_seconds=MAX_RETRY_SECONDS)
        await stack.enter_async_context(repeated(RENEW_SECONDS, lease.renew, held))
        outage = Outage("wallet", max_seconds=MAX_RETRY_SECONDS)
        seconds = lease.manager.tend_interval_ms / 1_000
        await stack.enter_async_context(
            repeated(seconds, lease.watch, outage, stop_seconds=STOP_SECONDS)
        )
        yield
