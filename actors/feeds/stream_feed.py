"""Follows prices over the WebSocket, and takes it up again whenever it ends."""

import asyncio
import time
from contextlib import aclosing
from typing import Final

from actors.feeds.coins import FollowedCoins
from actors.feeds.lease import FeedLease
from actors.feeds.snapshot_writer import SnapshotWriter
from tradewind.contracts.market.model import ObservedBook, ObservedContext, OrderBook, PerpContext
from tradewind.runtime import clock
from tradewind.runtime.loops import beat
from tradewind.runtime.outage import Outage
from tradewind.trading.marketdata.metrics import RECONNECTS
from tradewind.trading.marketdata.models import BestPrices
from tradewind.trading.marketdata.perp_snapshots import PerpSnapshots
from tradewind.trading.marketdata.settings import ProviderSettings
from tradewind.trading.marketdata.subscriptions import Frame, frames

WAIT_SECONDS: Final = 5.0
LOOP: Final = "provider stream"
MIN_BACKOFF_SECONDS: Final = 0.5
MAX_BACKOFF_SECONDS: Final = 30.0
"""Of 30 new connections a minute that the provider allows an address, this takes a few."""
SETTLED_SECONDS: Final = 5.0
"""A connection that ends sooner ends no outage, and the next wait is longer: a socket that takes
subscriptions and closes would else be opened several times a second."""


class StreamFeed:
    """One connection, of all coins, while the lease is held."""

    def __init__(
        self,
        settings: ProviderSettings,
        coins: FollowedCoins,
        lease: FeedLease,
        writer: SnapshotWriter,
        kept: PerpSnapshots,
    ) -> None:
        self._url = settings.hyperliquid_url
        self._provider = settings.market_data_provider
        self._coins = coins
        self._lease = lease
        self._writer = writer
        self._kept = kept
        self._best: dict[str, BestPrices] = {}
        self._books: dict[str, OrderBook] = {}
        self.outage = Outage(LOOP, min_seconds=MIN_BACKOFF_SECONDS, max_seconds=MAX_BACKOFF_SECONDS)

    async def follow(self) -> None:
        """Take frames until the connection ends, the lease is lost or the coins change.

        ProviderUnavailable when the connection ended.
        """
        if not await self._lease.wait(WAIT_SECONDS):
            self._writer.forget()
            return
        self._writer.begin(self._kept.interests())
        coins = await self._coins.get()
        if not coins:
            await asyncio.sleep(WAIT_SECONDS)
            return
        self._best, self._books = {}, {}
        RECONNECTS.inc()
        opened_at = time.monotonic()
        async with aclosing(frames(self._url, coins)) as stream:
            async for frame in stream:
                beat()
                if time.monotonic() - opened_at >= SETTLED_SECONDS:
                    self.outage.succeeded()
                self._take(frame)
                if not self._lease.is_held or await self._coins.get() != coins:
                    return

    def _take(self, frame: Frame) -> None:
        if isinstance(frame, PerpContext):
            self._writer.take(
                ObservedContext(context=frame, observed_at=clock.now(), provider=self._provider)
            )
            return
        if isinstance(frame, BestPrices):
            self._best[frame.coin] = frame
        else:
            self._books[frame.coin] = frame
        self._take_book(frame.coin)

    def _take_book(self, coin: str) -> None:
        """Note the book with the best prices beside it. Its time is that of its levels."""
        book, best = self._books.get(coin), self._best.get(coin)
        if book is None:
            return
        if best is not None:
            book = book.model_copy(update={"best_bid": best.bid, "best_ask": best.ask})
        self._writer.take(ObservedBook(book=book, observed_at=clock.now(), provider=self._provider))
