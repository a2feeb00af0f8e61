"""Puts what changed into the bucket, once a second at most for each key."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Final

from nats.js.errors import NotFoundError
from nats.js.kv import KeyValue

from tradewind.contracts.market.model import (
    ObservedBook,
    ObservedCandles,
    ObservedContext,
)
from tradewind.contracts.streams import PERP_SNAPSHOTS_BUCKET
from tradewind.errors import TransientError
from tradewind.runtime import NatsConnection, clock, declare_streams
from tradewind.trading.marketdata.intervals import from_milliseconds, length_of
from tradewind.trading.marketdata.metrics import SNAPSHOT_AGE
from tradewind.trading.marketdata.snapshot_keys import book_key, candles_key, context_key

FLUSH_SECONDS: Final = 1.0

type Snapshot = ObservedContext | ObservedBook | ObservedCandles


class SnapshotWriter:
    """Holds the newest of each; `flush` writes it, and again after the broker lost it."""

    def __init__(self, connection: NatsConnection) -> None:
        self._connection = connection
        self._newest: dict[str, Snapshot] = {}
        self._unwritten: dict[str, None] = {}

    def take(self, snapshot: Snapshot) -> None:
        """Note what is to be written."""
        key = _key_of(snapshot)
        self._newest[key] = snapshot
        self._unwritten[key] = None

    async def write_again(self) -> None:
        """Write everything at the next flush: a hook of reconnects, after which a bucket may lack
        it."""
        self._unwritten = dict.fromkeys(self._newest)

    def forget(self) -> None:
        """Write nothing any more of what another feed follows now."""
        self._newest, self._unwritten = {}, {}

    async def flush(self) -> None:
        """Write what changed; what could not be written is written next time."""
        self._report(clock.now())
        if not self._unwritten:
            return
        bucket = await self._bucket()
        taken, self._unwritten = self._unwritten, {}
        try:
            await asyncio.gather(
                *(bucket.put(key, self._newest[key].model_dump_json().encode()) for key in taken)
            )
        except BaseException:
            self._unwritten = taken | self._unwritten
            raise

    async def _bucket(self) -> KeyValue:
        jetstream = self._connection.jetstream
        try:
            return await jetstream.key_value(PERP_SNAPSHOTS_BUCKET)
        except NotFoundError:
            # Where only an administrator may make the bucket, a later attempt may find it.
            with suppress(TransientError):
                await declare_streams(self._connection)
            await self.write_again()
            return await jetstream.key_value(PERP_SNAPSHOTS_BUCKET)

    def _report(self, now: datetime) -> None:
        ages: dict[str, float] = {}
        for snapshot in self._newest.values():
            kind, seconds = _age(snapshot, now)
            ages[kind] = max(ages.get(kind, 0.0), seconds)
        for kind, seconds in ages.items():
            SNAPSHOT_AGE.labels(kind).set(seconds)


def _key_of(snapshot: Snapshot) -> str:
    if isinstance(snapshot, ObservedContext):
        return context_key(snapshot.context.coin)
    if isinstance(snapshot, ObservedBook):
        return book_key(snapshot.book.coin)
    return candles_key(snapshot.candles.coin, snapshot.candles.interval)


def _age(snapshot: Snapshot, now: datetime) -> tuple[str, float]:
    """Return the kind and how old it is; candles are late once another one should have closed."""
    if isinstance(snapshot, ObservedContext):
        return "ctx", (now - snapshot.observed_at).total_seconds()
    if isinstance(snapshot, ObservedBook):
        return "book", (now - from_milliseconds(snapshot.book.time_ms)).total_seconds()
    series = snapshot.candles
    due = from_milliseconds(series.last_close_ms) + length_of(series.interval)
    return "candles", max(0.0, (now - due).total_seconds())
